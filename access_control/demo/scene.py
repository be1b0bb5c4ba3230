"""What the demo's page shows, as plain records: the page draws these and asks the stage for deeds, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

from access_control.demo.errors import StageError as StageError  # noqa: PLC0414 - others look for it here


class Mark(Enum):
    """A door's state by a shape and a word, so that nobody needs to tell colours apart."""

    SECURED = ("■", "secured")
    UNLOCKED = ("□", "unlocked")
    OPEN = ("◫", "open")
    NOT_SECURE = ("△", "not secure")
    NOT_MONITORED = ("◧", "not monitored")
    ALARM = ("▲", "alarm")
    UNKNOWN = ("?", "unknown")

    @property
    def shape(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """One or two words."""
        return self.value[1]


class Tone(StrEnum):
    """How a line of the log is meant."""

    GOOD = "good"
    REFUSED = "refused"
    ALARM = "alarm"
    PLAIN = "plain"


class Fault(StrEnum):
    """What can be broken on request; the value is how the page's menu puts it."""

    CONTACT_STUCK = "This door's contact sticks: it reports open whatever the door does"
    WEDGED = "Wedge this door open"
    FORCED = "Break this door open"
    READER_DEAD = "This door's reader goes dead"
    LINE_CUT = "Cut this reader's line: four readers at once"
    BOARDS_CUT = "Cut the line to the relay boards: eight locks at once"
    MENDED = "Mend everything"


@dataclass(frozen=True, slots=True)
class DoorRow:
    """One door now.

    Attributes:
        words: The state in words, such as ``secured`` or ``forced open``.
        proved: How long ago that was proved, such as ``2 s ago``; ``never`` and ``too old`` are possible.
        reader: What the door's reader shows, such as ``red``.
        confirmed: Milliseconds from the start of an emergency to the proof that this door is secured, if there is one.
    """

    door: int
    number: str
    name: str
    mark: Mark
    words: str
    proved: str
    reader: str = ""
    confirmed: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that happened, in plain words; ``at`` is the local time of day."""

    at: str
    words: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the page shows at one moment. ``news`` is what was not in the scene before."""

    doors: tuple[DoorRow, ...]
    bridge_runs: bool
    emergency: str = ""
    news: tuple[LogLine, ...] = ()


class Stage(Protocol):
    """The running school. Each deed answers with one sentence for the log, or raises :class:`StageError`."""

    def look(self) -> Scene:
        """How it stands now."""
        ...

    def present(self, person: int, door: int) -> str:
        """Hold a person's card to a door's reader and try to walk in."""
        ...

    def present_stranger(self, door: int) -> str:
        """Hold a card that nobody gave out to a door's reader."""
        ...

    def scan_pass(self, *, again: bool) -> str:
        """Scan a new visitor pass at the main entrance, or the last one again."""
        ...

    def leave(self, door: int) -> str:
        """Press the exit button or the lever, and walk out."""
        ...

    def start_lockdown(self) -> str:
        """Start a lockdown at every door."""
        ...

    def release(self) -> str:
        """End every emergency in force."""
        ...

    def kill_bridge(self) -> str:
        """``kill -9`` the bridge."""
        ...

    def start_bridge(self) -> str:
        """Start the bridge again."""
        ...

    def fault(self, fault: Fault, door: int) -> str:
        """Break something at a door, or mend everything."""
        ...


def unknown_doors(doors: Sequence[tuple[int, str, str]]) -> tuple[DoorRow, ...]:
    """Rows for when nobody can say anything about any door: the bridge does not run."""
    return tuple(DoorRow(door, number, name, Mark.UNKNOWN, "unknown", "-") for door, number, name in doors)
