"""The one number that says which wire language a document is written in, and its dated history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from access_control.core.wire.errors import RefusalCode, Refused


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the wire language, when it was settled, and what it changed."""

    number: int
    settled: date
    change: str


HISTORY: Final = (
    Version(1, date(2026, 11, 23), "The first: sealed Policy, Orders, actions, directives, keys; events"),
)
CURRENT: Final = HISTORY[-1].number
# The service speaks the current version and the one before it, so that bridges can be updated one by one.
SPOKEN: Final = frozenset(version.number for version in HISTORY[-2:])


def require_spoken(number: int) -> None:
    """Refuse a version that this program cannot read.

    Raises:
        Refused: ``unknown_version``.
    """
    if number in SPOKEN:
        return
    older = number < CURRENT
    todo = "Update the program that made it." if older else "Update this program, then fetch the document again."
    spoken = " and ".join(map(str, sorted(SPOKEN)))
    raise Refused(
        RefusalCode.UNKNOWN_VERSION,
        f"The document is written in version {number} of the wire language; this program reads {spoken}. {todo}",
    )
