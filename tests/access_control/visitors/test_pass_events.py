from __future__ import annotations

from datetime import timedelta

from access_control.core.wire.events import EventRecord, Severity
from access_control.core.wire.spelling import write_time
from access_control.database.ids import new_id
from access_control.visitors.pass_events import fold_events
from access_control.visitors.passes import good_pass
from access_control.visitors.visits import get_visit
from tests.building.tiny_school import BRIDGE
from tests.building.visits import AT, DeskSchool


def _event(seq: int, code: str, pass_id: str | None, **detail: str | float | bool | None) -> EventRecord:
    at = AT + timedelta(seconds=seq)
    return EventRecord(
        bridge=BRIDGE,
        stream=new_id(AT),
        seq=seq,
        id=new_id(at),
        at=write_time(at),
        mono_ms=seq,
        code=code,
        severity=Severity.INFO,
        door=1,
        reader=1,
        holder=None,
        drill=False,
        flagged=False,
        detail=detail if pass_id is None else {"pass_id": pass_id, **detail},
    )


def test_a_used_pass_and_a_second_try_are_noted_at_the_visit_and_the_desk_is_told(school: DeskSchool) -> None:
    visit_id, pass_id = _checked_in(school)
    events = [
        _event(1, "GRANTED_PASS", pass_id),
        _event(2, "ACCESS_TAKEN", pass_id),
        _event(3, "DENIED_PASS_USED", pass_id),
        _event(4, "GRANTED_PASS", "0" * 16),
        _event(5, "DENIED_PASS_FORGED", None),
    ]
    with school.database.changes.listen("live") as desk:
        for _ in range(2):
            with school.database.writing() as session:
                fold_events(session, AT, events)
        heard = desk.get(5)
    assert heard is not None
    assert visit_id in heard.payload
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        kept = visit.passes[0]
        assert kept.shown_at == AT + timedelta(seconds=1)
        assert kept.used_at == AT + timedelta(seconds=2)
        assert kept.refused_at == AT + timedelta(seconds=3)
        assert good_pass(visit, AT) is None


def test_a_pass_whose_door_nobody_opened_is_still_good(school: DeskSchool) -> None:
    visit_id, pass_id = _checked_in(school)
    events = [_event(1, "GRANTED_PASS", pass_id), _event(9, "ACCESS_NOT_TAKEN", pass_id)]
    with school.database.writing() as session:
        fold_events(session, AT, events)
    with school.database.reading() as session:
        visit = get_visit(session, visit_id)
        kept = visit.passes[0]
        assert kept.shown_at == AT + timedelta(seconds=1)
        assert kept.used_at is None
        assert good_pass(visit, AT) is kept


def test_a_pass_is_used_at_once_where_the_bridge_cannot_see_the_door_open(school: DeskSchool) -> None:
    visit_id, pass_id = _checked_in(school)
    with school.database.writing() as session:
        fold_events(session, AT, [_event(1, "GRANTED_PASS", pass_id, spent=True)])
    with school.database.reading() as session:
        assert get_visit(session, visit_id).passes[0].used_at == AT + timedelta(seconds=1)


def _checked_in(school: DeskSchool) -> tuple[str, str]:
    """A visit and its pass."""
    visit_id = school.check_in("Ana", "Silva")
    with school.database.reading() as session:
        return visit_id, get_visit(session, visit_id).passes[0].pass_id
