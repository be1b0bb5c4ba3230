"""Comparing who arrives with the school's banned list. A resemblance holds the check-in; a named person decides.

A pair that was found to be two different people is not asked about again, until a year has gone by or the entry
changed. That holds for this visitor and this entry only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access_control.database.ids import new_id
from access_control.visitors.banned import in_force
from access_control.visitors.models import (
    BannedPerson,
    PossibleMatch,
    ScreeningOutcome,
    Visit,
    Visitor,
    VisitState,
)
from access_control.visitors.names import Agreement, bare, compare

CLEARED_FOR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the comparison.

    Attributes:
        agrees: ``None`` when it cannot be compared, because one side is not known.
        difference: In words.
    """

    label: str
    visitor: str
    entry: str
    agrees: bool | None
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How a visitor and an entry go together."""

    entry: BannedPerson
    exact: bool
    points: tuple[Point, ...]

    @property
    def agreeing(self) -> int:
        """In how many points the two agree."""
        return sum(point.agrees is True for point in self.points)

    @property
    def compared(self) -> int:
        """How many points could be compared."""
        return sum(point.agrees is not None for point in self.points)

    @property
    def strength(self) -> str:
        """In words, never a percentage: names alone are always weak."""
        strong = self.exact and self.agreeing >= 3
        if not strong and self.agreeing == self.compared:
            return "Weak, only the name could be compared"
        return f"{'Strong' if strong else 'Weak'}, {self.agreeing} of {self.compared} points agree"


def resemblance(visitor: Visitor, entry: BannedPerson) -> Resemblance | None:
    """Compare a visitor with an entry, under each of its names; ``None`` when they are not near."""
    best: tuple[Agreement, str, str] | None = None
    for given, family in _names_of(entry):
        agreement = compare(visitor.given_name, visitor.family_name, given, family)
        if agreement is not None and (best is None or _weight(agreement) > _weight(best[0])):
            best = agreement, given, family
    return None if best is None else Resemblance(entry, best[0].exact, tuple(_points(visitor, entry, *best)))


def screen(session: Session, at: datetime, visit: Visit) -> list[PossibleMatch]:
    """Compare the visitor of a visit with every entry in force; what has to be decided before the visit goes on.

    Whatever is found is kept with the visit; calling it again finds nothing twice.
    """
    known = {match.banned_id: match for match in matches_of(session, visit.id)}
    cleared = _cleared_pairs(session, at, visit.visitor_id)
    for entry in session.scalars(select(BannedPerson).where(in_force(at))):
        if entry.id in known or cleared.get(entry.id) == entry.version:
            continue
        found = resemblance(visit.visitor, entry)
        if found is not None:
            known[entry.id] = _keep(session, at, visit, found)
    session.flush()
    return [match for match in known.values() if match.outcome is None]


def matches_of(session: Session, visit_id: str) -> list[PossibleMatch]:
    """Every resemblance found at a visit, decided or not; exact ones first."""
    found = (
        select(PossibleMatch)
        .options(joinedload(PossibleMatch.banned))
        .where(PossibleMatch.visit_id == visit_id)
        .order_by(PossibleMatch.exact.desc(), PossibleMatch.points.desc(), PossibleMatch.id)
    )
    return list(session.scalars(found))


def waiting_matches(session: Session) -> list[PossibleMatch]:
    """What waits for a decision, the longest first."""
    found = (
        select(PossibleMatch)
        .join(Visit, Visit.id == PossibleMatch.visit_id)
        .options(joinedload(PossibleMatch.banned), joinedload(PossibleMatch.visit).joinedload(Visit.visitor))
        .where(PossibleMatch.outcome.is_(None), Visit.state == VisitState.HELD)
        .order_by(PossibleMatch.found_at, PossibleMatch.id)
    )
    return list(session.scalars(found))


def _cleared_pairs(session: Session, at: datetime, visitor_id: str) -> dict[str, int]:
    """Entries that this visitor was found not to be, with the version of the entry that was looked at."""
    rows = session.execute(
        select(PossibleMatch.banned_id, PossibleMatch.banned_version)
        .join(Visit, Visit.id == PossibleMatch.visit_id)
        .where(
            Visit.visitor_id == visitor_id,
            PossibleMatch.outcome == ScreeningOutcome.NOT_THE_SAME,
            PossibleMatch.decided_at > at - CLEARED_FOR,
        )
        .order_by(PossibleMatch.decided_at)
    )
    return {row.banned_id: row.banned_version for row in rows}


def _keep(session: Session, at: datetime, visit: Visit, found: Resemblance) -> PossibleMatch:
    match = PossibleMatch(
        id=new_id(at),
        visit_id=visit.id,
        banned=found.entry,
        banned_version=found.entry.version,
        exact=found.exact,
        points=found.agreeing,
        compared=found.compared,
        found_at=at,
    )
    session.add(match)
    return match


def _names_of(entry: BannedPerson) -> Iterator[tuple[str, str]]:
    yield entry.given_name, entry.family_name
    for other in entry.other_names.split(";"):
        given, _, family = other.strip().rpartition(" ")
        if family:
            yield given, family


def _weight(agreement: Agreement) -> int:
    return 2 * agreement.exact + agreement.family + agreement.given


def _points(visitor: Visitor, entry: BannedPerson, agreement: Agreement, given: str, family: str) -> Iterator[Point]:
    why = agreement.why
    yield Point("Family name", visitor.family_name, family, agreement.family, why.get("family", ""))
    yield Point("First name", visitor.given_name, given, agreement.given, why.get("given", ""))
    mine, theirs = bare(visitor.company), bare(entry.company)
    agrees = None if not mine or not theirs else mine == theirs
    yield Point("Company", visitor.company, entry.company, agrees, "different" if agrees is False else "")
