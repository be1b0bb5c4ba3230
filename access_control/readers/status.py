"""Status: what a bridge says of itself every few seconds, what it is answered, and the site as it can be shown.

A state is shown as true only while it was proved within its limit. Silence makes it unknown; nothing makes it secure.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import Refused
from access_control.core.wire.signing import Kind
from access_control.core.wire.spelling import write_time
from access_control.core.wire.uplink import StatusAnswer, StatusRequest, write_revision
from access_control.database.changes import tell
from access_control.readers.actions import actions_for
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.bridge_sessions import had_twin
from access_control.readers.clocks import clock_is_wrong, clock_off_s
from access_control.readers.confirmations import note_documents
from access_control.readers.door_states import (
    ALARMS,
    NEVER_HEARD,
    WORDS,
    DoorState,
    Judged,
    judge,
    locking_directives,
)
from access_control.readers.errors import NotThereError
from access_control.readers.events import wanted
from access_control.readers.gap_reports import gaps_to_show, in_force_before, judge_gaps
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Building, Door, PublishedDocument
from access_control.readers.neighbours import note_address, says_new_address
from access_control.readers.policy_age import ClassAge, ages_of, note_confirmed
from access_control.readers.publishing import published_revisions
from access_control.readers.records import EventGap
from access_control.readers.recovery import copy_for
from access_control.readers.restores import LACKS_EVENTS, note_restore
from access_control.readers.settings import settings_of
from access_control.readers.site import the_site
from access_control.readers.statements import statement_in_force
from access_control.readers.status_said import BoardSaid, DiskSaid, InputSaid, StatusSaid, read_status
from access_control.typed_numbers import number_or_none

MOST_ACTIONS: Final = 100


@dataclass(frozen=True, slots=True)
class DoorNow:
    """A door as it can be shown at one moment.

    Attributes:
        judged: Its state and word, and the age of its proof; see :class:`access_control.readers.door_states.Judged`.
        limit_s: How old a proof may be.
        bridge: ``None`` where no confirmed bridge runs the door.
    """

    id: int
    number: str
    name: str
    building: int
    building_name: str
    zone: int | None
    bridge: str | None
    judged: Judged
    limit_s: float


@dataclass(frozen=True, slots=True)
class BridgeNow:
    """A bridge as it can be shown.

    Attributes:
        age_s: Since it last said anything; ``None`` if it never did.
        detail: One line about its documents and events.
        alarm: What a person must know about it; empty if nothing.
        policy: The revision in force there, and ``orders`` likewise.
        events_waiting: Events that it has stored and not sent yet.
        clock_off_s: How far its clock is ahead of the service's at the least, where that is too far; less than 0 where
            it is behind.
        missing: Runs of event numbers that are missing, first and last, in the order in which they were found.
        lost_in_restore: Whether the last of them went with a backup that was restored.
        disk: How its disk takes events, as it last said.
        inputs: Its alarm inputs as it last said, and ``boards`` likewise; what it said is old once it is silent.
        ages: The classes of doors at which its Policy gets too old or is.
    """

    id: str
    name: str
    building: int
    age_s: float | None
    limit_s: float
    detail: str
    alarm: str = ""
    policy: str | None = None
    orders: str | None = None
    events_waiting: int = 0
    clock_trusted: bool | None = None
    clock_off_s: float | None = None
    missing: tuple[tuple[int, int], ...] = ()
    lost_in_restore: bool = False
    inputs: tuple[InputSaid, ...] = ()
    boards: tuple[BoardSaid, ...] = ()
    ages: tuple[ClassAge, ...] = ()
    disk: DiskSaid = field(default_factory=DiskSaid)

    @property
    def silent(self) -> bool:
        """Whether it was not heard within its limit."""
        return self.age_s is None or self.age_s > self.limit_s


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """The whole site at one moment.

    Attributes:
        restored_at: When it was noticed that the database is an older copy.
    """

    at: datetime
    doors: tuple[DoorNow, ...] = ()
    bridges: tuple[BridgeNow, ...] = ()
    counts: Mapping[DoorState, int] = field(default_factory=dict)
    restored_at: datetime | None = None

    @property
    def alarms(self) -> tuple[DoorNow, ...]:
        """Doors where a person has to look."""
        return tuple(door for door in self.doors if door.judged.state in ALARMS)

    @property
    def sentence(self) -> str:
        """``20 of 24 doors secured``; a door that is not monitored is never counted as secured."""
        total = len(self.doors)
        return f"{self.counts.get(DoorState.SECURED, 0)} of {total} door{'' if total == 1 else 's'} secured"


def take_status(
    session: Session, keys: SchoolKeys, at: datetime, bridge_id: str, request: StatusRequest
) -> StatusAnswer:
    """Keep what a bridge says of itself, take what it proves, and say what is new for it.

    Args:
        session: A transaction that writes.
        keys: For publishing Orders anew where something may leave them.
        at: Now.
        bridge_id: A confirmed bridge, as its session proved.
        request: What it says.

    Raises:
        Refused: The Status cannot be read; nothing was kept.
        NotThereError: There is no such bridge.
    """
    said = read_status(request.status)
    moved = hold_for_status(session, bridge_id, request.listens)
    bridge = session.get(Bridge, bridge_id)
    if bridge is None:
        raise NotThereError("This bridge is not there, or not any more.", "Enrol it again.")
    heard_at = bridge.status_at
    bridge.status, bridge.status_at = request.status, at
    lacks_events = note_restore(session, keys, at, bridge, request, heard_at=heard_at)
    before = bridge.in_force
    bridge.in_force = {
        LACKS_EVENTS: lacks_events,
        **in_force_before(before, request.stream),
        **note_confirmed(before, request.in_force.policy, newest_revisions(session, bridge.id).get(Kind.POLICY), at),
        "clock_wrong": clock_is_wrong(said.clock_ahead_s, was_wrong=bool(before.get("clock_wrong"))),
        "keys": request.in_force.keys,
        "policy": request.in_force.policy,
        "orders": request.in_force.orders,
        "stream": request.stream,
        "acknowledged": request.acknowledged,
        "last_seq": request.last_seq,
        "sealed_keys": request.sealed_keys,
    }
    if moved:
        note_address(session, bridge, request.listens)
    session.flush()
    note_documents(session, keys, at, bridge, frozenset(one.directive for one in said.emergencies))
    judge_gaps(session, at, bridge)
    tell(session, "live", json.dumps({"what": "status", "bridge": bridge_id}))
    return answer_for(session, at, bridge)


def hold_for_status(session: Session, bridge_id: str, listens: str | None) -> bool:
    """Lock what taking a Status needs, before anything else is locked; whether the bridge says a new address.

    That is the bridge alone, unless its address goes to the others, too. One that was changed between the look and the
    lock waits for the next Status.
    """
    moved = says_new_address(session, bridge_id, listens)
    lock_bridges(session, None if moved else {bridge_id})
    return moved


def answer_for(session: Session, at: datetime, bridge: Bridge) -> StatusAnswer:
    """What a bridge is told after its Status: the time, the newest revisions, and what waits for it."""
    newest = newest_revisions(session, bridge.id)
    acknowledged = bridge.in_force.get("acknowledged")
    stream = bridge.in_force.get("stream")
    # Lost events tell of a restore. Not before that is noted do they come again: then nothing would tell of it.
    noted = bool(bridge.in_force.get(LACKS_EVENTS))
    want = wanted(session, bridge.id, stream, acknowledged if isinstance(acknowledged, int) else 0) if noted else None
    try:
        keys = write_revision(statement_in_force(session)[1])
    except NotThereError:
        keys = None
    return StatusAnswer(
        time=write_time(at),
        policy=newest.get(Kind.POLICY),
        orders=newest.get(Kind.ORDERS),
        keys=keys,
        actions=[b64encode(sealed).decode() for sealed in actions_for(session, bridge.id, at)[:MOST_ACTIONS]],
        want=want,
        duplicate=had_twin(bridge, at),
        sealed_keys=copy_for(session, bridge.id),
    )


def newest_revisions(session: Session, bridge_id: str) -> dict[Kind, str]:
    """The revisions last published to a bridge, as ``epoch/n``."""
    found = published_revisions(session, bridge_id)
    return {kind: f"{revision.epoch}/{revision.n}" for kind, revision in found.items()}


def site_overview(session: Session, at: datetime) -> SiteOverview:
    """Every door and bridge as they can be shown now.

    Raises:
        NotThereError: There is no site yet.
    """
    site = the_site(session)
    limit_s = float(settings_of(site).proof_limit_s)
    bridges = {
        bridge.id: bridge
        for bridge in session.scalars(select(Bridge).where(Bridge.state == BridgeState.CONFIRMED).order_by(Bridge.name))
    }
    judged = {bridge.id: _judged(bridge, at, limit_s) for bridge in bridges.values()}
    rows = session.execute(select(Door, Building.name).join(Building, Building.id == Door.building_id))
    doors = sorted((_door_now(door, building, judged, limit_s) for door, building in rows), key=_by_number)
    counts = {state: sum(door.judged.state is state for door in doors) for state in DoorState}
    newest, gaps = _all_newest(session), gaps_to_show(session, at)
    shown = tuple(
        _bridge_now(bridge, at, limit_s, newest.get(bridge.id, {}), gaps.get(bridge.id, ()))
        for bridge in bridges.values()
    )
    return SiteOverview(at, tuple(doors), shown, counts, site.restored_at)


def last_status(bridge: Bridge) -> StatusSaid | None:
    """What a bridge last said, if that can be read."""
    if bridge.status is None:
        return None
    try:
        return read_status(bridge.status)
    except Refused:
        return None  # stored by another version; nothing is known until it speaks again


def status_age_s(bridge: Bridge, at: datetime) -> float | None:
    """How long ago a bridge last said anything; ``None`` if it never did."""
    return None if bridge.status_at is None else max(0.0, (at - bridge.status_at).total_seconds())


def _judged(bridge: Bridge, at: datetime, limit_s: float) -> dict[int, Judged]:
    said, age_s = last_status(bridge), status_age_s(bridge, at)
    if said is None or age_s is None:
        return {}
    locking = locking_directives(said)
    return {door.door: judge(door, locking, age_s, limit_s) for door in said.doors}


def _door_now(door: Door, building: str, judged: Mapping[str, Mapping[int, Judged]], limit_s: float) -> DoorNow:
    """``judged`` by confirmed bridge: only the one that runs a door is believed, not the one that ran it before."""
    bridge = door.bridge_id if door.bridge_id in judged else None
    found = judged[bridge].get(door.id, NEVER_HEARD) if bridge is not None else _NO_BRIDGE
    return DoorNow(door.id, door.number, door.name, door.building_id, building, door.zone_id, bridge, found, limit_s)


_NO_BRIDGE: Final = Judged(DoorState.UNKNOWN, WORDS[DoorState.UNKNOWN], None, cause="No bridge runs this door yet.")


def _by_number(door: DoorNow) -> tuple[int, int, str, int]:
    number = number_or_none(door.number)
    return (door.building, 10**9 if number is None else number, door.number, door.id)


def _bridge_now(
    bridge: Bridge, at: datetime, limit_s: float, newest: Mapping[Kind, str], gaps: Sequence[EventGap]
) -> BridgeNow:
    said, in_force = last_status(bridge), bridge.in_force
    waiting = _whole(in_force, "last_seq") - _whole(in_force, "acknowledged")
    return BridgeNow(
        id=bridge.id,
        name=bridge.name,
        building=bridge.building_id,
        age_s=status_age_s(bridge, at),
        limit_s=limit_s,
        detail=_detail(in_force, newest, max(0, waiting)),
        alarm=_alarm(bridge, at),
        policy=in_force.get("policy"),
        orders=in_force.get("orders"),
        events_waiting=max(0, waiting),
        clock_trusted=None if said is None else said.clock_trusted,
        clock_off_s=clock_off_s(bridge, said, at, limit_s),
        missing=tuple((gap.from_seq, gap.to_seq) for gap in gaps),
        lost_in_restore=bool(gaps) and gaps[-1].sent_before,
        inputs=() if said is None else said.inputs,
        boards=() if said is None else said.boards,
        ages=ages_of(bridge, said, at),
        disk=DiskSaid() if said is None else said.outbox,
    )


def _whole(in_force: Mapping[str, Any], name: str) -> int:
    value = in_force.get(name)
    return value if isinstance(value, int) else 0


def _detail(in_force: Mapping[str, Any], newest: Mapping[Kind, str], waiting: int) -> str:
    parts = []
    for kind, word in ((Kind.POLICY, "Stored rules"), (Kind.ORDERS, "Orders")):
        if kind in newest:
            parts.append(f"{word} up to date" if in_force.get(kind.value) == newest[kind] else f"{word} on their way")
    parts.append(f"{waiting} event{'' if waiting == 1 else 's'} to come" if waiting else "all events here")
    return ", ".join(parts) + "."


def _alarm(bridge: Bridge, at: datetime) -> str:
    if had_twin(bridge, at):
        return "A second program uses this bridge's identity. Find out which is the real one and stop the other."
    if bridge.policy_error:
        return f"Its rules could not be published; the last good ones serve. {bridge.policy_error}"
    return ""


def _all_newest(session: Session) -> dict[str, dict[Kind, str]]:
    found: dict[str, dict[Kind, str]] = {}
    columns = (PublishedDocument.bridge_id, PublishedDocument.kind, PublishedDocument.epoch, PublishedDocument.n)
    for bridge, kind, epoch, n in session.execute(select(*columns)):
        found.setdefault(bridge, {})[Kind(kind)] = write_revision(Revision(epoch, n)) or ""
    return found
