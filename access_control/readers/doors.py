"""Doors: adding them, changing how they are built, and finding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.core.decision.building import DoorClass, DoorTiming, FireAction, LockKind, RelockMode, UnlockWhen
from access_control.core.wire.policy_doors import INPUTS
from access_control.core.wire.policy_payload import TimingRow
from access_control.database.errors import expect_version
from access_control.readers.building_records import TIMERS, door_record, read_point, wired_text
from access_control.readers.checks import clean_text, limits_of, require, require_within
from access_control.readers.errors import BadValueError
from access_control.readers.models import Bridge, BridgeState, Building, Door, Schedule, Zone
from access_control.readers.neighbours import renew_scopes, scopes_before
from access_control.readers.orders import active_directives
from access_control.readers.pass_doors import settle_pass_doors
from access_control.readers.staleness import mark_bridges_stale, tell_school_changed
from access_control.readers.wiring import require_wiring

TIMER_WORDS: Final[Mapping[str, str]] = {
    "unlock_s": "Unlock time",
    "extended_unlock_s": "Longer unlock time",
    "held_open_s": "Propped-open time",
    "extended_held_open_s": "Longer propped-open time",
    "pre_alarm_s": "Warning before the propped-open alarm",
    "rex_shunt_s": "Quiet time after the exit button",
    "rex_unlock_s": "Unlock time of the exit button",
    "relock_delay_s": "Delay before locking again",
    "forced_grace_s": "Grace before a forced-open alarm",
    "debounce_s": "Settling time of the contact",
}
"""What each timer of :class:`~access_control.core.decision.building.DoorTiming` is called on the page."""


@dataclass(frozen=True, slots=True)
class DoorForm:
    """What a door's form says; the fields of :class:`access_control.readers.models.Door`.

    ``timing`` is in seconds by name; a timer that is missing has its default. Where nothing is said of ``relock`` a new
    door has what is usual for its lock, and one that is there keeps what it has.
    """

    building_id: int
    number: str
    name: str
    door_class: DoorClass
    lock_output: str
    zone_id: int | None = None
    bridge_id: str | None = None
    lock_kind: LockKind = LockKind.STRIKE
    unlock_when: UnlockWhen = UnlockWhen.RELAY_ON
    fire_rated: bool = False
    fire_action: FireAction = FireAction.NONE
    fire_manual_reset: bool = False
    fire_input: str | None = None
    rex_unlocks: bool = False
    secure_side: bool = True
    bench_override: str | None = None
    contact: str | None = None
    rex: str | None = None
    latch: str | None = None
    relock: RelockMode | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    unlock_schedule_id: int | None = None
    evacuate_unlock: bool = False
    out_of_service: bool = False


def add_door(session: Session, at: datetime, form: DoorForm, by: str) -> Door:
    """Put a door on the list.

    Raises:
        BadValueError: A value cannot be stored, or the bridge would refuse it; ``field`` says which.
        NotThereError: Its building, zone, bridge or schedule does not exist.
    """
    scopes = scopes_before(session)
    door = Door(**_checked(session, form, None))
    session.add(door)
    session.flush()
    _settle(session, door, None)
    renew_scopes(session, scopes)
    record(session, at, actor=by, action="door.added", subject=f"door:{door.id}", facts={"number": door.number})
    return door


def edit_door(session: Session, at: datetime, door_id: int, form: DoorForm, version: int, by: str) -> Door:
    """Change a door.

    Raises:
        BadValueError, NotThereError: As :func:`add_door`.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    door = get_door(session, door_id)
    expect_version(door.version, version)
    before = {name: getattr(door, name) for name in _checkable()}
    scopes = scopes_before(session)
    for name, value in _checked(session, form, door).items():
        setattr(door, name, value)
    changed = sorted(name for name in _checkable() if getattr(door, name) != before[name])
    session.flush()
    if changed:
        _settle(session, door, before["bridge_id"])
        renew_scopes(session, scopes)
        record(session, at, actor=by, action="door.edited", subject=f"door:{door.id}", facts={"changed": changed})
    return door


def usual_relock(lock: LockKind) -> RelockMode:
    """When a lock locks again where nobody says it: a magnet holds nothing before its door is shut."""
    return RelockMode.ON_CLOSE if lock is LockKind.MAGLOCK else RelockMode.ON_OPEN


def get_door(session: Session, door_id: int) -> Door:
    """One door.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Door, door_id, "This door")


def list_doors(session: Session) -> Sequence[Door]:
    """Every door with its building and readers, in the order of the numbers on the frames."""
    doors = session.scalars(select(Door).options(selectinload(Door.building), selectinload(Door.readers)))
    return sorted(doors, key=lambda door: (door.building_id, _as_counted(door.number)))


def form_of(door: Door) -> DoorForm:
    """What the form shows for a door as it is stored."""
    kept = {one.name: getattr(door, one.name) for one in fields(DoorForm)}
    return DoorForm(**{**kept, "timing": dict(door.timing)})


def _as_counted(number: str) -> tuple[int, int, str]:
    """Numbers by their value, then the rest by letter: 2, 10, 10A, E1."""
    digits = number[: len(number) - len(number.lstrip("0123456789"))]
    return (0, int(digits), number) if digits else (1, 0, number)


def _checkable() -> tuple[str, ...]:
    return tuple(one.name for one in fields(DoorForm))


def _checked(session: Session, form: DoorForm, door: Door | None) -> dict[str, Any]:
    values: dict[str, Any] = asdict(form)
    values["number"] = clean_text(form.number, "number", "The number on the frame", 10)
    values["name"] = clean_text(form.name, "name", "The door's name", 80)
    values["lock_output"] = str(read_point(form.lock_output, "lock_output"))
    for name in INPUTS:
        typed = (values[name] or "").strip()
        values[name] = wired_text(typed, name) if typed else None
    fire = (form.fire_input or "").strip()
    values["fire_input"] = str(read_point(fire, "fire_input")) if fire else None
    reason = clean_text(form.bench_override or "", "bench_override", "The reason", 300, needed=False)
    values["bench_override"] = reason or None
    values["timing"] = _timing(form.timing)
    if form.relock is None:
        values["relock"] = usual_relock(form.lock_kind) if door is None else door.relock
    _require_places(session, form, door)
    _require_calm(session, form, door)
    twin = session.scalar(select(Door).where(Door.building_id == form.building_id, Door.number == values["number"]))
    if twin is not None and twin is not door:
        raise BadValueError(
            f"Door {twin.number} of this building is already {twin.name}.", "Use the number on the frame.", "number"
        )
    return values


def _require_places(session: Session, form: DoorForm, door: Door | None) -> None:
    require(session, Building, form.building_id, "This building", "building_id")
    if form.zone_id is not None:
        zone = require(session, Zone, form.zone_id, "This zone", "zone_id")
        if zone.building_id != form.building_id:
            raise BadValueError(f"{zone.name} lies in another building.", "Choose a zone of this one.", "zone_id")
    if form.unlock_schedule_id is not None:
        require(session, Schedule, form.unlock_schedule_id, "This schedule", "unlock_schedule_id")
    if form.bridge_id is not None and (door is None or door.bridge_id != form.bridge_id):
        bridge = require(session, Bridge, form.bridge_id, "This bridge", "bridge_id")
        if bridge.state is BridgeState.REVOKED:
            raise BadValueError(f"{bridge.name} is revoked.", "Choose another bridge.", "bridge_id")


def _require_calm(session: Session, form: DoorForm, door: Door | None) -> None:
    """No door changes its bridge or its place under an emergency.

    A bridge fetches its Policy and its Orders one beside the other, so a door that moved could for a moment stand at
    its new bridge without the emergency; and what an emergency means must not change under those who walk its doors.
    """
    new = (form.building_id, form.zone_id, form.bridge_id)
    old = (None, None, None) if door is None else (door.building_id, door.zone_id, door.bridge_id)
    on_a_bridge = new[2] is not None or old[2] is not None
    if new != old and on_a_bridge and active_directives(session):
        raise BadValueError(
            "An emergency is in force, so no door is moved or added now.",
            "Release the emergency first, then save again.",
            "bridge_id" if new[2] != old[2] else "building_id",
        )


def _timing(typed: Mapping[str, float]) -> dict[str, float]:
    """Only what differs from the defaults, each within what a document takes."""
    if strange := sorted(set(typed) - set(TIMERS)):
        raise BadValueError(f"A door has no time called {strange[0][:40]}.", "Leave it out.", "timing")
    usual = DoorTiming()
    kept = {}
    for name, seconds in typed.items():
        low, high = limits_of(TimingRow, f"{name.removesuffix('_s')}_ms")
        require_within(seconds, (low / 1000, high / 1000), name, TIMER_WORDS[name], "s")
        rounded = round(seconds, 3)  # documents carry whole milliseconds
        if rounded != getattr(usual, name):
            kept[name] = rounded
    return kept


def _settle(session: Session, door: Door, old_bridge: str | None) -> None:
    require_wiring(session, door.bridge_id, door_record(door), "lock_output")
    if old_bridge not in {None, door.bridge_id}:
        require_wiring(session, old_bridge, None, "bridge_id")
    settle_pass_doors(session, (door.bridge_id, old_bridge))
    mark_bridges_stale(session, {bridge for bridge in (door.bridge_id, old_bridge) if bridge is not None})
    tell_school_changed(session, "doors")
