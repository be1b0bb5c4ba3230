"""Ending an emergency: never by itself, with the password again, a reason, and where one person decides alone a wait.

A release that waits is a row, so the server finishes it whoever is looking and whatever was restarted meanwhile.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import Release
from access_control.core.wire.directives import seal_release
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.database.changes import tell
from access_control.database.engine import Database
from access_control.database.errors import DatabaseError
from access_control.database.ids import new_id
from access_control.emergency.errors import EmergencyError, MayNotError, NoSuchDirectiveError, ReleaseRefusedError
from access_control.emergency.models import PendingRelease
from access_control.emergency.progress import keep_answers
from access_control.emergency.school import Running, School, read_school
from access_control.people.actors import actor_of
from access_control.people.permissions import Actor, Permission
from access_control.readers import orders
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.errors import ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys
from access_control.readers.records import DirectiveRow, ReleaseRow
from access_control.typed_numbers import number_or_none

REASON_LEAST: Final = 10
REASON_MOST: Final = 300
JOB: Final = "job:finish_releases"
ALONE_S: Final = 10
"""How long a release waits, with a Cancel, where one administrator decides alone."""
EVERYTHING: Final = "all"
_LOG: Final = logging.getLogger(__name__)


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
    doors = doors_of_part(school, running, wanted.part, by)
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
    try:
        _signed_parts(keys, school.site, _release_of(pending, at))  # before it is kept, so that nothing waits in vain
    except Refused as refused:
        raise ReleaseRefusedError(
            f"This release cannot be signed, so nothing was released. {refused.sentence}",
            "Give a shorter reason, or release building by building.",
        ) from refused
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


def not_carried_out(session: Session, directive: str) -> PendingRelease | None:
    """The release of a directive that was asked for last, if the service could not carry it out."""
    query = select(PendingRelease).where(PendingRelease.directive_id == directive)
    last = session.scalars(query.order_by(PendingRelease.asked_at.desc(), PendingRelease.id.desc()).limit(1)).first()
    return last if last is not None and last.cancelled_why is not None else None


def finish_due(database: Database, keys: SchoolKeys, at: datetime) -> int:
    """Carry out the releases whose wait is over; how many. Running it again does nothing twice.

    Each has a transaction of its own. One that cannot be carried out keeps no other waiting: it is cancelled, and the
    incident screen says why. While the database is busy it stays due.

    Raises:
        DatabaseError: The database cannot be read.
    """
    with database.reading() as session:
        due = [pending.id for pending in waiting_releases(session) if pending.due_at <= at]
    return sum(_finish_one(database, keys, at, pending) for pending in due)


def _finish_one(database: Database, keys: SchoolKeys, at: datetime, pending_id: str) -> bool:
    try:
        with database.writing() as session:
            return _finish_or_drop(session, keys, at, pending_id)
    except DatabaseError as error:
        _LOG.warning("release %s is not carried out yet: %s", pending_id, error)
        return False
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others must not wait for it
        _LOG.exception("release %s cannot be carried out", pending_id)
        why = "The log of the service says more."
        if isinstance(error, Refused | ReadersError | KeyFileError):
            why = error.sentence
    try:
        with database.writing() as session:
            pending = _still_waiting(session, pending_id)
            if pending is not None:
                _cancel(session, at, pending, JOB, why)
    except DatabaseError as error:
        _LOG.warning("release %s is not cancelled yet: %s", pending_id, error)
    return False


def _finish_or_drop(session: Session, keys: SchoolKeys, at: datetime, pending_id: str) -> bool:
    """Release, unless whoever asked may not any more: an account can be closed during the wait."""
    pending, school = _still_waiting(session, pending_id), read_school(session)
    if pending is None or school is None:
        return False
    asker = actor_of(session, pending.by.removeprefix("operator:"), at)
    try:
        running = _running(school, pending.directive_id)
        if asker is None or not may_release(school, running, _doors(pending), asker):
            _cancel(session, at, pending, JOB, f"{pending.by_name} may not release this any more.")
            return False
    except EmergencyError:
        _cancel(session, at, pending, JOB, "The emergency was over already.")
        return False
    _finish(session, keys, at, school, pending)
    return True


def _still_waiting(session: Session, pending_id: str) -> PendingRelease | None:
    """A release that waits, locked; ``None`` if it was carried out or cancelled meanwhile."""
    held = session.get(PendingRelease, pending_id, with_for_update=True, populate_existing=True)
    return held if held is not None and held.done_at is None and held.cancelled_at is None else None


def _cancel(session: Session, at: datetime, pending: PendingRelease, by: str, why: str | None = None) -> None:
    pending.cancelled_at = at
    pending.cancelled_why = None if why is None else why[:REASON_MOST]
    subject = f"directive:{pending.directive_id}"
    record(session, at, actor=by, action="emergency.release_cancelled", subject=subject, text=why)
    tell(session, "live", json.dumps({"what": "emergency", "directive": pending.directive_id}))


def _doors(pending: PendingRelease) -> frozenset[int] | None:
    return None if pending.doors is None else frozenset(json.loads(pending.doors))


def _finish(session: Session, keys: SchoolKeys, at: datetime, school: School, pending: PendingRelease) -> None:
    doors = _doors(pending)
    parts = _signed_parts(keys, school.site, _release_of(pending, at))
    lock_bridges(session)
    keep_answers(session, session.get_one(DirectiveRow, pending.directive_id))
    for release, sealed in parts:
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


def _release_of(pending: PendingRelease, at: datetime) -> Release:
    whole_ms = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return Release(pending.id, pending.directive_id, _doors(pending), pending.by, None, pending.why, whole_ms)


def _signed_parts(keys: SchoolKeys, site: str, release: Release) -> list[tuple[Release, bytes]]:
    """A release that may name more doors than one document holds, signed in as many as it needs.

    Each further one has an id of its own, because a bridge knows a release by its id.

    Raises:
        Refused: ``bad_content``, or ``too_large`` whatever its doors.
    """
    doors = sorted(release.doors or ())
    try:
        return [(release, seal_release(release, keys.document, site=site))]
    except Refused as error:
        if error.code is not RefusalCode.TOO_LARGE or len(doors) < 2:
            raise
    first, rest = doors[: len(doors) // 2], doors[len(doors) // 2 :]
    return [
        *_signed_parts(keys, site, replace(release, doors=frozenset(first))),
        *_signed_parts(keys, site, replace(release, id=new_id(release.at), doors=frozenset(rest))),
    ]


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


def doors_of_part(school: School, running: Running, part: str, by: Actor) -> frozenset[int] | None:
    """The doors of a part that are not released yet; ``None`` for all, which ends the emergency.

    Also ``None`` when the part is everything that is left, if ``by`` may end the whole emergency; who may not can
    release their own part all the same.

    Raises:
        EmergencyError: The part is not in the emergency.
    """
    if part == EVERYTHING:
        return None
    under = school.in_scope(running.directive)
    if part.startswith("door:"):
        named = [word.removeprefix("door:") for word in part.split(",")]
        numbers = [number_or_none(word) for word in named]
        doors = frozenset() if None in numbers else frozenset(number for number in numbers if number is not None)
    else:
        doors = school.doors_in(part) & under
    left = under - running.released
    if not doors or not doors <= under:
        raise ReleaseRefusedError("The part to release is not in this emergency.", "Choose the part again.", "part")
    if left <= doors and may_release(school, running, None, by):
        return None
    if not doors & left:
        raise ReleaseRefusedError("This part is released already.", "Look at the list of doors again.", "part")
    return doors & left


def may_release(school: School, running: Running, doors: frozenset[int] | None, by: Actor) -> bool:
    """Whether somebody may release these doors, or all: then in every building that the emergency reaches."""
    places = {
        school.place_of(f"building:{school.doors[door].building}")
        for door in doors or school.in_scope(running.directive)
    }
    places = places or {school.place_of("site")}
    return all(by.may(Permission.EMERGENCY_RELEASE, place) for place in places)


def _require_right(school: School, running: Running, doors: frozenset[int] | None, by: Actor) -> None:
    if not may_release(school, running, doors, by):
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
