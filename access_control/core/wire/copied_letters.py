"""Letters that people copy by hand: base32 in groups of four, whose last ones tell a slip of the pen."""

from __future__ import annotations

from base64 import b32decode, b32encode
from hashlib import sha256
from typing import Final

_SLIP_BYTES: Final = 3
_GROUP: Final = 4


def write_letters(body: bytes) -> str:
    """Spell bytes; with the 3 that tell a slip they must fill whole groups: 2, 17, 22, 32 and so on."""
    letters = b32encode(body + _slip(body)).decode("ascii")
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def read_letters(text: str, size: int) -> bytes | None:
    """The ``size`` bytes that were spelled; ``None`` if a letter is wrong, or it is something else.

    Small letters, blanks and missing dashes do no harm.
    """
    letters = "".join(sign for sign in text.upper() if sign not in "- \t\r\n")
    if not letters.isascii() or len(letters) * 5 != (size + _SLIP_BYTES) * 8:
        return None
    try:
        data = b32decode(letters)
    except ValueError:
        return None
    body = data[:size]
    return body if data == body + _slip(body) else None


def _slip(body: bytes) -> bytes:
    return sha256(b"slip\n" + body).digest()[:_SLIP_BYTES]
