"""Missing events as a bridge's page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from access_control.people.actors import operator_names
from access_control.readers.gap_reports import around, gaps_of
from access_control.readers.records import EventGap
from access_control.web.bridge_alarms import events


@dataclass(frozen=True, slots=True)
class GapView:
    """One run of missing numbers.

    Attributes:
        before: When the event just before it happened, and ``after`` the one just after, where these are here.
        closed_by: Who said to leave it at that; empty if nobody did.
    """

    row: EventGap
    what: str
    before: datetime | None
    after: datetime | None
    closed_by: str


def gap_views(session: Session, at: datetime, bridge_id: str) -> list[GapView]:
    """Every run of a bridge's numbers that is missing, the newest first."""
    gaps = gaps_of(session, at, bridge_id)
    names = operator_names(session, (gap.closed_by for gap in gaps if gap.closed_by is not None))
    return [_view(session, gap, names) for gap in gaps]


def _view(session: Session, gap: EventGap, names: dict[str, str]) -> GapView:
    what = events([(gap.from_seq, gap.to_seq)]).capitalize()
    before, after = around(session, gap)
    closed_by = "" if gap.closed_at is None else names.get(gap.closed_by or "", "Somebody")
    return GapView(gap, what, before, after, closed_by)
