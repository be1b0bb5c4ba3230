from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.model import Timetable
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.timetables import (
    TimetableTable,
    read_timetable,
    timetable_at,
    write_timetable,
)

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
BAD = RefusalCode.BAD_TIMETABLE
HORIZON = 1_000_000


def test_lengths_and_gaps_take_turns() -> None:
    assert write_timetable(Timetable(starts=(1000, 1100), ends=(1060, 1160))) == [1000, 60, 40, 60]
    assert read_timetable([1000, 60, 40, 60], HORIZON) == Timetable(starts=(1000, 1100), ends=(1060, 1160))


def test_always_and_never() -> None:
    assert read_timetable("always", HORIZON).covers(0)
    assert write_timetable(Timetable(always=True)) == "always"
    assert write_timetable(Timetable()) == []
    assert not read_timetable([], HORIZON).covers(5)


@given(st.lists(st.integers(1, 5000), max_size=20).filter(lambda steps: len(steps) % 2 == 0))
def test_spans_come_back(steps: list[int]) -> None:
    edges = tuple(accumulate(steps))
    timetable = Timetable(starts=edges[::2], ends=edges[1::2])
    row = write_timetable(timetable)
    assert read_timetable(row, HORIZON) == timetable


@pytest.mark.parametrize(
    ("starts", "ends"), [((5,), ()), ((5,), (5,)), ((9,), (5,)), ((1, 5), (5, 9)), ((10, 1), (20, 5))]
)
def test_a_timetable_that_is_none_is_not_written(
    starts: tuple[int, ...], ends: tuple[int, ...], refuses: Refusing
) -> None:
    with refuses(BAD):
        write_timetable(Timetable(starts=starts, ends=ends))


@pytest.mark.parametrize("row", [[5], [5, 0], [5, 5, 0, 5], [1, 2, 3], [HORIZON, 1]])
def test_a_timetable_that_is_none_is_not_read(row: list[int], refuses: Refusing) -> None:
    with refuses(BAD):
        read_timetable(row, HORIZON)


def test_the_last_span_may_end_at_the_horizon() -> None:
    assert read_timetable([HORIZON - 1, 1], HORIZON).covers(HORIZON - 1)


def test_equal_timetables_are_kept_once_and_sorted() -> None:
    lessons, also_lessons = (Timetable(starts=(10,), ends=(20,)) for _ in range(2))
    always, never = Timetable(always=True), Timetable()
    table = TimetableTable([lessons, never, also_lessons, always])
    assert table.rows == [[], "always", [10, 10]]
    assert [table.number(timetable) for timetable in (always, never, lessons, also_lessons)] == [1, 0, 2, 2]


def test_a_timetable_that_is_not_there(refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_REFERENCE):
        timetable_at([Timetable()], 1)
