"""Timetables and points."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.building import DeviceKind, DoorTiming, Point, Timetable

SCHOOL_DAY = Timetable(starts=(700, 1300), ends=(1200, 1700))


@pytest.mark.parametrize(
    ("second", "inside"),
    [(699, False), (700, True), (1199, True), (1200, False), (1299, False), (1300, True), (1700, False)],
)
def test_a_span_has_its_start_and_not_its_end(second: int, inside: bool) -> None:
    assert SCHOOL_DAY.covers(second) is inside


def test_always_and_never() -> None:
    assert Timetable(always=True).covers(0)
    assert not Timetable().covers(0)


@pytest.mark.parametrize(
    ("second", "edge"), [(0, 700), (700, 1200), (1199, 1200), (1200, 1300), (1500, 1700), (1700, None)]
)
def test_the_next_edge_is_when_the_answer_changes(second: int, edge: int | None) -> None:
    assert SCHOOL_DAY.next_edge(second) == edge


def test_what_never_changes_has_no_edge() -> None:
    assert Timetable(always=True).next_edge(0) is None
    assert Timetable().next_edge(0) is None


@given(st.lists(st.integers(0, 200), unique=True, max_size=10).map(sorted), st.integers(-5, 205))
def test_nothing_changes_before_the_next_edge(cuts: list[int], second: int) -> None:
    pairs = len(cuts) // 2 * 2
    times = Timetable(starts=tuple(cuts[:pairs:2]), ends=tuple(cuts[1:pairs:2]))
    edge = times.next_edge(second)
    until = 300 if edge is None else edge
    assert {times.covers(later) for later in range(second, until)} == {times.covers(second)}
    if edge is not None:
        assert times.covers(edge) != times.covers(second)


def test_a_point_is_written_as_installers_do() -> None:
    assert str(Point(DeviceKind.BOARD, 1, 3)) == "board 1.3"


def test_the_page_has_every_timer_with_its_default(root: Path) -> None:
    page = (root / "docs/decisions.md").read_text()
    rows = re.findall(
        r"^\| `(\w+)` \| `?([\w.]+?)`?(?: s)? \|", page.split("## Timers")[1].split("##")[0], re.MULTILINE
    )
    defaults = [(field.name, getattr(DoorTiming(), field.name)) for field in fields(DoorTiming)]
    assert rows == [(name, f"{value:g}" if isinstance(value, float) else value.value) for name, value in defaults]
