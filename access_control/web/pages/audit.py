"""The audit: who did what, and whether the chain is whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.audit.models import AuditRecord, AuditText
from access_control.audit.record import Verdict, verify
from access_control.people.models import Operator
from access_control.people.permissions import Permission
from access_control.readers.models import Bridge
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
        rows = session.execute(query).all()
        return render_template(
            "pages/audit.html",
            rows=[(row, text, _who(session, row.actor)) for row, text in rows[:PAGE]],
            older=rows[PAGE - 1][0].seq if len(rows) > PAGE else None,
            action=action,
            actions=sorted(session.scalars(select(AuditRecord.action).distinct())),
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


def _who(session: Session, actor: str) -> str:
    kind, _, name = actor.partition(":")
    if kind == "operator":
        row = session.get(Operator, name)
        return "an account that is gone" if row is None else row.name
    if kind == "bridge":
        bridge = session.get(Bridge, name)
        return "a bridge that is gone" if bridge is None else bridge.name
    return {"cli": "The command line", "demo": "The demo", "job": f"The service ({name})"}.get(kind, actor)


def _small(text: str) -> int:
    """A number in an address.

    Raises:
        ValueError: Flask then takes the default.
    """
    if len(text) > 9:
        raise ValueError(text)
    return int(text)
