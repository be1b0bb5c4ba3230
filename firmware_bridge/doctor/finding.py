"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    LOOK = "look"
    """Doors work; somebody should see to it."""
    WRONG = "wrong"
    """Doors do not work, or will not after the next restart, or somebody may get in."""
    UNSEEN = "unseen"
    """It could not be looked at; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``check`` is a name that stays, such as ``port.A.latency``; ``sentence`` says what to do too."""

    check: str
    level: Level
    sentence: str


def good(check: str, sentence: str) -> Finding:
    """As it should be."""
    return Finding(check, Level.GOOD, sentence)


def look(check: str, sentence: str) -> Finding:
    """Somebody should see to it."""
    return Finding(check, Level.LOOK, sentence)


def wrong(check: str, sentence: str) -> Finding:
    """It must be mended."""
    return Finding(check, Level.WRONG, sentence)


def unseen(check: str, sentence: str) -> Finding:
    """It could not be looked at."""
    return Finding(check, Level.UNSEEN, sentence)
