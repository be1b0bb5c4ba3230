"""People: the list with its search, and a page for each with details, groups, levels, PIN and badges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, flash, make_response, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.core.decision.model import HolderClass
from access_control.database.errors import ConflictError
from access_control.people.cardholders import add_person, count_people, find_people, get_person
from access_control.people.groups import list_groups
from access_control.people.models import Cardholder
from access_control.people.permissions import Permission
from access_control.people.pins import set_pin
from access_control.readers.badges import badges_of, issue_badge
from access_control.readers.levels import set_person_levels
from access_control.readers.models import Badge, GroupLevel, Level
from access_control.readers.staleness import mark_all_stale
from access_control.typed_numbers import read_number
from access_control.web.console import badges as badge_forms
from access_control.web.console import people as forms
from access_control.web.console.places import may_give_release, require_at_levels, require_at_person
from access_control.web.console.saving import RefusedError, attempt, differences, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, may, needs
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("people", __name__)
PAGE: Final = 50


@blueprint.get("/people")
@needs(Permission.PERSON_VIEW)
def show() -> str:
    """Everybody, or those whose names begin so, fifty at a time."""
    text = request.args.get("q", "").replace("\0", "")[:100]
    group = request.args.get("group", type=read_number)
    kind = request.args.get("kind", type=HolderClass)
    number = max(1, request.args.get("page", 1, type=read_number) or 1)
    with current().database.reading() as session:
        total = count_people(session, text, group_id=group, holder_class=kind)
        last = max(1, -(-total // PAGE))
        number = min(number, last)
        found = find_people(session, text, PAGE, offset=(number - 1) * PAGE, group_id=group, holder_class=kind)
        return render_template(
            "pages/people.html",
            people=found,
            badges=_badges(session, found),
            total=total,
            text=text,
            kind=kind,
            group=group,
            groups=list_groups(session),
            kinds=forms.CLASS_WORDS,
            badge_words=badge_forms.STATUS_WORDS,
            path=f"/people?{urlencode({'q': text, 'kind': kind or '', 'group': group or ''})}&",
            number=number,
            last=last,
        )


@blueprint.get("/people/new")
@needs(Permission.PERSON_EDIT)
def new() -> str:
    """An empty form."""
    with current().database.reading() as session:
        return render_template("pages/person_new.html", form=forms.offer(session, forms.PersonForm(formdata=None)))


@blueprint.post("/people")
@needs(Permission.PERSON_EDIT)
def add() -> Response:
    """Add a person."""
    with current().database.reading() as session:
        form = forms.offer(session, forms.PersonForm())
    if form.validate():
        try:
            ref = attempt(form, lambda session: _add(session, form))
        except RefusedError:
            pass
        else:
            flash("Saved. Add a badge next.", "details")
            return redirect(f"/people/{ref}", 303)
    return make_response(render_template("pages/person_new.html", form=form), 422)


@blueprint.get("/people/<int(max=2147483647):ref>")
@needs(Permission.PERSON_VIEW)
def person(ref: int) -> str:
    """One person."""
    return _page(ref)


@blueprint.post("/people/<int(max=2147483647):ref>")
@needs(Permission.PERSON_EDIT)
def keep(ref: int) -> Response:
    """Save details, groups and levels."""
    services, zone = current(), frame().school.zone
    with services.database.reading() as session:
        get_person(session, ref)
        form = forms.offer(session, forms.PersonForm())
    if not form.validate():
        return make_response(_page(ref, details=form), 422)
    at, who = services.clock(), actor()

    def act(session: Session) -> bool:
        had_pin = get_person(session, ref).pin_sealed is not None
        kept = forms.keep(session, at, ref, form, version_of(form), zone, who)
        return had_pin and kept.pin_sealed is None

    try:
        ended_pin = attempt(form, act)
    except RefusedError:
        return make_response(_page(ref, details=form), 422)
    except ConflictError:
        return make_response(_page(ref, details=form, conflict=True), 409)
    told = "Saved. The bridges get it within seconds."
    if ended_pin:
        told += " The PIN from before the right to end emergencies is gone: set a new one that only they know."
    flash(told, "details")
    return redirect(f"/people/{ref}", 303)


@blueprint.post("/people/<int(max=2147483647):ref>/pin")
@needs(Permission.BADGE_EDIT)
def keep_pin(ref: int) -> Response:
    """Set a new PIN, or take it away."""
    services, who, at = current(), actor(), current().clock()
    form = forms.PinForm()
    remove = "remove" in request.form
    if not remove and not form.validate():
        return make_response(_page(ref, pin=form), 422)
    pin = None if remove else (form.pin.data or "").strip()

    def act(session: Session) -> None:
        require_at_person(session, ref)
        if not remove and get_person(session, ref).may_release and not may_give_release():
            raise Problem(403)  # whoever sets this PIN could use it
        set_pin(session, at, person_ref=ref, pin=pin, seal=services.keys.seal, version=version_of(form), by=who)
        mark_all_stale(session)

    try:
        attempt(form, act)
    except RefusedError:
        return make_response(_page(ref, pin=form), 422)
    except ConflictError:
        return make_response(_page(ref, pin=form, conflict=True), 409)
    flash("The PIN is gone." if remove else "The new PIN counts within seconds.", "pin")
    return redirect(f"/people/{ref}#pin-panel", 303)


@blueprint.post("/people/<int(max=2147483647):ref>/badges")
@needs(Permission.BADGE_EDIT)
def give_badge(ref: int) -> Response:
    """Give a badge."""
    who, at = actor(), current().clock()
    form = badge_forms.offer(badge_forms.BadgeForm())
    names = who.may(Permission.PERSON_VIEW)
    if form.validate():
        typed = badge_forms.typed(form, frame().school.zone)

        def act(session: Session) -> None:
            require_at_person(session, ref)
            issue_badge(session, at, ref, typed, who.reference, names_allowed=names)

        try:
            attempt(form, act)
        except RefusedError:
            pass
        else:
            flash("The badge counts within seconds.", "badges")
            return redirect(f"/people/{ref}#badges-panel", 303)
    return make_response(_page(ref, badge=form), 422)


def _add(session: Session, form: forms.PersonForm) -> int:
    at, who = current().clock(), actor()
    require_at_levels(session, form.levels.picked, form.groups.picked)
    details = forms.details(form, frame().school.zone, may_release=False)
    made = add_person(session, at, details, by=who)
    set_person_levels(session, at, made.ref, form.levels.picked, who.reference)
    mark_all_stale(session)
    return made.ref


def _page(
    ref: int,
    *,
    details: forms.PersonForm | None = None,
    pin: forms.PinForm | None = None,
    badge: badge_forms.BadgeForm | None = None,
    conflict: bool = False,
) -> str:
    zone = frame().school.zone
    with current().database.reading() as session:
        person = get_person(session, ref)
        now = forms.stored(session, person, zone)
        differ = differences(details, now) if details is not None and conflict else []
        form = details or now
        if conflict:
            for stale in (details, pin):
                if stale is not None:
                    stale.version.data = str(person.version)  # saving once more is on purpose
        pin = pin or forms.PinForm(formdata=None, data={"version": str(person.version)})
        context: dict[str, Any] = {
            "person": person,
            "form": form,
            "pin": pin,
            "badge_form": badge or badge_forms.offer(badge_forms.BadgeForm(formdata=None)),
            "badges": badges_of(session, ref) if may(Permission.BADGE_VIEW) else [],
            "inherited": _inherited(session, person),
            "differences": differ,
            "in_conflict": conflict,
            "badge_words": badge_forms.STATUS_WORDS,
            "kinds": forms.CLASS_WORDS,
        }
        return render_template("pages/person.html", **context)


def _badges(session: Session, people: Sequence[Cardholder]) -> dict[int, list[Badge]]:
    found: dict[int, list[Badge]] = {}
    refs = [one.ref for one in people]
    for badge in session.scalars(select(Badge).where(Badge.person_ref.in_(refs)).order_by(Badge.status_at.desc())):
        found.setdefault(badge.person_ref, []).append(badge)
    return found


def _inherited(session: Session, person: Cardholder) -> list[tuple[str, str]]:
    """The levels that come with the person's groups: level and group by name."""
    named = {one.group_id: one.group.name for one in person.memberships}
    rows = session.execute(
        select(Level.name, GroupLevel.group_id)
        .join(GroupLevel, GroupLevel.level_id == Level.id)
        .where(GroupLevel.group_id.in_(named))
        .order_by(Level.name)
    )
    return [(level, named[group]) for level, group in rows]
