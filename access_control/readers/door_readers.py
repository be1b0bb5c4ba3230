"""Readers at doors: adding them, changing them, and finding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.credentials.formats import FORMATS
from access_control.core.wire.policy_payload import Code32, ReaderRow
from access_control.database.errors import expect_version
from access_control.readers.boards import clean_port
from access_control.readers.building_records import reader_record
from access_control.readers.checks import clean_text, fits, limits_of, require, require_within
from access_control.readers.errors import BadValueError
from access_control.readers.models import Door, Reader, Schedule
from access_control.readers.pass_doors import settle_pass_doors
from access_control.readers.staleness import mark_bridges_stale
from access_control.readers.wiring import require_wiring

MAX_FACILITY_CODES: Final = 1000


@dataclass(frozen=True, slots=True)
class ReaderForm:
    """What a reader's form says; the fields of :class:`access_control.readers.models.Reader`.

    ``formats`` are tried in their order. No facility code means any.
    """

    door_id: int
    name: str
    port: str
    address: int
    formats: tuple[str, ...] = ()
    facility_codes: tuple[int, ...] = ()
    copyable: tuple[str, ...] = ()
    pin_schedule_id: int | None = None
    takes_passes: bool = False
    takes_releases: bool = False
    enabled: bool = True
    head: int = 0


def add_reader(session: Session, at: datetime, form: ReaderForm, by: str) -> Reader:
    """Put a reader at a door.

    Raises:
        BadValueError: A value cannot be stored, or the bridge would refuse it; ``field`` says which.
        NotThereError: Its door or schedule does not exist.
    """
    reader = Reader(**_checked(session, form))
    session.add(reader)
    session.flush()
    _settle(session, reader, reader.door_id)
    facts = {"door": reader.door_id, "takes_releases": reader.takes_releases}
    record(session, at, actor=by, action="reader.added", subject=f"reader:{reader.id}", facts=facts)
    return reader


def edit_reader(session: Session, at: datetime, reader_id: int, form: ReaderForm, version: int, by: str) -> Reader:
    """Change a reader.

    Raises:
        BadValueError, NotThereError: As :func:`add_reader`.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    reader = get_reader(session, reader_id)
    expect_version(reader.version, version)
    before = form_of(reader)
    for name, value in _checked(session, form).items():
        setattr(reader, name, value)
    session.flush()
    after = form_of(reader)
    changed = sorted(one.name for one in fields(ReaderForm) if getattr(after, one.name) != getattr(before, one.name))
    if changed:
        _settle(session, reader, before.door_id)
        record(session, at, actor=by, action="reader.edited", subject=f"reader:{reader.id}", facts={"changed": changed})
    return reader


def get_reader(session: Session, reader_id: int) -> Reader:
    """One reader.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Reader, reader_id, "This reader")


def list_readers(session: Session) -> Sequence[Reader]:
    """Every reader, by door."""
    return session.scalars(select(Reader).order_by(Reader.door_id, Reader.id)).all()


def form_of(reader: Reader) -> ReaderForm:
    """What the form shows for a reader as it is stored."""
    kept = {one.name: getattr(reader, one.name) for one in fields(ReaderForm)}
    lists = {name: tuple(kept[name]) for name in ("formats", "facility_codes", "copyable")}
    return ReaderForm(**{**kept, **lists})


def _checked(session: Session, form: ReaderForm) -> dict[str, Any]:
    values = asdict(form)
    require(session, Door, form.door_id, "This door", "door_id")
    if form.pin_schedule_id is not None:
        require(session, Schedule, form.pin_schedule_id, "This schedule", "pin_schedule_id")
    values["name"] = clean_text(form.name, "name", "The reader's name", 80)
    values["port"] = clean_port(form.port)
    require_within(form.address, limits_of(ReaderRow, "address"), "address", "The address")
    require_within(form.head, limits_of(ReaderRow, "head"), "head", "The head")
    values["formats"] = list(dict.fromkeys(form.formats))
    values["copyable"] = sorted(set(form.copyable))
    values["facility_codes"] = sorted(set(form.facility_codes))
    for name in ("formats", "copyable"):
        if strange := sorted(set(values[name]) - FORMATS.keys()):
            raise BadValueError(f"“{strange[0][:40]}” is no card format.", "Choose from the list.", name)
    if len(form.facility_codes) > MAX_FACILITY_CODES or not all(fits(code, Code32) for code in form.facility_codes):
        raise BadValueError(
            f"Facility codes are up to {MAX_FACILITY_CODES} whole numbers.", "Correct them.", "facility_codes"
        )
    return values


def _settle(session: Session, reader: Reader, old_door: int) -> None:
    bridges = {session.get_one(Door, door).bridge_id for door in (reader.door_id, old_door)}
    require_wiring(session, session.get_one(Door, reader.door_id).bridge_id, reader_record(reader), "port")
    for other in bridges - {session.get_one(Door, reader.door_id).bridge_id}:
        require_wiring(session, other, None, "door_id")
    settle_pass_doors(session, bridges)
    mark_bridges_stale(session, {bridge for bridge in bridges if bridge is not None})
