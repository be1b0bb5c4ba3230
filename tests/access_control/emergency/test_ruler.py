"""The answer ruler grows with the slowest door."""

from __future__ import annotations

import pytest

from access_control.emergency.board import Cell, Result
from access_control.emergency.ruler import WIDTH, make_ruler
from tests.building.emergencies import school


def cell(door: int, ms: int | None, result: Result = Result.SECURED) -> Cell:
    return Cell(school().doors[door], result, ms, "", "", "")


@pytest.mark.parametrize(
    ("slowest", "span"), [(640, 800), (800, 800), (801, 2000), (4999, 5000), (9000, 10_000), (99_000, 60_000)]
)
def test_the_axis_grows(slowest: int, span: int) -> None:
    ruler = make_ruler([cell(1, 100), cell(2, slowest)])
    assert ruler.span_ms == span
    assert [mark.ms for mark in ruler.marks] == [100, slowest]
    assert all(0 <= mark.x <= WIDTH for mark in ruler.marks)
    assert ruler.last is not None
    assert ruler.last.number == "1V"


def test_doors_without_an_answer_stand_beside_it() -> None:
    ruler = make_ruler([cell(1, 100), cell(4, 90, Result.NOT_SECURE), cell(5, None, Result.COMMANDED)])
    assert [mark.number for mark in ruler.marks] == ["1"]
    assert [one.door.number for one in ruler.silent] == ["8"]


def test_an_empty_ruler() -> None:
    ruler = make_ruler([])
    assert (ruler.marks, ruler.last, ruler.span_ms) == ((), None, 800)
    assert ruler.ticks[-1] == (WIDTH, "800")
