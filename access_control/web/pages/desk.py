"""The front desk: who is expected and on site, looking people up, and checking them in."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.database.errors import ConflictError
from access_control.people.permissions import Permission
from access_control.visitors.looking_up import Found, ScanKind, find_hosts, find_known, find_scanned, find_visitors
from access_control.visitors.models import Visit, Visitor, VisitState
from access_control.visitors.visits import check_in, expect_visit, get_visit
from access_control.web.console.saving import RefusedError, attempt, differences, version_of
from access_control.web.frame import frame
from access_control.web.front_desk.forms import (
    CATEGORY_WORDS,
    ExpectForm,
    VisitForm,
    details_of,
    expected_moment,
    fill_from,
    guest_of,
)
from access_control.web.front_desk.views import desk_page, lists_context
from access_control.web.guard import actor, needs
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("desk", __name__)
MOST_TYPED = 300


@blueprint.get("/desk")
@needs(Permission.VISITOR_VIEW)
def show() -> str:
    """The desk, with whom ``q`` finds, or with the form for ``visitor``, ``visit`` or a ``new`` name."""
    with current().database.reading() as session:
        if {"visitor", "visit", "new"} & request.args.keys():
            form = _prefilled(session)
            return desk_page(session, "check_in", form=form, open_id=form.visit.data, known=form.visitor.data)
        text = _typed(request.args.get("q", ""))
        found = find_visitors(session, current().clock(), text)
        return desk_page(session, "start", text=text, found=found)


@blueprint.get("/desk/part")
@needs(Permission.VISITOR_VIEW)
@by_itself
def part() -> str:
    """The list column alone, for pages that are open."""
    with current().database.reading() as session:
        context = lists_context(session, current().clock(), request.args.get("open", "")[:36] or None)
        return render_template("desk/lists.html", **context)


@blueprint.post("/desk/find")
@needs(Permission.VISITOR_VIEW)
def find() -> Response:
    """Go where a scanned code or a typed name leads. The text of a pass never stands in an address."""
    text = _typed(request.form.get("q", ""))
    with current().database.reading() as session:
        scanned = find_scanned(session, text)
        if scanned.visit is not None:
            visit = scanned.visit
            if scanned.kind is ScanKind.INVITATION and visit.state is VisitState.EXPECTED:
                return redirect(f"/desk?visit={visit.id}", 303)
            return redirect(f"/visits/{visit.id}", 303)
    if scanned.kind is ScanKind.INVITATION:
        flash("This invitation is not known here. Look for the visitor by name.", "find")
    elif scanned.kind is ScanKind.PASS:
        flash("This pass is not known here, or it was read badly. Scan it again, or look for the name.", "find")
    elif text:
        return redirect(f"/desk?{urlencode({'q': text})}", 303)
    return redirect("/desk", 303)


@blueprint.get("/desk/find.json")
@needs(Permission.VISITOR_VIEW)
def suggestions() -> Response:
    """Visitors who fit what is typed, best first."""
    with current().database.reading() as session:
        found = find_visitors(session, current().clock(), _typed(request.args.get("q", "")))
        return jsonify([_suggestion(one) for one in found])


@blueprint.get("/desk/hosts.json")
@needs(Permission.VISITOR_VIEW)
def hosts() -> Response:
    """Staff who fit what is typed."""
    with current().database.reading() as session:
        found = find_hosts(session, _typed(request.args.get("q", "")))
        return jsonify([{"ref": one.ref, "word": one.full_name, "second": one.unit} for one in found])


@blueprint.post("/desk/check-in")
@needs(Permission.VISITOR_CHECK_IN)
def enter() -> Response:
    """Check somebody in."""
    form, at, who = VisitForm(), current().clock(), actor()
    if form.validate():
        version = version_of(form) if form.version.data else None

        def act(session: Session) -> str:
            visit_id = form.visit.data or ""
            return check_in(session, at, visit_id, guest_of(form), details_of(form), by=who, version=version).id

        try:
            return redirect(f"/visits/{attempt(form, act)}", 303)
        except RefusedError:
            pass
        except ConflictError:
            return _in_conflict(form)
    return _again("check_in", form)


@blueprint.get("/desk/expect")
@needs(Permission.VISITOR_EXPECT)
def expect_form() -> str:
    """The form for somebody who comes later."""
    form = ExpectForm(formdata=None, category="visitor")
    with current().database.reading() as session:
        return desk_page(session, "expect", form=form, known=None)


@blueprint.post("/desk/expect")
@needs(Permission.VISITOR_EXPECT)
def expect() -> Response:
    """Write down that somebody is expected."""
    form, at, who, zone = ExpectForm(), current().clock(), actor(), frame().school.zone
    if form.validate():

        def act(session: Session) -> str:
            moment = expected_moment(form, zone)
            return expect_visit(session, at, guest_of(form), details_of(form), expected_at=moment, by=who).id

        try:
            return redirect(f"/visits/{attempt(form, act)}", 303)
        except RefusedError:
            pass
    return _again("expect", form)


def _again(work: str, form: VisitForm) -> Response:
    """The form as it was sent, with what is wrong."""
    with current().database.reading() as session:
        page = desk_page(session, work, form=form, open_id=form.visit.data, known=form.visitor.data)
    return make_response(page, 422)


def _in_conflict(form: VisitForm) -> Response:
    """What was typed beside what is stored: the visit was changed meanwhile, or the visitor is checked in already."""
    with current().database.reading() as session:
        visit = get_visit(session, form.visit.data or "")
        stored = _stored(VisitForm(formdata=None), visit)
        form.version.data = stored.version.data  # saving once more is on purpose
        work = "check_in" if visit.state is VisitState.EXPECTED else "checked_in"
        more = {"known": visit.visitor_id, "visit": visit, "in_conflict": True}
        more["differences"] = differences(form, stored)
        page = desk_page(session, work, form=form, open_id=visit.id, **more)
    return make_response(page, 409)


def _stored(form: VisitForm, visit: Visit) -> VisitForm:
    """The form as it is filled by what is kept of a visit."""
    fill_from(form, visit, zone=frame().school.zone)
    form.visit.data, form.version.data = visit.id, str(visit.version)
    _name(form, visit.visitor)
    return form


def _prefilled(session: Session) -> VisitForm:
    """The check-in form for an expected visit, a returning visitor, or a new name."""
    form = VisitForm(formdata=None, category="visitor", visit=str(uuid.uuid4()))
    if expected := request.args.get("visit", "")[:36]:
        _stored(form, get_visit(session, expected))
    elif known := request.args.get("visitor", "")[:36]:
        found = find_known(session, known)
        _name(form, found.visitor)
        if found.last_visit is not None:
            fill_from(form, found.last_visit, zone=frame().school.zone)
            form.escort_needed.data = False
    else:
        given, _, family = _typed(request.args.get("new", "")).rpartition(" ")
        form.given_name.data, form.family_name.data = given.title() if given.islower() else given, family
        if family.islower():
            form.family_name.data = family.title()
    return form


def _name(form: VisitForm, visitor: Visitor) -> None:
    form.visitor.data = visitor.id
    form.given_name.data, form.family_name.data = visitor.given_name, visitor.family_name
    form.company.data = visitor.company


def _suggestion(found: Found) -> dict[str, object]:
    visitor, visit, last = found.visitor, found.open_visit, found.last_visit
    if visit is None:
        url = f"/desk?visitor={visitor.id}"
        said = f"last here to see {last.host}" if last is not None else "known"
    elif visit.state is VisitState.EXPECTED:
        url, said = f"/desk?visit={visit.id}", f"expected by {visit.host}"
    else:
        url, said = f"/visits/{visit.id}", "on site" if visit.state is VisitState.ON_SITE else "waits at the desk"
    latest = visit or last
    category = CATEGORY_WORDS[latest.category] if latest is not None else ""
    second = ", ".join(part for part in (visitor.company, category, said) if part)
    return {"url": url, "word": visitor.full_name, "second": second}


def _typed(text: str) -> str:
    return text.replace("\0", "").strip()[:MOST_TYPED]
