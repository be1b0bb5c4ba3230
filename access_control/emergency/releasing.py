"""Ending an emergency: never by itself, with the password again, a reason, and where one person decides alone a wait.

A release that waits is a row, so the server finishes it whoever is looking and whatever was restarted meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import Release
from access_control.core.wire.directives import seal_release
from access_control.emergency.errors import EmergencyError, MayNotError, NoSuchDirectiveError, ReleaseRefusedError
from access_control.emergency.models import PendingRelease
from access_control.emergency.progress import keep_answers
from access_control.emergency.school import Running, School
from access_control.people.actors import actor_of
from access_control.people.permissions import Actor, Permission
from access_control.readers import orders
from access_control.readers.keys import SchoolKeys
from access_control.readers.records import DirectiveRow, ReleaseRow

REASON_LEAST: Final = 10
REASON_MOST: Final = 300
ALONE_S: Final = 10
"""How long a release waits, with a Cancel, where one administrator decides alone."""
EVERYTHING: Final = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release as somebody asks for it.

    Attributes:
        id: UUIDv7 made with the form, so that sending it twice releases once.
        part: ``all``, a scope such as ``building:1``, or ``door:7`` (several joined by commas).
        alone: Nobody else agrees to it: the release waits :data:`ALONE_S` first.
    """

    id: str
    directive: str
    part: str
    why: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it: done, or waiting until ``due_at``."""

    id: str
    directive: str
    doors: frozenset[int] | None
    due_at: datetime | None


def missing_for(why: str, *, password_given: bool) -> str:
    """What a release still lacks, in words for beside its button; empty when nothing is."""
    lacking = []
    if len(why.strip()) < REASON_LEAST:
        lacking.append(f"a reason of at least {REASON_LEAST} characters")
    if not password_given:
        lacking.append("your password")
    return f"Still needed: {' and '.join(lacking)}." if lacking else ""


def ask_release(session: Session, keys: SchoolKeys, at: datetime, school: School, wanted: Wanted, by: Actor) -> Asked:
    """Release, or begin the wait. The caller has checked the password in the same request.

    Raises:
        EmergencyError: Nothing was released; ``field`` says what it lacks.
    """
    known = _already(session, wanted.id)
    if known is not None:
        return known
    running = _running(school, wanted.directive)
    doors = doors_of_part(school, running, wanted.part)
    _require_right(school, running, doors, by)
    why = _reason(wanted.why)
    pending = PendingRelease(
        id=wanted.id,
        directive_id=wanted.directive,
        doors=None if doors is None else json.dumps(sorted(doors)),
        by=by.reference,
        by_name=by.name,
        why=why,
        asked_at=at,
        due_at=at + timedelta(seconds=ALONE_S if wanted.alone else 0),
    )
    session.add(pending)
    session.flush()
    if not wanted.alone:
        _finish(session, keys, at, school, pending)
        return Asked(wanted.id, wanted.directive, doors, None)
    record(session, at, actor=by.reference, action="emergency.release_asked", subject=f"directive:{wanted.directive}")
    return Asked(wanted.id, wanted.directive, doors, pending.due_at)


def cancel_release(session: Session, at: datetime, school: School, pending_id: str, by: Actor) -> bool:
    """Take a waiting release back; whether it still waited.

    Raises:
        MayNotError: ``by`` could not have asked for it.
    """
    pending = session.get(PendingRelease, pending_id, with_for_update=True)
    if pending is None or pending.done_at is not None or pending.cancelled_at is not None:
        return False
    _require_right(school, _running(school, pending.directive_id), _doors(pending), by)
    _cancel(session, at, pending, by.reference)
    return True


def waiting_releases(session: Session, directive: str | None = None) -> list[PendingRelease]:
    """Those that wait, of one directive or of all, the oldest first."""
    query = select(PendingRelease).where(PendingRelease.done_at.is_(None), PendingRelease.cancelled_at.is_(None))
    if directive is not None:
        query = query.where(PendingRelease.directive_id == directive)
    return list(session.scalars(query.order_by(PendingRelease.due_at)))


def finish_due(session: Session, keys: SchoolKeys, at: datetime, school: School) -> int:
    """Carry out the releases whose wait is over; how many. Running it again does nothing twice."""
    due = [pending for pending in waiting_releases(session) if pending.due_at <= at]
    done = 0
    for pending in due:
        held = session.get(PendingRelease, pending.id, with_for_update=True, populate_existing=True)
        if held is not None and held.done_at is None and held.cancelled_at is None:
            done += _finish_or_drop(session, keys, at, school, held)
    return done


def _finish_or_drop(session: Session, keys: SchoolKeys, at: datetime, school: School, pending: PendingRelease) -> int:
    """Release, unless whoever asked may not any more: an account can be closed during the wait."""
    asker = actor_of(session, pending.by.removeprefix("operator:"), at)
    try:
        if asker is None:
            raise MayNotError("release that emergency there")
        _require_right(school, _running(school, pending.directive_id), _doors(pending), asker)
    except EmergencyError:
        _cancel(session, at, pending, "job:finish_releases")
        return 0
    _finish(session, keys, at, school, pending)
    return 1


def _cancel(session: Session, at: datetime, pending: PendingRelease, by: str) -> None:
    pending.cancelled_at = at
    record(session, at, actor=by, action="emergency.release_cancelled", subject=f"directive:{pending.directive_id}")


def _doors(pending: PendingRelease) -> frozenset[int] | None:
    return None if pending.doors is None else frozenset(json.loads(pending.doors))


def _finish(session: Session, keys: SchoolKeys, at: datetime, school: School, pending: PendingRelease) -> None:
    doors = _doors(pending)
    whole_ms = at.replace(microsecond=at.microsecond // 1000 * 1000)
    release = Release(pending.id, pending.directive_id, doors, pending.by, None, pending.why, whole_ms)
    sealed = seal_release(release, keys.document, site=school.site)
    row = session.get_one(DirectiveRow, pending.directive_id)
    keep_answers(session, row)
    orders.add_release(session, keys, at, release, sealed, by_name=pending.by_name)
    pending.done_at = at
    record(
        session,
        at,
        actor=pending.by,
        action="emergency.released",
        subject=f"directive:{pending.directive_id}",
        facts={"release": pending.id, "doors": None if doors is None else sorted(doors)},
        text=pending.why,
    )


def _already(session: Session, id_: str) -> Asked | None:
    pending = session.get(PendingRelease, id_)
    if pending is None:
        return None
    if pending.cancelled_at is not None:
        raise ReleaseRefusedError("That release was cancelled.", "Ask for it again.")
    return Asked(id_, pending.directive_id, _doors(pending), None if pending.done_at is not None else pending.due_at)


def _running(school: School, directive: str) -> Running:
    running = next((one for one in school.running if one.directive.id == directive), None)
    if running is None:
        raise NoSuchDirectiveError
    if not running.saved:
        raise ReleaseRefusedError(
            "This emergency is not saved yet, so it cannot be released yet.", "Wait until it is saved and try again."
        )
    return running


def doors_of_part(school: School, running: Running, part: str) -> frozenset[int] | None:
    """The doors of a part; ``None`` for all, also when the part is everything that is left.

    Raises:
        EmergencyError: The part is not in the emergency.
    """
    if part == EVERYTHING:
        return None
    under = school.in_scope(running.directive)
    if part.startswith("door:"):
        named = [word.removeprefix("door:") for word in part.split(",")]
        doors = frozenset(int(word) for word in named if word.isdecimal())
    else:
        doors = school.doors_in(part) & under
    left = under - running.released
    if not doors or not doors <= under:
        raise ReleaseRefusedError("The part to release is not in this emergency.", "Choose the part again.", "part")
    return None if left <= doors else doors & left


def _require_right(school: School, running: Running, doors: frozenset[int] | None, by: Actor) -> None:
    places = {
        school.place_of(f"building:{school.doors[door].building}")
        for door in doors or school.in_scope(running.directive)
    }
    places = places or {school.place_of("site")}
    if not all(by.may(Permission.EMERGENCY_RELEASE, place) for place in places):
        raise MayNotError("release that emergency there")


def _reason(why: str) -> str:
    said = " ".join(why.split())
    if len(said) < REASON_LEAST:
        raise ReleaseRefusedError(
            f"The reason has {len(said)} characters, and a release needs {REASON_LEAST}.",
            "Say why in your words.",
            "why",
        )
    if len(said) > REASON_MOST:
        raise ReleaseRefusedError(
            f"The reason has {len(said)} characters, and {REASON_MOST} is the most.", "Say it in fewer words.", "why"
        )
    return said


def releases_of(session: Session, directive: str) -> list[ReleaseRow]:
    """Every release of a directive, the oldest first."""
    query = select(ReleaseRow).where(ReleaseRow.directive_id == directive).order_by(ReleaseRow.at, ReleaseRow.id)
    return list(session.scalars(query))
