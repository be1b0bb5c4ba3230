"""The lists of the front desk: everybody in exactly one, in the order that the desk needs."""

from __future__ import annotations

from datetime import timedelta

from access_control.visitors.desk import DeskLists, count_on_site, desk_lists, is_overdue
from access_control.visitors.models import Visit
from tests.building.visits import AT, BANNED, DeskSchool


def lists(school: DeskSchool, hours: float = 0) -> DeskLists:
    with school.database.reading() as session:
        return desk_lists(session, AT + timedelta(hours=hours))


def who(visits: tuple[Visit, ...]) -> list[str]:
    return [visit.visitor.family_name for visit in visits]


def test_past_their_time_people_are_overdue_the_longest_first_and_still_here(school: DeskSchool) -> None:
    school.check_in("Mara", "Quist", stay=timedelta(hours=2))
    school.check_in("Noor", "Abidi", stay=timedelta(hours=1))
    now = lists(school)
    assert (sorted(who(now.on_site)), now.overdue) == (["Abidi", "Quist"], ())
    late = lists(school, 1.5)
    assert (who(late.on_site), who(late.overdue), late.here) == (["Quist"], ["Abidi"], 2)
    assert who(lists(school, 2.5).overdue) == ["Abidi", "Quist"]
    with school.database.reading() as session:
        assert count_on_site(session) == 2
        assert not any(is_overdue(visit, visit.until_at) for visit in late.on_site if visit.until_at)


def test_only_todays_expected_are_listed_the_earliest_first(school: DeskSchool) -> None:
    school.expect("Mara", "Quist", in_s=7200)
    school.expect("Noor", "Abidi", in_s=600)
    school.expect("Otto", "Reyes", in_s=86400)
    assert who(lists(school).expected) == ["Abidi", "Quist"]
    assert who(lists(school, 24).expected) == ["Abidi", "Quist", "Reyes"]


def test_who_waits_for_a_decision_is_held_and_not_on_site(school: DeskSchool) -> None:
    school.check_in(*BANNED)
    found = lists(school)
    assert (who(found.held), found.on_site, found.here) == (["Hale"], (), 0)
