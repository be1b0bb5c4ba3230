"""Why a door is locked or unlocked: every order that could apply, the one in force and the one that comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.model import EmergencyAction, FireAction, OverrideEffect
from access_control.core.decision.slots import Slot
from access_control.readers.calendar import list_days
from access_control.readers.hours import say_hours, say_minute
from access_control.readers.models import Door, Schedule
from access_control.readers.orders import active_directives, overrides_in_force
from access_control.readers.records import OverrideRow, ReleaseRow
from access_control.readers.schedules import form_of
from access_control.readers.site import scopes
from access_control.readers.status_said import DoorSaid
from access_control.web import words
from access_control.web.console.week import hours_on

_EMERGENCY: Final = {
    EmergencyAction.LOCKDOWN: Slot.LOCKDOWN,
    EmergencyAction.EVACUATE: Slot.EVACUATE,
    EmergencyAction.SECURE: Slot.SECURE,
    EmergencyAction.SHELTER: Slot.SECURE,
    EmergencyAction.HOLD: Slot.SECURE,
}
_OVERRIDE: Final = {
    OverrideEffect.LOCK: Slot.MANUAL_LOCK,
    OverrideEffect.UNLOCK: Slot.MANUAL_UNLOCK,
    OverrideEffect.BLOCK: Slot.BLOCKED,
}
_UNLOCKS: Final = frozenset(
    {
        Slot.EGRESS,
        Slot.PERMITTED_GRANT,
        Slot.EVACUATE,
        Slot.MANUAL_UNLOCK,
        Slot.GRANT,
        Slot.FIRST_CARD,
        Slot.SCHEDULE,
    }
)


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One order that could apply.

    Attributes:
        number: Its rank; the lowest number with an order wins.
        order: Whether it has one now.
        result: ``in force``, ``next``, ``waits``, ``on its way`` or ``no order``.
        unlocks: Whether it unlocks the door.
        until: When it ends by itself, if it does.
    """

    number: int
    name: str
    sentence: str
    order: bool = False
    result: str = "no order"
    unlocks: bool = False
    until: str = ""


def slot_rows(
    session: Session, door: Door, now: datetime, zone: ZoneInfo, heard: DoorSaid | None, *, names: bool
) -> list[SlotRow]:
    """Every row, from the one that wins over all to the one that is always there.

    Args:
        session: For what was ordered here.
        door: The door.
        now: Now.
        zone: The school's.
        heard: The bridge's newest word about the door, while it is believed; else ``None``.
        names: Whether people and reasons may be read.
    """
    rows = {row.number: row for row in _plain(door)}
    _add_directives(session, door, rows, names=names)
    _add_overrides(session, door, now, zone, rows, names=names)
    _add_schedule(session, door, now, zone, rows)
    said = _slot(heard)
    if said is not None:
        known = rows[said.value]
        sentence = known.sentence if known.order else _DEEDS[said]
        rows[said.value] = replace(known, order=True, sentence=sentence, unlocks=_unlocks(said, heard))
    return _ranked(sorted(rows.values(), key=lambda row: row.number), said)


_DEEDS: Final = {
    Slot.EGRESS: "Somebody is leaving; that always works.",
    Slot.FIRE: "The fire input is active or latched.",
    Slot.HARDWARE: "The lock's device does not do what it is told.",
    Slot.PERMITTED_GRANT: "A card that is admitted all the same was shown a moment ago.",
    Slot.LOCKDOWN: "A Lockdown is in force at the bridge.",
    Slot.ROOM_LOCK: "Somebody inside has locked this room.",
    Slot.EVACUATE: "An Evacuate is in force at the bridge.",
    Slot.SECURE: "A Secure, Shelter or Hold is in force at the bridge.",
    Slot.BLOCKED: "The door is blocked at the bridge.",
    Slot.INTERLOCK: "The partner door is open.",
    Slot.MANUAL_LOCK: "It is locked by hand at the bridge.",
    Slot.MANUAL_UNLOCK: "It is unlocked by hand at the bridge.",
    Slot.GRANT: "A card, a pass or a release opened it a moment ago.",
    Slot.FIRST_CARD: "The first card of the day was shown.",
    Slot.SCHEDULE: "The bridge's stored schedule unlocks it now.",
    Slot.DEFAULT: "Locked.",
}


def _plain(door: Door) -> list[SlotRow]:
    fire = {
        FireAction.RELEASE: "It would unlock this door",
        FireAction.RELATCH: "It would latch this door and cut the lock's power",
        FireAction.NONE: "It would not unlock this door",
    }[door.fire_action]
    rows = [
        SlotRow(Slot.FIRE, "Fire", f"No fire signal. {fire}", unlocks=door.fire_action is FireAction.RELEASE),
        SlotRow(Slot.HARDWARE, "Hardware fault", "Relay and contacts answer"),
        SlotRow(Slot.PERMITTED_GRANT, "Responder card", "None was shown just now", unlocks=True),
        SlotRow(Slot.LOCKDOWN, "Lockdown", "Not active"),
        SlotRow(Slot.ROOM_LOCK, "Room lock", "Nobody inside has locked it"),
        SlotRow(Slot.EVACUATE, "Evacuate", "Not active", unlocks=True),
        SlotRow(Slot.SECURE, "Secure, Shelter, Hold", "Not active"),
        SlotRow(Slot.BLOCKED, "Out of service", "It is in service"),
        SlotRow(Slot.MANUAL_LOCK, "Manual lock", "Nobody has locked it by hand"),
        SlotRow(Slot.MANUAL_UNLOCK, "Manual unlock", "Nobody has unlocked it by hand", unlocks=True),
        SlotRow(Slot.GRANT, "Card or release", "None just now", unlocks=True),
        SlotRow(Slot.SCHEDULE, "Schedule", "No schedule unlocks this door", unlocks=True),
        SlotRow(Slot.DEFAULT, "Default", "Locked", order=True),
        SlotRow(Slot.EGRESS, "Exit button", "Nobody is leaving just now", unlocks=True),
        SlotRow(Slot.INTERLOCK, "Partner door", "There is none"),
        SlotRow(Slot.FIRST_CARD, "First card", "Not used at this door", unlocks=True),
    ]
    if door.out_of_service:
        rows[7] = SlotRow(Slot.BLOCKED, "Out of service", "It is marked out of service", order=True)
    return rows


def _add_directives(session: Session, door: Door, rows: dict[int, SlotRow], *, names: bool) -> None:
    meant = scopes(session)
    for row in active_directives(session):
        if door.id not in {*row.doors, *meant.get(row.scope, ())}:
            continue
        released = session.scalars(select(ReleaseRow.doors).where(ReleaseRow.directive_id == row.id))
        if any(doors is None or door.id in doors for doors in released):
            continue
        slot = _EMERGENCY[row.action]
        drill = "Drill. " if row.drill else ""
        word = row.action.value.capitalize()
        by = f" by {row.by_name}" if names and row.by_name else ""
        rows[slot] = replace(rows[slot], sentence=f"{drill}{word}{by}", order=True)


def _add_overrides(
    session: Session, door: Door, now: datetime, zone: ZoneInfo, rows: dict[int, SlotRow], *, names: bool
) -> None:
    for row in overrides_in_force(session, now, [door.id]):
        slot = _OVERRIDE[row.effect]
        rows[slot] = replace(
            rows[slot], sentence=_override_words(row, now, zone, names=names), order=True, until=_until(row, zone)
        )


def _override_words(row: OverrideRow, now: datetime, zone: ZoneInfo, *, names: bool) -> str:
    end = "until somebody ends it" if row.expires_at is None else f"until {words.moment(row.expires_at, zone, now)}"
    return f"{row.why if names else 'Ordered by hand'}, {end}"


def _until(row: OverrideRow, zone: ZoneInfo) -> str:
    return "" if row.expires_at is None else words.clock(row.expires_at, zone)


def _add_schedule(session: Session, door: Door, now: datetime, zone: ZoneInfo, rows: dict[int, SlotRow]) -> None:
    schedule = None if door.unlock_schedule_id is None else session.get(Schedule, door.unlock_schedule_id)
    if schedule is None:
        return
    local = now.astimezone(zone)
    special = {row.day: row for row in list_days(session, local.date(), local.date())}
    hours = hours_on(form_of(schedule), local.date(), special)
    minute = local.hour * 60 + local.minute
    current = next((one for one in hours if one.start <= minute < one.end), None)
    coming = next((one for one in hours if one.start > minute), None)
    name = f"Schedule {schedule.name}"
    if current is not None:
        said = "Unlocked all the time" if schedule.always else f"Unlocked {say_hours(current)} today"
        until = "" if schedule.always else say_minute(current.end)
        rows[Slot.SCHEDULE] = SlotRow(Slot.SCHEDULE, name, said, order=True, unlocks=True, until=until)
    else:
        said = "Locked for the rest of the day" if coming is None else f"Unlocks at {say_minute(coming.start)}"
        rows[Slot.SCHEDULE] = SlotRow(Slot.SCHEDULE, name, said, unlocks=True)


def _slot(heard: DoorSaid | None) -> Slot | None:
    name = "" if heard is None else heard.slot.upper()
    return Slot[name] if name in Slot.__members__ else None


def _unlocks(slot: Slot, heard: DoorSaid | None) -> bool:
    return slot in _UNLOCKS if heard is None else heard.command == "unlock"


def _ranked(rows: list[SlotRow], said: Slot | None) -> list[SlotRow]:
    """Mark the row in force and the one that comes next; leave out what is seldom and has no order."""
    seldom = {Slot.EGRESS, Slot.INTERLOCK, Slot.FIRST_CARD, Slot.PERMITTED_GRANT, Slot.ROOM_LOCK}
    ordered = [row.number for row in rows if row.order]
    winner = ordered[0] if said is None else said.value
    later = [number for number in ordered if number > winner]
    ends = next((row.until for row in rows if row.number == winner), "")
    marked = []
    for row in rows:
        if not row.order and row.number in seldom:
            continue
        if row.number == winner:
            marked.append(replace(row, result="in force"))
        elif later and row.number == later[0]:
            takes = f". Takes over at {ends}" if ends else ""
            marked.append(replace(row, result="next", sentence=f"{row.sentence}{takes}"))
        else:
            marked.append(replace(row, result=_waits(row, winner)))
    return marked


def _waits(row: SlotRow, winner: int) -> str:
    """What becomes of a row that is not in force: an order above the one in force has not come to the door yet."""
    if not row.order:
        return "no order"
    return "on its way" if row.number < winner else "waits"
