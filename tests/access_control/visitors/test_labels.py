"""What stands on a badge: names that fit, the school's own clock, and a code with its quiet zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.visitors.labels import QUIET_MODULES, SMALL_NAME_MM, TEXT_MM, cut, label_of, qr_rows, width_mm
from tests.building.visits import DeskSchool

ZONE = ZoneInfo("America/Chicago")


def test_a_badge_says_who_where_and_until_when_and_counts_reprints(school: DeskSchool) -> None:
    visit_id = school.check_in("Mara", "Quist")
    with school.database.writing() as session:
        visit = school.visit(session, visit_id)
        label = label_of(visit, "Maple Hollow", ZONE, "QR")
        assert (label.first, label.family, label.host) == (("Mara",), "Quist", "Priya Raman")
        assert (label.day, label.time_in, label.until) == ("Mon 23 Nov", "In 10:42 am", "Until 11:42 am")
        assert label.number == "0001"
        visit.reprints = 2
        assert label_of(visit, "Maple Hollow", ZONE, None).number == "0001-2"


def test_who_has_one_name_has_it_large(school: DeskSchool) -> None:
    visit_id = school.check_in("", "Sukarno")
    with school.database.reading() as session:
        label = label_of(school.visit(session, visit_id), "Maple Hollow", ZONE, None)
    assert (label.first, label.family) == (("Sukarno",), "")


@given(st.text(st.characters(categories=["L", "Zs"], max_codepoint=0x24F), max_size=60))
def test_a_cut_text_fits_and_begins_as_the_whole(text: str) -> None:
    short = cut(text, SMALL_NAME_MM, TEXT_MM)
    assert width_mm(short, SMALL_NAME_MM) <= TEXT_MM
    assert text.startswith(short.removesuffix("…").rstrip()) or short == text


@pytest.mark.parametrize("text", ["A", "6BFOXN*TS0BI$ZD" * 9])
def test_a_code_is_square_with_light_all_around(text: str) -> None:
    rows = qr_rows(text)
    assert {len(row) for row in rows} == {len(rows)}
    quiet = range(QUIET_MODULES)
    assert not any(any(rows[n]) or any(rows[-1 - n]) for n in quiet)
    assert not any(row[n] or row[-1 - n] for n in quiet for row in rows)
    assert rows[QUIET_MODULES][QUIET_MODULES]
