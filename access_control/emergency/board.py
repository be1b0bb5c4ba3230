"""The acknowledgement board: every door that a directive commands, and what is truly known of it.

The results always add up to the doors commanded. A door counts as confirmed only while its bridge proves, within the
limit and with this directive in force there, that it is locked, shut and latched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from access_control.core.decision.model import DoorClass
from access_control.core.decision.slots import Effect
from access_control.emergency.errors import NoSuchDirectiveError
from access_control.emergency.progress import BridgeNow, DoorNow, Judged, Progress, read_progress
from access_control.emergency.school import KnownDoor, Running, School, directive_of, staged_releases
from access_control.emergency.words import lasting, listed
from access_control.readers.records import DirectiveRow

ANSWER_WAIT_S: Final = 3.0
"""So long a door may be *commanded* without an answer before somebody has to walk there."""
DELIVERY_S: Final = 1.0
"""A bridge that has not confirmed by then is named in the band."""


class Result(StrEnum):
    """What a door's answer amounts to."""

    SECURED = "secured"
    NOT_SECURE = "not_secure"
    NOT_MONITORED = "not_monitored"
    UNKNOWN = "unknown"
    COMMANDED = "commanded"
    """No answer yet, and it is not late; counted as unknown."""
    NOT_COMMANDED = "not_commanded"
    """No bridge runs the door, so nobody can command it."""
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Cell:
    """One door on the board.

    Attributes:
        ms: When it was first proved secure, after the end of the press.
        word: What stands in the cell: ``283 ms``, ``open``, ``latch?``, ``silent``, ``commanded``.
        state: The same for the walk list: ``Open``, ``Closed, latch not seen``, ``Unknown for 61 s``.
        cause: One sentence on why, or what to do.
    """

    door: KnownDoor
    result: Result
    ms: int | None
    word: str
    state: str
    cause: str

    @property
    def to_walk(self) -> bool:
        """Whether somebody has to go there."""
        return self.result in _WALK


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of the incident screen: ``commanded`` is the sum of the four results."""

    of: int
    commanded: int
    secured: int
    not_secure: int
    not_monitored: int
    unknown: int
    not_commanded: int
    released: int


@dataclass(frozen=True, slots=True)
class Board:
    """A directive and how it stands.

    Attributes:
        cells: By door number, in an order that does not change while people read.
        time_to_secure_s: From the end of the press to the last of the confirmed doors; ``None`` while there is none.
        last: The door that was last confirmed.
        unconfirmed: Names of the bridges in scope that did not confirm in time.
        effect: What the action does to these doors.
    """

    running: Running
    ended_at: datetime | None
    elapsed_s: float
    cells: tuple[Cell, ...]
    counts: Counts
    time_to_secure_s: float | None
    last: Cell | None
    unconfirmed: tuple[str, ...]
    effect: Effect

    @property
    def walk(self) -> tuple[Cell, ...]:
        """The doors to walk to, worst first: NOT secure, unknown, not monitored; exterior before interior."""
        return tuple(sorted((cell for cell in self.cells if cell.to_walk), key=_worst_first))

    @property
    def unconfirmed_sentence(self) -> str:
        """What the band says of bridges that did not confirm in time; empty when all did."""
        if not self.unconfirmed:
            return ""
        return f"NOT confirmed by {listed(self.unconfirmed)}. Use a wall button or a responder card now."


_WALK: Final = (Result.NOT_SECURE, Result.UNKNOWN, Result.NOT_COMMANDED, Result.NOT_MONITORED)
_CLASSES: Final = (DoorClass.EXTERIOR, DoorClass.INTERIOR, DoorClass.ROOM)
_RESULTS: Final[Mapping[Judged, Result]] = {
    Judged.SECURED: Result.SECURED,
    Judged.NOT_SECURE: Result.NOT_SECURE,
    Judged.NOT_MONITORED: Result.NOT_MONITORED,
    Judged.UNKNOWN: Result.UNKNOWN,
}


def read_board(session: Session, at: datetime, school: School, directive: str) -> Board:
    """The board of a stored directive.

    Raises:
        NoSuchDirectiveError: It is not stored.
    """
    row = session.get(DirectiveRow, directive)
    if row is None:
        raise NoSuchDirectiveError
    running = next((one for one in school.running if one.directive.id == directive), None)
    if running is None:
        released = staged_releases(session, [directive]).get(directive, frozenset())
        running = Running(directive_of(row), row.by_name, released)
    ruled = school.in_scope(running.directive)
    progress = read_progress(session, at, row, school.bridges_of(ruled), school.proof_limit_s)
    return make_board(at, school, running, progress, row.ended_at)


def make_board(
    at: datetime, school: School, running: Running, progress: Progress | None, ended_at: datetime | None = None
) -> Board:
    """The board from what is known; ``progress=None`` is the board before any answer can be read."""
    directive = running.directive
    elapsed_s = max(0.0, ((ended_at or at) - directive.started_at).total_seconds())
    effects = {
        door: school.effect_at(door, directive.action, drill=directive.drill) for door in school.in_scope(directive)
    }
    doors = [school.doors[door] for door, effect in effects.items() if effect is not None]
    effect = next((effect for effect in effects.values() if effect is not None), Effect.LOCK)
    known = progress or Progress({}, {}, frozenset())
    judge = _Judge(known, school, running, elapsed_s, effect, ended=ended_at is not None)
    cells = tuple(judge.cell(door) for door in sorted(doors, key=by_number))
    answered = [cell for cell in cells if cell.result is Result.SECURED and cell.ms is not None]
    last = max(answered, key=lambda cell: cell.ms or 0, default=None)
    late = ended_at is None and elapsed_s > DELIVERY_S
    waiting = school.bridges_of(door.id for door in doors if door.id not in running.released) if late else ()
    return Board(
        running=running,
        ended_at=ended_at,
        elapsed_s=elapsed_s,
        cells=cells,
        counts=count(cells),
        time_to_secure_s=None if last is None or last.ms is None else last.ms / 1000,
        last=last,
        unconfirmed=tuple(school.bridges[bridge] for bridge in waiting if bridge not in judge.progress.heard),
        effect=effect,
    )


def count(cells: tuple[Cell, ...]) -> Counts:
    """Add up the cells."""
    by = Counter(cell.result for cell in cells)
    unknown = by[Result.UNKNOWN] + by[Result.COMMANDED]
    results = by[Result.SECURED], by[Result.NOT_SECURE], by[Result.NOT_MONITORED], unknown
    return Counts(
        of=len(cells) - by[Result.RELEASED],
        commanded=sum(results),
        secured=results[0],
        not_secure=results[1],
        not_monitored=results[2],
        unknown=results[3],
        not_commanded=by[Result.NOT_COMMANDED],
        released=by[Result.RELEASED],
    )


def by_number(door: KnownDoor) -> tuple[int, int, int, str]:
    """Doors in the order of their numbers: building by building, 1, 1V, 2, 10, 101, then those with a word."""
    digits = len(door.number) - len(door.number.lstrip("0123456789"))
    return door.building, 0 if digits else 1, int(door.number[:digits] or 0), door.number


def _worst_first(cell: Cell) -> tuple[int, int, tuple[int, int, int, str]]:
    return _WALK.index(cell.result), _CLASSES.index(cell.door.door_class), by_number(cell.door)


@dataclass(frozen=True, slots=True)
class _Judge:
    progress: Progress
    school: School
    running: Running
    elapsed_s: float
    effect: Effect
    ended: bool

    def cell(self, door: KnownDoor) -> Cell:
        ms = self.progress.first_ms.get(door.id)
        if self.ended:
            return self._recorded(door, ms)
        if door.id in self.running.released:
            return Cell(door, Result.RELEASED, ms, "released", "Released", "This door was released.")
        if door.bridge is None:
            return _not_connected(door, "No bridge runs this door. Lock it by hand.")
        bridge = self.progress.bridges.get(door.bridge, BridgeNow(None, fresh=False, holds=False))
        name = self.school.bridges[door.bridge]
        now = bridge.doors.get(door.id)
        if not bridge.fresh:
            return self._silent(door, ms, bridge, name)
        if now is not None and self.effect is Effect.UNLOCK and self.running.directive.id in now.under:
            return self._unlocking(door, now)
        if now is None or now.judged is None:
            return self._unanswered(door, ms, f"{name} has not confirmed this door. Check it by hand.")
        return self._answered(door, ms, now, now.judged)

    def _recorded(self, door: KnownDoor, ms: int | None) -> Cell:
        """What stays on record once the emergency is over: only what was proved at some time, and what never was."""
        wanted = "unlocked" if self.effect is Effect.UNLOCK else "secure"
        if ms is not None or door.id in self.progress.done:
            word = f"{ms} ms" if ms is not None else "unlocked" if self.effect is Effect.UNLOCK else "secured"
            return Cell(door, Result.SECURED, ms, word, f"Proved {wanted}", "")
        if door.id in self.progress.not_monitored:
            return Cell(door, Result.NOT_MONITORED, None, "not monitored", "Locked, not monitored", "")
        if door.id in self.running.released:
            return Cell(door, Result.RELEASED, None, "released", f"Released, never proved {wanted}", "")
        if door.bridge is None:
            return _not_connected(door, "")
        return Cell(door, Result.UNKNOWN, None, "never proved", f"Never proved {wanted}", "")

    def _silent(self, door: KnownDoor, ms: int | None, bridge: BridgeNow, name: str) -> Cell:
        if bridge.age_s is None:
            return Cell(door, Result.UNKNOWN, ms, "silent", "Unknown", f"{name} was never heard.")
        last = bridge.doors.get(door.id)
        was = f" Last known: {last.position.replace('_', ' ')}." if last is not None else ""
        return Cell(
            door, Result.UNKNOWN, ms, "silent", f"Unknown for {lasting(bridge.age_s)}", f"{name} is silent.{was}"
        )

    def _unanswered(self, door: KnownDoor, ms: int | None, cause: str) -> Cell:
        if self.elapsed_s <= ANSWER_WAIT_S:
            return Cell(door, Result.COMMANDED, ms, "commanded", "Commanded", "No answer yet.")
        return Cell(door, Result.UNKNOWN, ms, "no answer", f"No answer for {lasting(self.elapsed_s)}", cause)

    def _unlocking(self, door: KnownDoor, now: DoorNow) -> Cell:
        if now.is_unlocked_by(self.running.directive.id):
            return Cell(door, Result.SECURED, None, "unlocked", "Unlocked", "")
        if now.command == "unlock":
            return self._unanswered(door, None, "The lock has not proved that it is unlocked. Check it by hand.")
        return Cell(door, Result.NOT_SECURE, None, "locked", "Still locked", "Something stronger keeps it locked.")

    def _answered(self, door: KnownDoor, ms: int | None, now: DoorNow, judged: Judged) -> Cell:
        if judged is Judged.UNKNOWN:
            return self._unanswered(door, ms, now.why or "The lock has not proved itself. Check it by hand.")
        result = _RESULTS[judged]
        if result is Result.SECURED:
            return Cell(door, result, ms, "secured" if ms is None else f"{ms} ms", "Secured", "")
        if result is Result.NOT_MONITORED:
            return Cell(door, result, ms, "not monitored", "Locked, not monitored", "No contact. Pull it to check.")
        word, state = _why_not(now)
        thrown = state == "Open" and now.command == "lock" and now.proved
        return Cell(door, result, ms, word, state, "Lock is thrown, but the door stands open." if thrown else now.why)


def _why_not(now: DoorNow) -> tuple[str, str]:
    if now.position == "open":
        return "open", "Open"
    if "latch" in now.why:
        return "latch?", "Closed, latch not seen"
    if now.command == "unlock":
        return "unlocked", "Unlocked"
    return "NOT secure", "NOT secure"


def _not_connected(door: KnownDoor, cause: str) -> Cell:
    return Cell(door, Result.NOT_COMMANDED, None, "not connected", "Not connected", cause)
