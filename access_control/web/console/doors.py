"""The forms of a door, a reader and a board."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField

from access_control.core.credentials.formats import FORMATS
from access_control.core.decision.building import DoorClass, DoorTiming, FireAction, LockKind, RelockMode, UnlockWhen
from access_control.people.permissions import Permission
from access_control.readers.badge_numbers import FORMAT_WORDS
from access_control.readers.boards import BoardForm
from access_control.readers.bridges import list_bridges
from access_control.readers.building_records import TIMERS
from access_control.readers.door_readers import ReaderForm
from access_control.readers.doors import TIMER_WORDS, DoorForm, form_of
from access_control.readers.models import Board, Door, Reader
from access_control.readers.schedules import list_schedules
from access_control.web.console.fields import ConsoleForm, Line, Pick, PickMany, Seconds, Whole, refuse
from access_control.web.console.places import bridges_for, buildings_for, doors_for, may_at_bridge, zones_for

CLASS_WORDS: Final = {
    DoorClass.EXTERIOR: "Outside door",
    DoorClass.INTERIOR: "Inside door",
    DoorClass.ROOM: "Room",
}
LOCK_WORDS: Final = {
    LockKind.STRIKE: "Electric strike",
    LockKind.MAGLOCK: "Magnet",
    LockKind.LOCKSET: "Electric lockset",
    LockKind.LATCH_RETRACTION: "Latch retraction",
    LockKind.DELAYED_EGRESS: "Delayed egress (not supported)",
}
UNLOCK_WORDS: Final = {
    UnlockWhen.RELAY_ON: "Unlocked while the relay is on (locks when power fails)",
    UnlockWhen.RELAY_OFF: "Unlocked while the relay is off (unlocks when power fails)",
}
FIRE_WORDS: Final = {
    FireAction.NONE: "Stays as it is",
    FireAction.RELEASE: "Unlocks",
    FireAction.RELATCH: "Latches, the lock gets no power",
}
RELOCK_WORDS: Final = {
    RelockMode.ON_OPEN: "When it opens",
    RelockMode.ON_CLOSE: "When it closes again",
    RelockMode.TIMER: "When the time is over",
}
_LISTED_NUMBERS: Final = re.compile(r"[0-9]{1,10}(?:[\s,;]+[0-9]{1,10})*", re.ASCII)


class DoorPageForm(ConsoleForm):
    """A door as it is built."""

    version = HiddenField()
    number = Line("Number on the frame", needed="Type the number on the frame.")
    name = Line("Name", needed="Type the door's name.")
    building_id = Pick("Building", convert=int)
    zone_id = Pick("Part of the building", convert=int, needed=False)
    door_class = Pick("Kind of door", convert=DoorClass)
    bridge_id = Pick("Bridge", needed=False)
    lock_kind = Pick("Lock", convert=LockKind)
    lock_output = Line("Relay of the lock", needed="Name the relay, as “board 1.3”.")
    unlock_when = Pick("Wiring of the lock", convert=UnlockWhen)
    secure_side = BooleanField("The relay is out of reach from outside", default=True)
    bench_override = Line("Written reason for a lock that can be reached or unlocks without power")
    contact = Line("Door contact")
    latch = Line("Latch sensor")
    rex = Line("Exit button or sensor")
    rex_unlocks = BooleanField("The exit button unlocks the door")
    fire_action = Pick("In a fire the lock", convert=FireAction)
    fire_input = Line("Input of the fire panel")
    fire_rated = BooleanField("It is a fire door")
    fire_manual_reset = BooleanField("After a fire it waits until somebody resets it")
    relock = Pick("After a card it locks again", convert=RelockMode, needed=False)
    unlock_schedule_id = Pick("Unlocked for everybody by schedule", convert=int, needed=False)
    evacuate_unlock = BooleanField("Evacuate unlocks it")
    out_of_service = BooleanField("Out of service: nobody gets in but responders")
    unlock_s = Seconds(TIMER_WORDS["unlock_s"])
    extended_unlock_s = Seconds(TIMER_WORDS["extended_unlock_s"])
    held_open_s = Seconds(TIMER_WORDS["held_open_s"])
    extended_held_open_s = Seconds(TIMER_WORDS["extended_held_open_s"])
    pre_alarm_s = Seconds(TIMER_WORDS["pre_alarm_s"])
    rex_shunt_s = Seconds(TIMER_WORDS["rex_shunt_s"])
    rex_unlock_s = Seconds(TIMER_WORDS["rex_unlock_s"])
    relock_delay_s = Seconds(TIMER_WORDS["relock_delay_s"])
    forced_grace_s = Seconds(TIMER_WORDS["forced_grace_s"])
    debounce_s = Seconds(TIMER_WORDS["debounce_s"])

    @property
    def timers(self) -> list[tuple[Any, float]]:
        """The fields of times, each with its default."""
        usual = DoorTiming()
        return [(self[name], getattr(usual, name)) for name in TIMERS]


class ReaderPageForm(ConsoleForm):
    """A reader at a door."""

    version = HiddenField()
    name = Line("Name", needed="Type the reader's name.")
    door_id = Pick("Door", convert=int)
    port = Line("Serial port of the bridge", needed="Type the port's name, as in the bridge's own settings.")
    address = Whole("Address on the line")
    head = Whole("Head of the device", needed=False, default=0)
    formats = PickMany("Card formats it takes", convert=str)
    copyable = PickMany("Formats that anyone can copy here", convert=str)
    facility_codes = Line("Facility codes it takes")
    pin_schedule_id = Pick("A PIN is asked for besides the card", convert=int, needed=False)
    takes_passes = BooleanField("Visitors show their passes here")
    takes_releases = BooleanField("Two people may end an emergency here")
    enabled = BooleanField("In use", default=True)


class BoardPageForm(ConsoleForm):
    """A relay and input board."""

    version = HiddenField()
    name = Line("Name", needed="Type the board's name.")
    bridge_id = Pick("Bridge")
    port = Line("Serial port of the bridge", needed="Type the port's name, as in the bridge's own settings.")
    address = Whole("Address on the line")
    outputs = Whole("Relays")
    inputs = Whole("Inputs")
    osdp = BooleanField("It is an OSDP module")
    hardware_pulse = BooleanField("The board times each unlock itself")


def door_form(session: Session, door: Door | None = None, *, typed: bool) -> DoorPageForm:
    """The form of a door, as it was typed or as the door is stored (a new one: the usual)."""
    form = DoorPageForm() if typed else DoorPageForm(formdata=None, data=_door_data(door))
    form.building_id.offer((one.id, one.name) for one in buildings_for(session, Permission.DOOR_EDIT))
    form.zone_id.offer(((one.id, one.name) for one in zones_for(session, Permission.DOOR_EDIT)), nothing="None")
    bridges = [
        line
        for line in list_bridges(session, revoked=door is not None)
        if may_at_bridge(line.bridge, Permission.DOOR_EDIT) or (door is not None and door.bridge_id == line.bridge.id)
    ]
    form.bridge_id.offer(((one.bridge.id, one.bridge.name) for one in bridges), nothing="No bridge yet")
    form.unlock_schedule_id.offer(((one.id, one.name) for one in list_schedules(session)), nothing="Never")
    form.door_class.offer(CLASS_WORDS.items())
    form.lock_kind.offer(LOCK_WORDS.items())
    form.unlock_when.offer(UNLOCK_WORDS.items())
    form.fire_action.offer(FIRE_WORDS.items())
    usual = "" if door is not None else "As usual: a magnet when it closes, other locks when it opens"
    form.relock.offer(RELOCK_WORDS.items(), nothing=usual)
    return form


def said_of_door(form: DoorPageForm) -> DoorForm:
    """What a valid form says."""
    plain = ("number", "name", "lock_output", "bench_override", "contact", "latch", "rex", "fire_input")
    picked = (
        "building_id",
        "zone_id",
        "door_class",
        "bridge_id",
        "lock_kind",
        "unlock_when",
        "fire_action",
        "relock",
        "unlock_schedule_id",
    )
    flags = (
        "secure_side",
        "rex_unlocks",
        "fire_rated",
        "fire_manual_reset",
        "evacuate_unlock",
        "out_of_service",
    )
    said: dict[str, Any] = {name: form[name].data or "" for name in plain}
    said |= {name: form[name].picked for name in picked}
    said |= {name: form[name].data for name in flags}
    said["timing"] = {name: form[name].data for name in TIMERS if form[name].data is not None}
    return DoorForm(**said)


def reader_form(session: Session, reader: Reader | None = None, *, typed: bool, door_id: int = 0) -> ReaderPageForm:
    """The form of a reader, as it was typed or as the reader is stored."""
    form = ReaderPageForm() if typed else ReaderPageForm(formdata=None, data=_reader_data(reader, door_id))
    form.door_id.offer((door.id, f"{door.number}: {door.name}") for door in doors_for(session, Permission.READER_EDIT))
    form.formats.offer((name, FORMAT_WORDS[name]) for name in FORMATS)
    form.copyable.offer((name, FORMAT_WORDS[name]) for name in FORMATS)
    form.pin_schedule_id.offer(((one.id, one.name) for one in list_schedules(session)), nothing="Never")
    return form


def said_of_reader(form: ReaderPageForm) -> ReaderForm | None:
    """What a valid form says; ``None`` when its facility codes could not be read, which it then says itself."""
    typed = (form.facility_codes.data or "").strip()
    if typed and not _LISTED_NUMBERS.fullmatch(typed):
        refuse(form, "Facility codes are whole numbers. Part them by commas.", "facility_codes")
        return None
    return ReaderForm(
        door_id=form.door_id.picked,
        name=form.name.data or "",
        port=form.port.data or "",
        address=form.address.data or 0,
        formats=tuple(form.formats.picked),
        facility_codes=tuple(map(int, re.findall(r"[0-9]+", typed))),
        copyable=tuple(form.copyable.picked),
        pin_schedule_id=form.pin_schedule_id.picked,
        takes_passes=form.takes_passes.data,
        takes_releases=form.takes_releases.data,
        enabled=form.enabled.data,
        head=form.head.data or 0,
    )


def board_form(session: Session, board: Board | None = None, *, typed: bool) -> BoardPageForm:
    """The form of a board, as it was typed or as the board is stored."""
    form = BoardPageForm() if typed else BoardPageForm(formdata=None, data=_board_data(board))
    form.bridge_id.offer(
        (one.bridge.id, one.bridge.name) for one in bridges_for(session, Permission.READER_EDIT, revoked=False)
    )
    return form


def said_of_board(form: BoardPageForm) -> BoardForm:
    """What a valid form says."""
    return BoardForm(
        bridge_id=form.bridge_id.picked,
        name=form.name.data or "",
        port=form.port.data or "",
        address=form.address.data or 0,
        outputs=form.outputs.data or 0,
        inputs=form.inputs.data or 0,
        osdp=form.osdp.data,
        hardware_pulse=form.hardware_pulse.data,
    )


def _door_data(door: Door | None) -> dict[str, Any]:
    if door is None:
        return {}
    kept = asdict(form_of(door))
    texts = {name: "" if value is None else value for name, value in kept.items() if name != "timing"}
    ids = {name: str(texts[name]) for name in ("building_id", "zone_id", "bridge_id", "unlock_schedule_id")}
    return {**texts, **ids, **door.timing, "version": str(door.version)}


def _reader_data(reader: Reader | None, door_id: int) -> dict[str, Any]:
    if reader is None:
        return {"door_id": str(door_id), "name": "Outside", "formats": ["H10301"]}
    return {
        "version": str(reader.version),
        "name": reader.name,
        "door_id": str(reader.door_id),
        "port": reader.port,
        "address": reader.address,
        "head": reader.head,
        "formats": list(reader.formats),
        "copyable": list(reader.copyable),
        "facility_codes": ", ".join(map(str, reader.facility_codes)),
        "pin_schedule_id": str(reader.pin_schedule_id or ""),
        "takes_passes": reader.takes_passes,
        "takes_releases": reader.takes_releases,
        "enabled": reader.enabled,
    }


def _board_data(board: Board | None) -> dict[str, Any]:
    if board is None:
        return {}
    names = ("name", "bridge_id", "port", "address", "outputs", "inputs", "osdp", "hardware_pulse")
    return {"version": str(board.version), **{name: getattr(board, name) for name in names}}
