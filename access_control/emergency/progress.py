"""How each door answered a directive: what its bridge says now, and when it first proved itself.

Milliseconds count from the end of the press, on the service's clock: from the directive's start to the arrival of the
proof. Where the proof waited at the bridge (no link, or the service was away) the bridge's own time is taken instead,
held between what the bridge measured and the arrival, so that a clock that is off cannot make a door look faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.events import EventCode, start_of
from access_control.database.locks import hold
from access_control.emergency.models import DoorAnswer
from access_control.emergency.words import lasting
from access_control.readers.models import Bridge
from access_control.readers.records import DirectiveRow, EventRow
from access_control.readers.settings import school_settings

CLOCKS_APART: Final = timedelta(minutes=10)
"""How far a bridge's clock may be from ours for its events to be found."""
WAITED: Final = timedelta(seconds=2)
"""A proof that took longer to arrive waited somewhere; its arrival says nothing about the door."""


class Judged(StrEnum):
    """What a bridge says of a door under a directive."""

    SECURED = "secured"
    NOT_SECURE = "not_secure"
    NOT_MONITORED = "not_monitored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DoorNow:
    """A door as its bridge last told of it; all of it is as old as the bridge's Status.

    Attributes:
        judged: Under the directive; ``None`` where the bridge does not hold it at this door.
        why: One plain sentence on what keeps it from being secured.
        position: ``open``, ``closed``, ``unknown``, ``not_monitored``.
        command: ``lock`` or ``unlock``.
        under: The directives in force at the door.
    """

    judged: Judged | None
    why: str
    position: str
    command: str
    proved: bool
    under: frozenset[str] = frozenset()

    def is_unlocked_by(self, directive: str) -> bool:
        """Whether it is proved unlocked under a directive."""
        return directive in self.under and self.command == "unlock" and self.proved


@dataclass(frozen=True, slots=True)
class BridgeNow:
    """A bridge as it last reported. ``age_s`` is ``None`` if it never did; ``holds``: it knows the directive."""

    age_s: float | None
    fresh: bool
    holds: bool
    doors: Mapping[int, DoorNow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything known about how a directive arrived.

    Attributes:
        bridges: By UUID.
        first_ms: For each door, when it was first proved secure.
        heard: Bridges that said, in whatever way, that they have the directive.
        done: Doors that were proved at some time to be as the directive wants them, as far as it was written down.
        not_monitored: Likewise doors that were locked, but had no contact to prove it.
    """

    bridges: Mapping[str, BridgeNow]
    first_ms: Mapping[int, int]
    heard: frozenset[str]
    done: frozenset[int] = frozenset()
    not_monitored: frozenset[int] = frozenset()


def read_progress(
    session: Session, at: datetime, row: DirectiveRow, bridges: Iterable[str], limit_s: float
) -> Progress:
    """Read how far a directive has got at these bridges; ``limit_s`` is how long their word is believed."""
    rows = session.scalars(select(Bridge).where(Bridge.id.in_(list(bridges))))
    now = {bridge.id: _bridge_now(bridge, at, row, limit_s) for bridge in rows}
    events = list(_events(session, row))
    kept = list(_kept(session, row.id))
    first = {answer.door_id: answer.confirmed_ms for answer in kept}
    newest = _newest(events)
    for event in events:
        if event.code == EventCode.DOOR_SECURED and event.door_id is not None:
            ms = answer_ms(row, event, newest[event.bridge_id, event.received_at])
            first[event.door_id] = min(ms, first.get(event.door_id) or ms)
    told = {event.bridge_id for event in events}
    holding = {bridge for bridge, known in now.items() if known.holds}
    return Progress(
        bridges=now,
        first_ms={door: ms for door, ms in first.items() if ms is not None},
        heard=frozenset(told | holding),
        done=frozenset(answer.door_id for answer in kept if not answer.not_monitored),
        not_monitored=frozenset(answer.door_id for answer in kept if answer.not_monitored),
    )


def keep_answers(session: Session, row: DirectiveRow) -> int:
    """Write down for good how the doors answered, because events and Statuses do not last; how many doors are new."""
    hold(session, f"door answers {row.id}")  # the timed work and a release would both find a door's first answer
    kept = {answer.door_id: answer for answer in _kept(session, row.id)}
    before = len(kept)
    events = list(_events(session, row))
    newest = _newest(events)
    timed = [(answer_ms(row, event, newest[event.bridge_id, event.received_at]), event) for event in events]
    for ms, event in sorted(timed, key=lambda one: one[0]):
        if event.code == EventCode.DOOR_SECURED and event.door_id is not None:
            answer = _answer(session, kept, row, event.door_id)
            if answer.confirmed_ms is None:
                answer.confirmed_ms, answer.not_monitored = ms, False
                answer.confirmed_at = row.started_at + timedelta(milliseconds=ms)
    limit_s = school_settings(session).proof_limit_s
    for bridge in session.scalars(select(Bridge).where(Bridge.status_at.is_not(None))):
        for door, done in _said_of_doors(bridge, row, limit_s):
            answer = _answer(session, kept, row, door)
            if done and answer.confirmed_at is None:
                answer.confirmed_at, answer.not_monitored = bridge.status_at, False
    return len(kept) - before


def _answer(session: Session, kept: dict[int, DoorAnswer], row: DirectiveRow, door: int) -> DoorAnswer:
    """What is kept of a door; new ones are not monitored until something proves more."""
    if door not in kept:
        kept[door] = DoorAnswer(
            directive_id=row.id, door_id=door, commanded_at=row.started_at, confirmed_ms=None, not_monitored=True
        )
        session.add(kept[door])
    return kept[door]


def _said_of_doors(bridge: Bridge, row: DirectiveRow, limit_s: float) -> Iterable[tuple[int, bool]]:
    """Doors that a bridge's last Status says something lasting of: proved as the directive wants, or not monitored.

    A Status from after the end says nothing about the directive any more.
    """
    if bridge.status_at is None or (row.ended_at is not None and bridge.status_at > row.ended_at):
        return
    for door, said in _bridge_now(bridge, bridge.status_at, row, limit_s).doors.items():
        if row.action is EmergencyAction.EVACUATE:
            if said.is_unlocked_by(row.id):
                yield door, True
        elif said.judged in {Judged.SECURED, Judged.NOT_MONITORED}:
            yield door, said.judged is Judged.SECURED


def answer_ms(row: DirectiveRow, event: EventRow, newest_at: datetime | None = None) -> int:
    """How many milliseconds after the end of the press a door was proved secure, by our clock, never too few.

    Args:
        row: The directive.
        event: The proof.
        newest_at: When the newest event happened that arrived together with this one, by the same bridge's clock. The
            proof is at least so much older than its arrival; without it the arrival itself counts.
    """
    arrived = _ms(event.received_at - row.started_at)
    measured = event.detail.get("ms")
    least = measured if isinstance(measured, int) else 0
    if event.received_at - event.at < WAITED and row.origin == "service":
        waited = _ms((newest_at or event.at) - event.at)
        return max(min(least, arrived), arrived - waited)
    if row.origin == f"bridge:{event.bridge_id}":
        return _ms(event.at - row.started_at)
    return max(least, min(arrived, _ms(event.at - row.started_at)))


def _newest(events: Iterable[EventRow]) -> dict[tuple[str, datetime], datetime]:
    """For each batch, told by its bridge and its arrival, when its newest event happened."""
    found: dict[tuple[str, datetime], datetime] = {}
    for event in events:
        batch = event.bridge_id, event.received_at
        found[batch] = max(event.at, found.get(batch, event.at))
    return found


def _ms(length: timedelta) -> int:
    return max(0, round(length.total_seconds() * 1000))


def _kept(session: Session, directive: str) -> Iterable[DoorAnswer]:
    return session.scalars(select(DoorAnswer).where(DoorAnswer.directive_id == directive))


def _events(session: Session, row: DirectiveRow) -> Iterable[EventRow]:
    codes = (EventCode.DOOR_SECURED, EventCode.SECURE_FAILED, start_of(row.action))
    query = select(EventRow).where(
        EventRow.at >= row.started_at - CLOCKS_APART,
        EventRow.code.in_([code.value for code in codes]),
        EventRow.detail["directive"].as_string() == row.id,
    )
    if row.ended_at is not None:
        query = query.where(EventRow.at <= row.ended_at + CLOCKS_APART)
    return session.scalars(query)


def _bridge_now(bridge: Bridge, at: datetime, row: DirectiveRow, limit_s: float) -> BridgeNow:
    if bridge.status_at is None or bridge.status is None:
        return BridgeNow(None, fresh=False, holds=False)
    age_s = max(0.0, (at - bridge.status_at).total_seconds())
    progress = next((one for one in bridge.status.get("emergencies", ()) if one.get("directive") == row.id), None)
    judged = {} if progress is None else {door: word for word in Judged for door in progress.get(word.value, ())}
    doors = {
        int(door["door"]): _door_now(door, judged.get(int(door["door"])), age_s, limit_s)
        for door in bridge.status.get("doors", ())
    }
    return BridgeNow(age_s, age_s <= limit_s, progress is not None, doors)


def _door_now(door: Mapping[str, Any], judged: Judged | None, age_s: float, limit_s: float) -> DoorNow:
    why = str(door.get("why", ""))
    proof_age_s = (door.get("proof_age_s") or 0.0) + age_s
    if judged in {Judged.SECURED, Judged.NOT_MONITORED} and proof_age_s > limit_s:
        judged, why = Judged.UNKNOWN, f"Not proved for {lasting(proof_age_s)}."
    return DoorNow(
        judged=judged,
        why=why,
        position=str(door.get("position", "unknown")),
        command=str(door.get("command", "")),
        proved=bool(door.get("proved", False)),
        under=frozenset(door.get("directives", ())),
    )
