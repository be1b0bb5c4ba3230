"""What people type, made fit to be stored, or refused with a sentence at its field."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final

from access_control.people.errors import BadValueError

_CONTROLS: Final = {"Cc", "Cs", "Co", "Cn"}


def plain(value: str) -> str:
    """Text without what no database keeps and nobody can see: control characters, lone surrogates, outer spaces."""
    seen = "".join(c if c.isspace() or unicodedata.category(c) not in _CONTROLS else "" for c in value)
    return " ".join(unicodedata.normalize("NFC", seen).split())


def line(value: str, field: str, label: str, most: int, *, required: bool = True) -> str:
    """One line of text without control characters, spaces around it or two of them together.

    Raises:
        BadValueError: It is empty though required, or longer than ``most`` characters.
    """
    text = plain(value)
    if required and not text:
        raise BadValueError(f"{label} is missing.", "Type it, then save again.", field)
    if len(text) > most:
        raise BadValueError(f"{label} is longer than {most} characters.", "Shorten it, then save again.", field)
    return text


def period(start: datetime | None, end: datetime | None) -> None:
    """See that a period begins before it ends.

    Raises:
        BadValueError: It does not.
    """
    if start is not None and end is not None and end <= start:
        raise BadValueError("The last day lies before the first.", "Correct one of them.", "valid_until")
