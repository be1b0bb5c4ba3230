"""Fire tests by date, and one page for each that can be printed."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, make_response, redirect, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import HiddenField

from access_control.people.actors import operator_names
from access_control.people.permissions import Permission
from access_control.readers.fire_reports import get_fire_report, list_fire_reports, mark_fire
from access_control.readers.models import Bridge, Door
from access_control.readers.records import FireDoorOutcome, FireReportRow
from access_control.web.console.fields import ConsoleForm, Line, Pick
from access_control.web.console.saving import RefusedError, attempt, found, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, may, needs, place_of, require_at
from access_control.web.services import current
from access_control.web.words import duration, full_day

blueprint = Blueprint("fire_tests", __name__)

OUTCOME_WORDS: Final = {
    FireDoorOutcome.RELEASED: "Unlocked",
    FireDoorOutcome.LATCHED: "Latched",
    FireDoorOutcome.STAYED: "Stayed as it was",
    FireDoorOutcome.FAILED: "NOT proved",
}
MARKS: Final = {"test": "A test", "real": "A real alarm"}


class MarkForm(ConsoleForm):
    """What an alarm was."""

    version = HiddenField()
    what = Pick("It was")
    why = Line("How you know", needed="Say how you know.")


@blueprint.get("/fire-tests")
@needs(Permission.REPORT_VIEW)
def fire_tests() -> str:
    """Every alarm of a fire input, the newest first."""
    with current().database.reading() as session:
        bridges = {bridge.id: bridge for bridge in session.scalars(select(Bridge))}
        shown = [row for row in list_fire_reports(session) if _reached(bridges[row.bridge_id])]
        return render_template(
            "pages/fire_tests.html",
            reports=[(row, bridges[row.bridge_id].name, _counts(row)) for row in shown],
            outcomes=OUTCOME_WORDS,
        )


@blueprint.get("/fire-tests/<uuid:report_id>")
@needs(Permission.REPORT_VIEW)
def fire_test(report_id: object) -> str:
    """One alarm, door by door."""
    with current().database.reading() as session:
        report = _found(session, str(report_id))
        form = MarkForm(formdata=None, data={"version": str(report.version), "what": _what(report), "why": report.why})
        return _page(session, report, form)


@blueprint.post("/fire-tests/<uuid:report_id>/mark")
@needs(Permission.DRILL_EDIT)
def mark(report_id: object) -> Response:
    """Say whether it was a test."""
    at, who = current().clock(), actor()
    form = MarkForm()
    form.what.offer(MARKS.items(), nothing="Choose")
    with current().database.reading() as session:
        report = _found(session, str(report_id))
        if not form.validate():
            return make_response(_page(session, report, form), 422)

    def act(session: Session) -> None:
        mark_fire(
            session,
            at,
            str(report_id),
            test=form.what.data == "test",
            why=form.why.data or "",
            version=version_of(form),
            by=who.reference,
        )

    try:
        attempt(form, act)
    except RefusedError:
        with current().database.reading() as session:
            return make_response(_page(session, _found(session, str(report_id)), form), 422)
    flash("It is on record.", "fire")
    return redirect(f"/fire-tests/{report_id}", 303)


def _found(session: Session, report_id: str) -> FireReportRow:
    report = found(get_fire_report, session, report_id)
    require_at(place_of(frame().school.id, session.get_one(Bridge, report.bridge_id).building_id))
    return report


def _reached(bridge: Bridge) -> bool:
    return may(Permission.REPORT_VIEW, place_of(frame().school.id, bridge.building_id))


def _counts(report: FireReportRow) -> dict[FireDoorOutcome, int]:
    return {outcome: sum(row.outcome is outcome for row in report.doors) for outcome in FireDoorOutcome}


def _what(report: FireReportRow) -> str:
    return "" if report.test is None else "test" if report.test else "real"


def _page(session: Session, report: FireReportRow, form: MarkForm) -> str:
    form.what.offer(MARKS.items(), nothing="Choose")
    zone = frame().school.zone
    doors = {
        door.id: door for door in session.scalars(select(Door).where(Door.id.in_([d.door_id for d in report.doors])))
    }
    by = (
        ""
        if report.marked_by is None
        else operator_names(session, [report.marked_by]).get(report.marked_by, "Somebody")
    )
    failed = [row for row in report.doors if row.outcome is FireDoorOutcome.FAILED]
    rest = [row for row in report.doors if row.outcome is not FireDoorOutcome.FAILED]
    return render_template(
        "pages/fire_test.html",
        report=report,
        bridge=session.get_one(Bridge, report.bridge_id).name,
        rows=[(row, doors.get(row.door_id)) for row in failed + rest],
        counts=_counts(report),
        outcomes=OUTCOME_WORDS,
        day=full_day(report.began_at, zone),
        lasted="" if report.ended_at is None else duration((report.ended_at - report.began_at).total_seconds()),
        slowest=max((row.ms for row in rest), default=None),
        form=form,
        by=by,
    )
