"""A badge: when it counts, marking it lost or stolen, and which bridges have confirmed that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from access_control.core.decision.model import BadgeStatus
from access_control.database.errors import ConflictError
from access_control.people.models import Cardholder
from access_control.people.permissions import Permission
from access_control.readers.badge_numbers import FORMAT_WORDS
from access_control.readers.badges import edit_badge, get_badge
from access_control.readers.models import Badge, Reader
from access_control.readers.revocations import Reached, reached, set_badge_status
from access_control.readers.settings import school_settings
from access_control.typed_numbers import number_or_none
from access_control.web import words
from access_control.web.console import badges as forms
from access_control.web.console.bridges import heard
from access_control.web.console.fields import end_of_day, first_of_day
from access_control.web.console.places import require_at_person
from access_control.web.console.saving import RefusedError, attempt, differences, do, found, version_of
from access_control.web.frame import frame
from access_control.web.guard import actor, may, needs
from access_control.web.problems import Problem
from access_control.web.services import current
from access_control.web.sessions import by_itself

blueprint = Blueprint("badges", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """What one bridge knows of it: whether it confirmed, and the sentence."""

    name: str
    confirmed: bool
    silent: bool
    sentence: str


@blueprint.get("/badges/<uuid:badge_id>")
@needs(Permission.BADGE_VIEW)
def show(badge_id: object) -> str:
    """The badge."""
    return _page(str(badge_id))


@blueprint.get("/badges/<uuid:badge_id>/reached")
@needs(Permission.BADGE_VIEW)
@by_itself
def part(badge_id: object) -> str:
    """Which bridges confirmed, alone, to take the place of what the page shows."""
    with current().database.reading() as session:
        badge = found(get_badge, session, str(badge_id))
        return render_template("pages/badge_reached.html", badge=badge, lines=_lines(session, badge))


@blueprint.post("/badges/<uuid:badge_id>")
@needs(Permission.BADGE_EDIT)
def keep(badge_id: object) -> Response:
    """Save when it counts and what is printed on it."""
    name, zone, at, who = str(badge_id), frame().school.zone, current().clock(), actor()
    form = forms.BadgeDaysForm()
    if not form.validate():
        return make_response(_page(name, form), 422)

    def act(session: Session) -> None:
        require_at_person(session, get_badge(session, name).person_ref)
        edit_badge(
            session,
            at,
            name,
            version_of(form),
            who.reference,
            label=form.label.data or "",
            valid_from=first_of_day(form.valid_from.data, zone),
            valid_until=end_of_day(form.valid_until.data, zone),
        )

    try:
        attempt(form, act)
    except RefusedError:
        return make_response(_page(name, form), 422)
    except ConflictError:
        return make_response(_page(name, form, conflict=True), 409)
    flash("Saved. The bridges get it within seconds.", "days")
    return redirect(f"/badges/{name}", 303)


@blueprint.post("/badges/<uuid:badge_id>/status")
@needs(Permission.BADGE_REVOKE)
def mark(badge_id: object) -> Response:
    """Mark it lost, stolen and so on; with the right to edit badges also let it count again."""
    services, name, at, who = current(), str(badge_id), current().clock(), actor()
    try:
        status = BadgeStatus(request.form.get("status", ""))
    except ValueError:
        raise Problem(400, detail="That is nothing that a badge can be. Nothing was changed.") from None
    if status is BadgeStatus.ACTIVE and not may(Permission.BADGE_EDIT):
        raise Problem(403)
    version = request.form.get("version", "")

    def act(session: Session) -> None:
        if status is BadgeStatus.ACTIVE:  # killing a badge is never a matter of place
            require_at_person(session, get_badge(session, name).person_ref, Permission.BADGE_EDIT)
        known = number_or_none(version)
        seen = -1 if known is None else known
        set_badge_status(session, services.keys, at, badge_id=name, status=status, version=seen, by=who.reference)

    try:
        do(act)
    except ConflictError:
        return make_response(_page(name, stale=True), 409)
    word = forms.STATUS_WORDS[status].lower()
    flash("It counts again." if status is BadgeStatus.ACTIVE else f"It is marked: {word}.", "status")
    return redirect(f"/badges/{name}", 303)


def _page(
    badge_id: str, form: forms.BadgeDaysForm | None = None, *, conflict: bool = False, stale: bool = False
) -> str:
    zone = frame().school.zone
    with current().database.reading() as session:
        badge = found(get_badge, session, badge_id)
        now = forms.stored(badge, zone)
        differ = differences(form, now) if form is not None and conflict else []
        if form is not None and conflict:
            form.version.data = now.version.data  # saving once more is on purpose
        person = session.get_one(Cardholder, badge.person_ref) if may(Permission.PERSON_VIEW) else None
        return render_template(
            "pages/badge.html",
            badge=badge,
            person=person,
            form=form or now,
            differences=differ,
            in_conflict=conflict,
            stale=stale,
            badge_words=forms.STATUS_WORDS,
            format_word=FORMAT_WORDS.get(badge.format, badge.format),
            deeds=[
                (status.value, word)
                for status, word in forms.DEEDS.items()
                if status is not badge.status and (status is not BadgeStatus.ACTIVE or may(Permission.BADGE_EDIT))
            ],
            lines=_lines(session, badge),
            read_somewhere=_read_somewhere(session, badge),
        )


def _lines(session: Session, badge: Badge) -> list[Line]:
    now, limit_s = current().clock(), float(school_settings(session).proof_limit_s)
    return [_line(one, badge, now, limit_s) for one in reached(session, badge.id)]


def _line(one: Reached, badge: Badge, now: datetime, limit_s: float) -> Line:
    if one.confirmed_at is not None:
        after = max(0.0, (one.confirmed_at - badge.status_at).total_seconds())
        took = f"{after:.1f} s" if after < 60 else words.duration(after)
        when = words.clock(one.confirmed_at, frame().school.zone, seconds=True)
        return Line(one.name, confirmed=True, silent=False, sentence=f"confirmed it at {when}, {took} later.")
    silent = one.heard_at is None or (now - one.heard_at).total_seconds() > limit_s
    if silent:
        said = "was never heard" if one.heard_at is None else f"is {heard(one.heard_at, now, limit_s)}"
        return Line(
            one.name, confirmed=False, silent=True, sentence=f"{said}: the badge still works there until it answers."
        )
    return Line(
        one.name,
        confirmed=False,
        silent=False,
        sentence="answers and has not confirmed it yet: the badge may still work there.",
    )


def _read_somewhere(session: Session, badge: Badge) -> bool:
    """Whether any reader in use takes this kind of card with this facility code."""
    return any(
        badge.format in reader.formats
        and (badge.facility_code is None or not reader.facility_codes or badge.facility_code in reader.facility_codes)
        for reader in session.query(Reader)
        if reader.enabled
    )
