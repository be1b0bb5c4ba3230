"""How a release names cardholders: ``holder:`` and the reference that Policy and events have for them, never a name."""

from __future__ import annotations

import re
from typing import Final

from access_control.core.decision.emergency import Release

HOLDER: Final = "holder:"
"""So begins what a reader writes; nobody's name that was typed may begin so."""
_PERSON: Final = re.compile(HOLDER + r"(0|[1-9][0-9]{0,18})", re.ASCII)


def write_person(ref: int) -> str:
    """A cardholder as ``by`` or ``second`` of a release."""
    return f"{HOLDER}{ref}"


def read_person(text: str | None) -> int | None:
    """The inverse of :func:`write_person`; ``None`` for whatever else released."""
    found = None if text is None else _PERSON.fullmatch(text)
    return None if found is None else int(found[1])


def two_people(release: Release) -> tuple[int, int] | None:
    """The two different cardholders who released at a reader; ``None`` if it was not done so."""
    first, second = read_person(release.by), read_person(release.second)
    return None if first is None or second is None or first == second else (first, second)


def names_two(release: Release) -> bool:
    """Whether a release names two who can vouch for each other: different, and two cardholders or none."""
    if release.second in {None, release.by}:
        return False
    said = (release.by, release.second or "")
    return two_people(release) is not None or not any(name.startswith(HOLDER) for name in said)
