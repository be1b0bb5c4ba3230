"""Fire tests and real fires: which door released, latched or stayed, and after how many milliseconds.

Bridges tell it by events; here they are folded into one report for each alarm of a fire input, so that it outlives the
events. What it was, a test or a fire, is said afterwards by a person with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.core.wire.events import EventCode, EventRecord
from access_control.database.errors import expect_version
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError
from access_control.readers.records import FireDoorOutcome, FireReportDoor, FireReportRow

OUTCOMES: Final[Mapping[str, FireDoorOutcome]] = {
    EventCode.FIRE_DOOR_RELEASED.value: FireDoorOutcome.RELEASED,
    EventCode.FIRE_DOOR_LATCHED.value: FireDoorOutcome.LATCHED,
    EventCode.FIRE_DOOR_STAYED.value: FireDoorOutcome.STAYED,
    EventCode.FIRE_DOOR_FAILED.value: FireDoorOutcome.FAILED,
}
_CODES: Final = frozenset({EventCode.FIRE_INPUT_ON.value, EventCode.FIRE_INPUT_OFF.value, *OUTCOMES})
SAME_ALARM: Final = timedelta(hours=12)
"""An input that is told active again without having been told at rest is the same alarm: its bridge was restarted.

After so long it is another, whose predecessor ended while the bridge was away.
"""
LEAST_WHY: Final = 10


def note_fires(session: Session, bridge_id: str, events: Sequence[EventRecord]) -> None:
    """Fold new events of one bridge into the reports."""
    for event in events:
        wire = event.detail.get("input")
        if event.code in _CODES and isinstance(wire, str):
            _note(session, bridge_id, wire[:40], event)


def _note(session: Session, bridge_id: str, wire: str, event: EventRecord) -> None:
    at = event.moment()
    report = session.scalars(
        select(FireReportRow)
        .where(FireReportRow.bridge_id == bridge_id, FireReportRow.input == wire, FireReportRow.began_at <= at)
        .order_by(FireReportRow.began_at.desc())
        .limit(1)
    ).first()
    if event.code == EventCode.FIRE_INPUT_ON:
        if report is None or report.ended_at is not None or report.began_at + SAME_ALARM < at:
            session.add(FireReportRow(id=event.id, bridge_id=bridge_id, input=wire, began_at=at))
    elif report is not None and event.code == EventCode.FIRE_INPUT_OFF:
        report.ended_at = report.ended_at or at
    elif report is not None and event.door is not None:
        _note_door(report, event.door, event)
    session.flush()


def _note_door(report: FireReportRow, door: int, event: EventRecord) -> None:
    """The first answer counts; one that failed and came right is told as it came right."""
    outcome, ms, why = OUTCOMES[event.code], event.detail.get("ms"), event.detail.get("why")
    known = next((row for row in report.doors if row.door_id == door), None)
    if known is None:
        known = FireReportDoor(door_id=door)
        report.doors.append(known)
    elif known.outcome is not FireDoorOutcome.FAILED or outcome is FireDoorOutcome.FAILED:
        return
    known.outcome = outcome
    known.ms = ms if isinstance(ms, int) else 0
    known.why = why[:300] if isinstance(why, str) else ""


def list_fire_reports(session: Session, limit: int = 200) -> Sequence[FireReportRow]:
    """The newest first."""
    return session.scalars(
        select(FireReportRow)
        .options(selectinload(FireReportRow.doors))
        .order_by(FireReportRow.began_at.desc(), FireReportRow.id)
        .limit(limit)
    ).all()


def get_fire_report(session: Session, report_id: str) -> FireReportRow:
    """One report.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, FireReportRow, report_id, "This report")


def mark_fire(session: Session, at: datetime, report_id: str, *, test: bool, why: str, version: int, by: str) -> None:
    """Say whether it was a test or a real alarm, and why; it can be said anew.

    Raises:
        NotThereError: There is no such report.
        BadValueError: The reason is missing or too short.
        ConflictError: Somebody else said it since ``version`` was read.
    """
    report = get_fire_report(session, report_id)
    expect_version(report.version, version)
    reason = clean_text(why, "why", "The reason", 300)
    if len(reason) < LEAST_WHY:
        raise BadValueError(f"The reason has less than {LEAST_WHY} characters.", "Say a little more.", "why")
    report.test, report.why, report.marked_by, report.marked_at = test, reason, by, at
    session.flush()
    facts = {"test": test, "why": reason}
    record(session, at, actor=by, action="fire.marked", subject=f"fire:{report.id}", facts=facts)
