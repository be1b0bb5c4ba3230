from __future__ import annotations

from datetime import timedelta

import pytest

from access_control.visitors.looking_up import ScanKind, find_hosts, find_scanned, find_visitors
from access_control.visitors.passes import pass_text
from access_control.visitors.visits import get_visit
from tests.building.visits import AT, DeskSchool


@pytest.mark.parametrize("typed", ["nú", "nun", "jos", "jos nu", "NUÑEZ J", "nunes", "josee nunez"])
def test_first_letters_of_any_name_and_small_mistakes_find_a_visitor(school: DeskSchool, typed: str) -> None:
    school.check_in("José", "Núñez")
    school.check_in("Ana", "Silva")
    with school.database.reading() as session:
        assert [one.visitor.family_name for one in find_visitors(session, AT, typed)] == ["Núñez"]


@pytest.mark.parametrize("typed", ["", "  ", "%", "_", "'", "zzzz"])
def test_nothing_typed_or_nothing_like_it_finds_nobody(school: DeskSchool, typed: str) -> None:
    school.check_in("José", "Núñez")
    with school.database.reading() as session:
        assert find_visitors(session, AT, typed) == []


def test_who_is_expected_comes_first_then_who_was_here_last(school: DeskSchool) -> None:
    school.check_in("Mara", "One", AT - timedelta(hours=2))
    school.check_in("Marc", "Two", AT - timedelta(hours=1))
    school.expect("Mary", "Three")
    with school.database.reading() as session:
        found = find_visitors(session, AT, "mar")
    assert [one.visitor.given_name for one in found] == ["Mary", "Marc", "Mara"]
    assert found[1].last_visit is not None
    assert found[1].last_visit.host == "Priya Raman"


def test_hosts_are_staff(school: DeskSchool) -> None:
    with school.database.reading() as session:
        assert [one.full_name for one in find_hosts(session, "gra")] == ["Grace Lindqvist", "Graciela Lund"]
        assert find_hosts(session, "") == []


def test_scans_find_their_visit_whatever_case_an_invitation_has(school: DeskSchool) -> None:
    expected, here = school.expect("Ana", "Silva"), school.check_in("Bo", "Lund")
    with school.database.reading() as session:
        code = f"SAC/V/{get_visit(session, expected).invitation}"
        text = pass_text(session, school.keys, get_visit(session, here).passes[0])
        for scan, kind, visit_id in (
            (code, ScanKind.INVITATION, expected),
            (code.lower(), ScanKind.INVITATION, expected),
            (f" {text}", ScanKind.PASS, here),
        ):
            found = find_scanned(session, scan)
            assert found.visit is not None
            assert (found.kind, found.visit.id) == (kind, visit_id)
        assert find_scanned(session, "SAC/V/").visit is None
        assert find_scanned(session, text[:-2]).kind is ScanKind.PASS
        assert find_scanned(session, "Ana").kind is ScanKind.OTHER
