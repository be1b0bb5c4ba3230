"""What the templates of the front desk read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from flask import render_template, request
from sqlalchemy.orm import Session

from access_control.core.credentials.passes import INVITATION_PREFIX
from access_control.people.permissions import Permission
from access_control.visitors.desk import DeskLists, desk_lists, is_overdue
from access_control.visitors.errors import NotThereError
from access_control.visitors.labels import number_of
from access_control.visitors.models import Pass, PossibleMatch, Visit, VisitState
from access_control.visitors.opening import is_closed
from access_control.visitors.passes import good_pass, pass_text
from access_control.visitors.screening import Resemblance, matches_of, resemblance
from access_control.visitors.visits import get_visit
from access_control.web.front_desk.codes import CodePicture, code_picture
from access_control.web.front_desk.forms import CATEGORY_WORDS, DecisionForm
from access_control.web.guard import may
from access_control.web.services import current

TABS: Final = ("expected", "on_site", "today")


@dataclass(frozen=True)
class VisitView:
    """One visit on the work panel.

    Attributes:
        code: The pass that is good now, for those who may check in.
        last: The last pass, to tell what became of it.
        match: What waits for a decision, and ``compared`` how the two go together; only for approvers.
    """

    visit: Visit
    code: CodePicture | None
    invitation: CodePicture | None
    last: Pass | None
    match: PossibleMatch | None
    compared: Resemblance | None
    decided: list[PossibleMatch]
    overdue: bool
    number: str
    form: DecisionForm | None = field(default=None)


def chosen_tab() -> str:
    """The tab that the address names."""
    tab = request.args.get("tab", "")
    return tab if tab in TABS else TABS[0]


def lists_context(session: Session, at: datetime, open_id: str | None) -> dict[str, Any]:
    """What the list column shows."""
    lists = desk_lists(session, at)
    return {
        "lists": lists,
        "tab": chosen_tab() if "tab" in request.args else _tab_of(lists, open_id),
        "open_id": open_id,
        "done": _done(session),
        "number_of": number_of,
        "category_words": CATEGORY_WORDS,
        "now": at,
    }


def desk_page(session: Session, work: str, *, open_id: str | None = None, **more: Any) -> str:
    """The front desk with a work panel: ``start``, ``check_in``, ``checked_in``, ``expect`` or ``visit``."""
    at = current().clock()
    context = lists_context(session, at, open_id) | {"in_conflict": False} | more
    return render_template(
        "desk/desk.html",
        work=work,
        closed=is_closed(session, expected=False),
        closed_to_all=is_closed(session, expected=True),
        **context,
    )


def visit_view(session: Session, visit_id: str, form: DecisionForm | None = None) -> VisitView:
    """A visit as the work panel shows it to whoever asks.

    Raises:
        NotThereError: There is none.
    """
    services, at = current(), current().clock()
    visit = get_visit(session, visit_id)
    good = good_pass(visit, at) if may(Permission.VISITOR_CHECK_IN) else None
    match, compared, decided = _screening(session, visit)
    expected = visit.state is VisitState.EXPECTED and visit.invitation
    return VisitView(
        visit=visit,
        code=None if good is None else code_picture(pass_text(session, services.keys, good)),
        invitation=code_picture(f"{INVITATION_PREFIX}{visit.invitation}".upper()) if expected else None,
        last=visit.passes[-1] if visit.passes else None,
        match=match,
        compared=compared,
        decided=decided,
        overdue=is_overdue(visit, at),
        number=number_of(visit),
        form=form or (DecisionForm(formdata=None) if match else None),
    )


def _screening(session: Session, visit: Visit) -> tuple[PossibleMatch | None, Resemblance | None, list[PossibleMatch]]:
    if not may(Permission.SCREENING_VIEW):
        return None, None, []
    found = matches_of(session, visit.id)
    decided = [match for match in found if match.outcome is not None]
    open_one = next((match for match in found if match.outcome is None), None)
    if open_one is None or visit.state is not VisitState.HELD:
        return None, None, decided
    return open_one, resemblance(visit.visitor, open_one.banned), decided


def _tab_of(lists: DeskLists, open_id: str | None) -> str:
    """The tab on which the open visit stands."""
    places = {"on_site": (*lists.on_site, *lists.overdue), "today": lists.over}
    return next((tab for tab, rows in places.items() if any(row.id == open_id for row in rows)), TABS[0])


def _done(session: Session) -> Visit | None:
    """The visit that was just signed out from the list."""
    named = request.args.get("done", "")
    try:
        visit = get_visit(session, named[:36]) if named else None
    except NotThereError:
        return None
    return visit if visit is not None and visit.state is VisitState.SIGNED_OUT else None
