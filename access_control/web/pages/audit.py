"""The audit: who did what, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from access_control.audit.models import AuditRecord, AuditText
from access_control.audit.record import Verdict, verify
from access_control.people.actors import operator_names
from access_control.people.permissions import Permission
from access_control.readers.models import Bridge
from access_control.typed_numbers import read_number
from access_control.web.audit_words import Subject, deed, sentence, subjects
from access_control.web.console.fields import day_in, end_of_day, first_of_day
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
    asked = Asked.of(request.args, frame().school.zone)
    with current().database.reading() as session:
        rows = session.execute(asked.query().limit(PAGE + 1)).all()
        actors = session.scalars(select(AuditRecord.actor).distinct()).all()
        names = _names(session, actors)
        return render_template(
            "pages/audit.html",
            rows=_lines(session, [(row, text) for row, text in rows[:PAGE]], names),
            older=asked.address(rows[PAGE - 1][0].seq) if len(rows) > PAGE else "",
            asked=asked,
            actions=sorted((deed(one, {}), one) for one in session.scalars(select(AuditRecord.action).distinct())),
            actors=sorted((_who(one, names), one) for one in actors),
            total=session.scalar(select(func.count()).select_from(AuditRecord)),
            verdict=_verdict(session),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; nonsense in it counts as not asked.

    Attributes:
        first: The first day, and ``last`` the last, both included, in the school's time zone.
        before: Only records with a smaller number.
    """

    zone: ZoneInfo
    action: str = ""
    who: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None

    @classmethod
    def of(cls, args: MultiDict[str, str], zone: ZoneInfo) -> Asked:
        """Read it from the address."""
        return cls(
            zone=zone,
            action=args.get("action", "").replace("\0", "")[:60],
            who=args.get("who", "").replace("\0", "")[:80],
            first=day_in(args.get("from", "")),
            last=day_in(args.get("to", "")),
            before=args.get("before", type=read_number),
        )

    @property
    def backwards(self) -> bool:
        """Whether the first day lies after the last."""
        return self.first is not None and self.last is not None and self.first > self.last

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.action or self.who or self.first or self.last)

    def query(self) -> Select[AuditRecord, str]:
        """The records, the newest first."""
        begins, ends = first_of_day(self.first, self.zone), end_of_day(self.last, self.zone)
        found = (
            select(AuditRecord, AuditText.text)
            .outerjoin(AuditText, AuditText.seq == AuditRecord.seq)
            .order_by(AuditRecord.seq.desc())
        )
        wanted = (
            AuditRecord.seq < self.before if self.before else None,
            AuditRecord.action == self.action if self.action else None,
            AuditRecord.actor == self.who if self.who else None,
            AuditRecord.at >= begins if begins else None,
            AuditRecord.at < ends if ends else None,
        )
        return found.where(*(one for one in wanted if one is not None))

    def address(self, before: int) -> str:
        """Where the records before one are, of the same kind."""
        days = {"from": self.first or "", "to": self.last or ""}
        return "/audit?" + urlencode({"before": before, "action": self.action, "who": self.who, **days})


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
    """One record in words: who, what they did, to what, and its text if that was not erased.

    Attributes:
        facts: What else is known, with moments as such, so that the page can say them in the school's time.
    """

    record: AuditRecord
    facts: Mapping[str, Any]
    who: str
    deed: str
    subject: Subject
    text: str | None


def _lines(session: Session, rows: Sequence[tuple[AuditRecord, str | None]], names: Mapping[str, str]) -> list[Line]:
    known = subjects(session, {row.subject for row, _ in rows})
    return [
        Line(row, _facts(row.facts), _who(row.actor, names), *sentence(row, known[row.subject]), text)
        for row, text in rows
    ]


def _facts(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _moment(value) or value for key, value in stored.items()}


def _moment(value: object) -> datetime | None:
    """The moment that a stored fact is; the audit keeps them as ISO 8601 with their zone."""
    if not isinstance(value, str) or len(value) < 20 or "T" not in value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names of accounts and bridges that acted, by how the audit refers to them."""
    bridges = session.execute(select(Bridge.id, Bridge.name))
    return operator_names(session, actors) | {f"bridge:{id_}": name for id_, name in bridges}


def _who(actor: str, names: Mapping[str, str]) -> str:
    kind, _, name = actor.partition(":")
    gone = {"operator": "An account that is gone", "bridge": "A bridge that is gone"}
    others = {"cli": "The command line", "demo": "The demo", "job": f"The service ({name})"}
    return names.get(actor) or gone.get(kind) or others.get(kind, actor)
