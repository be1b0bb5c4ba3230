"""Finding people at the desk: visitors by name, visits by a scanned code, and the staff they come to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from access_control.core.credentials.passes import INVITATION_PREFIX, PREFIX, parse
from access_control.core.decision.model import HolderClass
from access_control.people.cardholders import find_people
from access_control.people.models import Cardholder
from access_control.people.names import search_name
from access_control.visitors.errors import NotThereError
from access_control.visitors.models import Pass, Visit, Visitor, VisitState

FUZZY_AMONG: Final = 5000
"""Spelling mistakes are looked for among so many visitors, the latest ones."""

FUZZY_LIKE: Final = 0.86
"""So alike (Jaro-Winkler) must each word that was typed be to a word of the name."""

_RANKED: Final = 200
_OPEN: Final = (VisitState.ON_SITE, VisitState.HELD, VisitState.EXPECTED)
_ORDER: Final = {VisitState.EXPECTED: 0, VisitState.HELD: 1, VisitState.ON_SITE: 2}


@dataclass(frozen=True, slots=True)
class Found:
    """A visitor who fits what was typed.

    Attributes:
        open_visit: Their visit that is expected or under way, if there is one.
        last_visit: Their last visit, for its host and reason.
    """

    visitor: Visitor
    open_visit: Visit | None
    last_visit: Visit | None


def find_visitors(session: Session, at: datetime, text: str, limit: int = 8) -> list[Found]:
    """Visitors whose names begin with every word of ``text`` in any order, and behind them those spelled like it.

    Whoever is expected comes first, then whoever was here last. An empty text finds nobody.
    """
    words = search_name(text).split()
    if not words:
        return []
    begins = select(Visitor).where(and_(*(_begins(word) for word in words)))
    found = list(session.scalars(begins.order_by(Visitor.last_at.desc(), Visitor.id).limit(_RANKED)))
    if len(found) < limit and len("".join(words)) > 2:
        found += _spelled_like(session, " ".join(words), {visitor.id for visitor in found}, limit - len(found))
    visits = _open_visits(session, at, [visitor.id for visitor in found])
    ranked = sorted(enumerate(found), key=lambda pair: (_rank(visits.get(pair[1].id)), pair[0]))[:limit]
    last = _last_visits(session, [visitor.id for _, visitor in ranked])
    return [Found(visitor, visits.get(visitor.id), last.get(visitor.id)) for _, visitor in ranked]


def find_known(session: Session, visitor_id: str) -> Found:
    """A visitor who was here before, with their last visit.

    Raises:
        NotThereError: There is none.
    """
    visitor = session.get(Visitor, visitor_id)
    if visitor is None:
        raise NotThereError("This visitor is not known any more.", "Type the name as for somebody new.")
    return Found(visitor, None, _last_visits(session, [visitor.id]).get(visitor.id))


def find_hosts(session: Session, text: str, limit: int = 8) -> list[Cardholder]:
    """Staff whose names begin with every word of ``text``."""
    return find_people(session, text, limit, holder_class=HolderClass.STAFF, active_only=True) if text.strip() else []


def host_named(session: Session, text: str) -> Cardholder | None:
    """The one member of staff with exactly this name; ``None`` if there is none, or more than one."""
    name = search_name(text)
    found = find_hosts(session, text, 20) if name else []
    same = [person for person in found if person.search_name == name]
    return same[0] if len(same) == 1 else None


class ScanKind(StrEnum):
    """What a scanned text is."""

    INVITATION = "invitation"
    PASS = "pass"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was scanned, and the visit that it belongs to if that is known here."""

    kind: ScanKind
    visit: Visit | None = None


def find_scanned(session: Session, text: str) -> Scanned:
    """The visit of an invitation's code or of a pass. Any other text is ``OTHER``."""
    code = text.strip()
    with_visitor = joinedload(Visit.visitor)
    if code.upper().startswith(INVITATION_PREFIX):
        number = code[len(INVITATION_PREFIX) :]
        same = func.lower(Visit.invitation) == number.lower()
        visit = session.scalars(select(Visit).options(with_visitor).where(same)).first() if number else None
        return Scanned(ScanKind.INVITATION, visit)
    if code.startswith(PREFIX):
        signed = parse(code)
        if signed is None:
            return Scanned(ScanKind.PASS)
        named = Pass.pass_id == f"{signed.content.pass_id:016x}"
        return Scanned(
            ScanKind.PASS, session.scalars(select(Visit).options(with_visitor).join(Pass).where(named)).first()
        )
    return Scanned(ScanKind.OTHER)


def _begins(word: str) -> ColumnElement[bool]:
    return or_(Visitor.search_name.like(f"{word}%"), Visitor.search_name.like(f"% {word}%"))


def _spelled_like(session: Session, text: str, but: set[str], limit: int) -> list[Visitor]:
    rows = session.execute(
        select(Visitor.id, Visitor.search_name).order_by(Visitor.last_at.desc()).limit(FUZZY_AMONG)
    ).all()
    words = text.split()
    likely = [(_likeness(words, name.split()), visitor_id) for visitor_id, name in rows if visitor_id not in but]
    close = sorted((pair for pair in likely if pair[0] >= FUZZY_LIKE), reverse=True)[:limit]
    order = {visitor_id: place for place, (_, visitor_id) in enumerate(close)}
    visitors = session.scalars(select(Visitor).where(Visitor.id.in_(order)))
    return sorted(visitors, key=lambda visitor: order[visitor.id])


def _likeness(words: list[str], names: list[str]) -> float:
    """How much the least fitting word that was typed is like a word of the name."""
    return min(max((JaroWinkler.similarity(word, name) for name in names), default=0.0) for word in words)


def _open_visits(session: Session, at: datetime, visitors: list[str]) -> dict[str, Visit]:
    day = timedelta(hours=18)
    near = or_(
        Visit.expected_at.is_(None), Visit.state != VisitState.EXPECTED, Visit.expected_at.between(at - day, at + day)
    )
    rows = session.scalars(
        select(Visit)
        .where(Visit.visitor_id.in_(visitors), Visit.state.in_(_OPEN), near)
        .order_by(Visit.expected_at.desc(), Visit.id)
    )
    found: dict[str, Visit] = {}
    for visit in rows:
        known = found.get(visit.visitor_id)
        if known is None or _ORDER[visit.state] >= _ORDER[known.state]:  # who is here already is not expected first
            found[visit.visitor_id] = visit
    return found


def _last_visits(session: Session, visitors: list[str]) -> dict[str, Visit]:
    rows = session.scalars(
        select(Visit).where(Visit.visitor_id.in_(visitors), Visit.arrived_at.is_not(None)).order_by(Visit.arrived_at)
    )
    return {visit.visitor_id: visit for visit in rows}


def _rank(visit: Visit | None) -> int:
    return 3 if visit is None else _ORDER[visit.state]
