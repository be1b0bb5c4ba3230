"""One visit on the work panel: its pass, and signing out, cancelling, extending, asking the office, deciding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Blueprint, flash, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.people.permissions import Permission
from access_control.visitors.deciding import decide_match
from access_control.visitors.models import ScreeningOutcome, Visit
from access_control.visitors.visits import ask_office, cancel_visit, extend_visit, new_pass, sign_out
from access_control.web.console.fields import refuse
from access_control.web.console.saving import RefusedError, attempt, do
from access_control.web.front_desk.forms import CATEGORY_WORDS, OUTCOME_WORDS, DecisionForm, with_note
from access_control.web.front_desk.views import desk_page, visit_view
from access_control.web.guard import actor, needs
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("visits", __name__)
_LONGER: Final = timedelta(minutes=30)


@blueprint.get("/visits/<visit_id>")
@needs(Permission.VISITOR_VIEW)
def show(visit_id: str) -> str:
    """The front desk with this visit open."""
    return _page(visit_id)


@blueprint.get("/visits/<visit_id>/part")
@needs(Permission.VISITOR_VIEW)
@by_itself
def part(visit_id: str) -> str:
    """The work panel alone, for pages that are open."""
    with current().database.reading() as session:
        view = visit_view(session, visit_id)
        return render_template("desk/visit.html", view=view, **_words())


@blueprint.post("/visits/<visit_id>/sign-out")
@needs(Permission.VISITOR_SIGN_OUT)
def leave(visit_id: str) -> Response:
    """Sign out; from the list back to the list, with the result in the row's place."""
    keys, at, who = current().keys, current().clock(), actor()
    do(lambda session: sign_out(session, keys, at, visit_id, by=who))
    if "list" in request.form:
        return redirect(f"/desk?tab=on_site&done={visit_id}", 303)
    return redirect(f"/visits/{visit_id}", 303)


@blueprint.post("/visits/<visit_id>/cancel")
@needs(Permission.VISITOR_CHECK_IN)
def cancel(visit_id: str) -> Response:
    """Give up a visit that has not begun."""
    at, who = current().clock(), actor()
    return _then(visit_id, lambda session: cancel_visit(session, at, visit_id, by=who), "The visit is cancelled.")


@blueprint.post("/visits/<visit_id>/extend")
@needs(Permission.VISITOR_CHECK_IN)
def extend(visit_id: str) -> Response:
    """Let a visit last half an hour longer."""
    at, who = current().clock(), actor()
    said = "The visit lasts longer. The pass that was made keeps its time."
    return _then(visit_id, lambda session: extend_visit(session, at, visit_id, _LONGER, by=who), said)


@blueprint.post("/visits/<visit_id>/ask")
@needs(Permission.VISITOR_CHECK_IN)
def ask(visit_id: str) -> Response:
    """Remind the office that somebody waits."""
    at, who = current().clock(), actor()
    return _then(visit_id, lambda session: ask_office(session, at, visit_id, by=who), "Sent to the office.")


@blueprint.post("/visits/<visit_id>/pass")
@needs(Permission.VISITOR_CHECK_IN)
def make_pass(visit_id: str) -> Response:
    """Make a new pass; the one before is dead."""
    keys, at, who = current().keys, current().clock(), actor()
    said = "This is the new pass. The one before does not open a door any more."
    return _then(visit_id, lambda session: new_pass(session, keys, at, visit_id, by=who), said)


@blueprint.post("/visits/<visit_id>/matches/<match_id>")
@needs(Permission.SCREENING_DECIDE)
def decide(visit_id: str, match_id: str) -> Response:
    """Decide whether the visitor is the person on the list."""
    form, at, who = DecisionForm(), current().clock(), actor()
    chosen = form.outcome.data
    outcome = ScreeningOutcome(chosen) if chosen in set(ScreeningOutcome) else None
    valid = form.validate()
    if outcome is None:
        refuse(form, "Choose one of the three answers.")
    if valid and not with_note(form.seen.data, form.note.data):
        refuse(form, "Type what you saw.", "note")
    if outcome is not None and not form.errors and not form.form_errors:
        why = with_note(form.seen.data, form.note.data)
        decided = outcome
        try:
            attempt(form, lambda session: decide_match(session, at, match_id, decided, why, by=who))
        except RefusedError:
            return make_response(_page(visit_id, form), 409)
        flash("Your decision is kept with your name.", "visit")
        return redirect(f"/visits/{visit_id}", 303)
    return make_response(_page(visit_id, form), 422)


def _then(visit_id: str, act: Callable[[Session], Visit], said: str) -> Response:
    do(act)
    flash(said, "visit")
    return redirect(f"/visits/{visit_id}", 303)


def _page(visit_id: str, form: DecisionForm | None = None) -> str:
    with current().database.reading() as session:
        view = visit_view(session, visit_id, form)
        return desk_page(session, "visit", open_id=view.visit.id, view=view, outcome_words=OUTCOME_WORDS)


def _words() -> dict[str, object]:
    return {"outcome_words": OUTCOME_WORDS, "category_words": CATEGORY_WORDS, "now": current().clock()}
