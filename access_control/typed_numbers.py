"""Numbers in what somebody sent: in an address, a form, a scope. One strict and bounded reading of them all.

``str.isdecimal`` takes digits of every script, and ``int`` refuses more than 4300 of them with an error of its own.
"""

from __future__ import annotations

from typing import Final

MOST_DIGITS: Final = 9
"""So many fit every whole-number column of both databases."""


def read_number(text: str, most: int = MOST_DIGITS) -> int:
    """A whole number of ASCII digits, at most so many, without sign or space.

    Raises:
        ValueError: It is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= most):
        raise ValueError(f"{text[:40]!r} is no number of at most {most} digits.")
    return int(text)


def number_or_none(text: str, most: int = MOST_DIGITS) -> int | None:
    """The same; ``None`` where it is none."""
    try:
        return read_number(text, most)
    except ValueError:
        return None
