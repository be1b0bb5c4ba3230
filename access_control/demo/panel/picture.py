"""Reads a pass from a picture of it, where the program for that happens to be installed."""

from __future__ import annotations

import io

from access_control.demo.errors import StageError


def text_in(picture: bytes) -> str:
    """The text of the one QR code in a picture.

    Raises:
        StageError: There is none, or nothing here can read pictures.
    """
    try:
        import zxingcpp  # noqa: PLC0415 - only developers have it; everybody else pastes the text
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - as above
    except ModuleNotFoundError as missing:
        raise StageError(
            f"Pictures cannot be read here: {missing.name} is not installed. Paste the text of the pass instead."
        ) from missing
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            found = zxingcpp.read_barcodes(opened.convert("L"), text_mode=zxingcpp.TextMode.Plain)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise StageError("This is no picture. Choose the saved pass, a PNG file.") from error
    if len(found) != 1:
        raise StageError("There is not exactly one code in this picture.")
    return str(found[0].text)
