from __future__ import annotations

from datetime import timedelta

from access_control.readers.records import PassRevocationRow
from access_control.visitors.closing import close_day
from access_control.visitors.desk import desk_lists
from access_control.visitors.models import VisitState
from access_control.visitors.visits import get_visit
from tests.building.visits import AT, DeskSchool


def test_the_next_day_closes_what_was_left_and_kills_its_passes(school: DeskSchool) -> None:
    here, expected = school.check_in("Ana", "Silva"), school.expect("Bo", "Lund")
    held = school.check_in("Victor", "Hale")
    with school.database.writing() as session:
        assert close_day(session, school.keys, AT + timedelta(hours=12)) == []
    morning = AT + timedelta(hours=20)
    with school.database.writing() as session:
        assert [visit.id for visit in close_day(session, school.keys, morning)] == [here]
        assert close_day(session, school.keys, morning) == []
    with school.database.reading() as session:
        states = [get_visit(session, one).state for one in (here, expected, held)]
        assert states == [VisitState.CLOSED_BY_SYSTEM, VisitState.CANCELLED, VisitState.CANCELLED]
        assert session.get(PassRevocationRow, get_visit(session, here).passes[0].pass_id) is not None
        assert [visit.id for visit in desk_lists(session, morning).unreturned] == [here]


def test_the_desks_lists_and_counts_add_up(school: DeskSchool) -> None:
    late = school.check_in("Ray", "Dunn", AT - timedelta(hours=3))
    here, expected, held = school.check_in("Ana", "Silva"), school.expect("Bo", "Lund"), school.check_in("V", "Hale")
    school.expect("Next", "Week", in_s=7 * 86400)
    with school.database.reading() as session:
        lists = desk_lists(session, AT)
    assert [visit.id for visit in lists.overdue] == [late]
    assert [visit.id for visit in lists.on_site] == [here]
    assert [visit.id for visit in lists.expected] == [expected]
    assert [visit.id for visit in lists.held] == [held]
    assert lists.here == 2
