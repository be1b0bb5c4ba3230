"""Alarm inputs: panic buttons, the mains, batteries and tamper switches that end at a bridge's boards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.model import EmergencyAction, InputKind, InputNormal
from access_control.database.errors import expect_version
from access_control.readers.building_records import read_point
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError
from access_control.readers.input_models import AlarmInput
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.neighbours import renew_scopes, scopes_before
from access_control.readers.site import scope_names
from access_control.readers.staleness import mark_bridges_stale
from access_control.readers.wiring import require_wiring


@dataclass(frozen=True, slots=True)
class AlarmInputForm:
    """What an alarm input's form says; the fields of :class:`access_control.readers.input_models.AlarmInput`.

    ``action`` and ``scope`` are those of a panic button; for every other kind they are ignored.
    """

    bridge_id: str
    name: str
    kind: InputKind
    point: str
    normal: InputNormal = InputNormal.NORMALLY_OPEN
    action: EmergencyAction | None = None
    scope: str | None = None


def add_alarm_input(session: Session, at: datetime, form: AlarmInputForm, by: str) -> AlarmInput:
    """Put an alarm input on the list.

    Raises:
        BadValueError: A value cannot be stored, or the bridge would refuse it; ``field`` says which.
        NotThereError: Its bridge does not exist.
    """
    scopes = scopes_before(session)
    row = AlarmInput(**_checked(session, form))
    session.add(row)
    session.flush()
    _settle(session, {row.bridge_id})
    renew_scopes(session, scopes)
    record(session, at, actor=by, action="input.added", subject=f"input:{row.id}", facts={"kind": row.kind.value})
    return row


def edit_alarm_input(
    session: Session, at: datetime, input_id: int, form: AlarmInputForm, version: int, by: str
) -> AlarmInput:
    """Change an alarm input.

    Raises:
        BadValueError, NotThereError: As :func:`add_alarm_input`.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    row = get_alarm_input(session, input_id)
    expect_version(row.version, version)
    before, scopes = form_of(row), scopes_before(session)
    for name, value in _checked(session, form).items():
        setattr(row, name, value)
    session.flush()
    changed = sorted(one.name for one in fields(before) if getattr(row, one.name) != getattr(before, one.name))
    if changed:
        _settle(session, {row.bridge_id, before.bridge_id})
        renew_scopes(session, scopes)
        record(session, at, actor=by, action="input.edited", subject=f"input:{row.id}", facts={"changed": changed})
    return row


def remove_alarm_input(session: Session, at: datetime, input_id: int, version: int, by: str) -> None:
    """Take an alarm input off the list. An emergency that it started goes on.

    Raises:
        NotThereError: There is none with this id.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    row = get_alarm_input(session, input_id)
    expect_version(row.version, version)
    facts = {"name": row.name, "kind": row.kind.value, "point": row.point}
    scopes = scopes_before(session)
    session.delete(row)
    session.flush()
    mark_bridges_stale(session, {row.bridge_id})
    renew_scopes(session, scopes)
    record(session, at, actor=by, action="input.removed", subject=f"input:{input_id}", facts=facts)


def get_alarm_input(session: Session, input_id: int) -> AlarmInput:
    """One alarm input.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, AlarmInput, input_id, "This alarm input")


def list_alarm_inputs(session: Session) -> Sequence[AlarmInput]:
    """Every alarm input, by bridge, kind and name."""
    return session.scalars(
        select(AlarmInput).order_by(AlarmInput.bridge_id, AlarmInput.kind, AlarmInput.name, AlarmInput.id)
    ).all()


def form_of(row: AlarmInput) -> AlarmInputForm:
    """What the form shows for an alarm input as it is stored."""
    return AlarmInputForm(**{one.name: getattr(row, one.name) for one in fields(AlarmInputForm)})


def _checked(session: Session, form: AlarmInputForm) -> dict[str, Any]:
    bridge = require(session, Bridge, form.bridge_id, "This bridge", "bridge_id")
    if bridge.state is BridgeState.REVOKED:
        raise BadValueError(f"{bridge.name} is revoked.", "Choose another bridge.", "bridge_id")
    values = asdict(form)
    values["name"] = clean_text(form.name, "name", "The input's name", 80)
    values["point"] = str(read_point(form.point, "point"))
    if form.kind is not InputKind.PANIC:
        return values | {"action": None, "scope": None}
    if form.action is None:
        raise BadValueError("A panic button starts something.", "Choose what.", "action")
    if form.scope not in scope_names(session):
        raise BadValueError("A panic button starts it somewhere.", "Choose where.", "scope")
    return values


def _settle(session: Session, bridges: set[str]) -> None:
    for bridge in sorted(bridges):
        require_wiring(session, bridge, None, "point")
    mark_bridges_stale(session, bridges)
