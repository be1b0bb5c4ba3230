"""The last step of a check-in: time that is left, the badge of the day, and the pass."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from access_control.visitors.arriving import LEAST_LEFT, admit, morning_of
from access_control.visitors.models import VisitState
from tests.building.visits import AT, DeskSchool


def test_the_day_begins_at_the_schools_midnight_also_when_clocks_change() -> None:
    zone = ZoneInfo("America/Chicago")
    assert morning_of(datetime(2026, 11, 24, 5, 59, tzinfo=UTC), zone) == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert morning_of(datetime(2026, 11, 24, 6, 0, tzinfo=UTC), zone) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    change = datetime(2026, 11, 1, 20, tzinfo=UTC)  # the night before had 25 hours
    assert morning_of(change, zone) == datetime(2026, 11, 1, 5, tzinfo=UTC)


def test_a_visit_that_was_held_for_long_lasts_a_little_all_the_same(school: DeskSchool) -> None:
    visit_id = school.check_in("Victor", "Hale", stay=timedelta(minutes=30))
    late = AT + timedelta(hours=2)
    with school.database.writing() as session:
        visit = school.visit(session, visit_id)
        assert (visit.state, visit.passes) == (VisitState.HELD, [])
        admit(session, late, visit)
    with school.database.reading() as session:
        visit = school.visit(session, visit_id)
        assert (visit.state, visit.until_at, len(visit.passes)) == (VisitState.ON_SITE, late + LEAST_LEFT, 1)


def test_two_desks_at_one_moment_give_two_numbers(school: DeskSchool) -> None:
    made: list[str] = []
    start = threading.Barrier(4)

    def desk(number: int) -> None:
        start.wait(60)
        made.append(school.check_in("Mara", f"Quist{'abcd'[number]}"))

    threads = [threading.Thread(target=desk, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with school.database.reading() as session:
        assert sorted(school.visit(session, one).badge_number or 0 for one in made) == [1, 2, 3, 4]
