"""Names as a search compares them."""

from __future__ import annotations

import unicodedata
from typing import Final

# Letters that have no accent to take away and that people type as these.
_SPELLED: Final = str.maketrans(
    {"ß": "SS", "ẞ": "SS", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L"}
    | {"Đ": "D", "đ": "D", "Ð": "D", "ð": "D", "Þ": "TH", "þ": "TH", "\N{LATIN SMALL LETTER DOTLESS I}": "I"}
)
_APART: Final = {"Pd", "Zs", "Zl", "Zp", "Cc"}  # dashes, spaces and control characters part words; the rest joins them


def search_name(*parts: str) -> str:
    """A name without accents, punctuation and case: ``José O'Brien-Łuk`` is ``JOSE OBRIEN LUK``.

    Parts are joined by a space. Applying it twice changes nothing.
    """
    plain = unicodedata.normalize("NFKD", " ".join(parts).translate(_SPELLED))
    kept = (_letter(letter) for letter in plain.upper().translate(_SPELLED))
    return " ".join("".join(kept).split())


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in _APART:
        return " "
    return letter if category[0] in "LN" else ""
