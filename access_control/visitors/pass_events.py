"""What doors say about passes: that one unlocked a door, was used, or was shown again although it was used up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode, EventRecord
from access_control.database.changes import tell
from access_control.visitors.models import Pass

_USES: Final = frozenset({Reason.GRANTED_PASS.value, EventCode.ACCESS_TAKEN.value})
_SECOND_TRIES: Final = frozenset({Reason.DENIED_PASS_USED.value})


def fold_events(session: Session, _at: datetime, events: Iterable[EventRecord]) -> None:
    """Note at each visit what became of its pass. Events that are folded twice change nothing.

    Args:
        session: The transaction that stores the events.
        events: In the order in which they happened.
    """
    touched: set[str] = set()
    for event in events:
        kept = _pass_of(session, event)
        if kept is None:
            continue
        if event.code in _USES and kept.used_at is None:
            _note_use(kept, event)
        elif event.code in _SECOND_TRIES:
            kept.refused_at = max(kept.refused_at or event.moment(), event.moment())
        else:
            continue
        touched.add(kept.visit_id)
    if touched:
        session.flush()
        for visit_id in sorted(touched):
            tell(session, "live", json.dumps({"what": "desk", "visit": visit_id}))


def _note_use(kept: Pass, event: EventRecord) -> None:
    """The door unlocks for a pass, which is used up when it opens: the bridge says which of both it knows."""
    if event.code == Reason.GRANTED_PASS.value:
        kept.shown_at = event.moment()
    if event.code == EventCode.ACCESS_TAKEN or event.detail.get("spent") is True:
        kept.used_at = event.moment()


def _pass_of(session: Session, event: EventRecord) -> Pass | None:
    pass_id = event.detail.get("pass_id")
    return session.get(Pass, pass_id) if isinstance(pass_id, str) and len(pass_id) == 16 else None
