"""The audit: who did what, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.audit.models import AuditRecord, AuditText
from access_control.audit.record import Verdict, verify
from access_control.people.actors import operator_names
from access_control.people.permissions import Permission
from access_control.readers.models import Bridge
from access_control.web.audit_words import Subject, deed, sentence, subjects
from access_control.web.frame import frame
from access_control.web.guard import needs, place_of, require_at
from access_control.web.services import current

blueprint = Blueprint("audit", __name__)
PAGE: Final = 100
_KEEP: Final = "audit_verdict"
_GOOD_FOR: Final = timedelta(minutes=1)


@blueprint.get("/audit")
@needs(Permission.AUDIT_VIEW)
def show() -> str:
    """The newest records first, a hundred at a time."""
    require_at(place_of(frame().school.id))  # the records are about every building
    before = request.args.get("before", type=_small)
    action = request.args.get("action", "").replace("\0", "")[:60]
    actor = request.args.get("who", "").replace("\0", "")[:80]
    with current().database.reading() as session:
        query = (
            select(AuditRecord, AuditText.text)
            .outerjoin(AuditText, AuditText.seq == AuditRecord.seq)
            .order_by(AuditRecord.seq.desc())
            .limit(PAGE + 1)
        )
        if before:
            query = query.where(AuditRecord.seq < before)
        if action:
            query = query.where(AuditRecord.action == action)
        if actor:
            query = query.where(AuditRecord.actor == actor)
        rows = session.execute(query).all()
        actors = session.scalars(select(AuditRecord.actor).distinct()).all()
        names = _names(session, actors)
        return render_template(
            "pages/audit.html",
            rows=_lines(session, [(row, text) for row, text in rows[:PAGE]], names),
            older=rows[PAGE - 1][0].seq if len(rows) > PAGE else None,
            action=action,
            actions=sorted((deed(one, {}), one) for one in session.scalars(select(AuditRecord.action).distinct())),
            who=actor,
            actors=sorted((_who(one, names), one) for one in actors),
            total=session.scalar(select(func.count()).select_from(AuditRecord)),
            verdict=_verdict(session),
        )


def _verdict(session: Session) -> tuple[Verdict, datetime]:
    """Whether the chain is whole; looked at again after a minute, because it reads all of it."""
    services = current()
    now = services.clock()
    kept: Any = services.more.get(_KEEP)
    if kept is None or now - kept[1] > _GOOD_FOR:
        kept = verify(session), now
        services.more[_KEEP] = kept
    found: tuple[Verdict, datetime] = kept
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One record in words: who, what they did, to what, and its text if that was not erased."""

    record: AuditRecord
    who: str
    deed: str
    subject: Subject
    text: str | None


def _lines(session: Session, rows: Sequence[tuple[AuditRecord, str | None]], names: Mapping[str, str]) -> list[Line]:
    known = subjects(session, {row.subject for row, _ in rows})
    return [Line(row, _who(row.actor, names), *sentence(row, known[row.subject]), text) for row, text in rows]


def _names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names of accounts and bridges that acted, by how the audit refers to them."""
    bridges = session.execute(select(Bridge.id, Bridge.name))
    return operator_names(session, actors) | {f"bridge:{id_}": name for id_, name in bridges}


def _who(actor: str, names: Mapping[str, str]) -> str:
    kind, _, name = actor.partition(":")
    gone = {"operator": "An account that is gone", "bridge": "A bridge that is gone"}
    others = {"cli": "The command line", "demo": "The demo", "job": f"The service ({name})"}
    return names.get(actor) or gone.get(kind) or others.get(kind, actor)


def _small(text: str) -> int:
    """A number in an address.

    Raises:
        ValueError: Flask then takes the default.
    """
    if len(text) > 9:
        raise ValueError(text)
    return int(text)
