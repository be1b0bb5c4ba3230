from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.spelling import (
    read_bytes,
    read_doors,
    read_time,
    write_bytes,
    write_doors,
    write_time,
)

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
BAD = RefusalCode.BAD_CONTENT


def test_times_are_utc_with_milliseconds() -> None:
    noon_in_berlin = datetime(2026, 7, 1, 12, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    assert write_time(noon_in_berlin) == "2026-07-01T10:00:00.123Z"
    assert read_time("2026-07-01T10:00:00.123Z") == datetime(2026, 7, 1, 10, 0, 0, 123_000, tzinfo=UTC)


def test_a_time_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        write_time(datetime(2026, 7, 1))  # noqa: DTZ001 - that it has none is the point


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-07-01T10:00:00Z",
        "2026-07-01T10:00:00.123+00:00",
        "2026-07-01 10:00:00.123Z",
        "2026-13-01T10:00:00.123Z",
        "2026-02-30T10:00:00.123Z",
        "2026-07-01T10:00:60.123Z",
        "2026-07-01T10:00:00.123Z\n",
        "٢026-07-01T10:00:00.123Z",
    ],
)
def test_other_spellings_of_a_time_are_refused(text: str, refuses: Refusing) -> None:
    with refuses(BAD):
        read_time(text)


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone comes beside it
def test_times_come_back(moment: datetime) -> None:
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert read_time(write_time(moment)) == whole


@given(st.binary(max_size=100))
def test_bytes_come_back(data: bytes) -> None:
    assert read_bytes(write_bytes(data), "blob", len(data)) == data


@pytest.mark.parametrize("text", ["A", "AB==\n", "AA", "AB==", "-_8=", "é", "AA=="[:3]])
def test_other_spellings_of_bytes_are_refused(text: str, refuses: Refusing) -> None:
    with refuses(BAD):
        read_bytes(text, "blob")


def test_bytes_of_another_length_are_refused(refuses: Refusing) -> None:
    with refuses(BAD):
        read_bytes("AAAA", "key", 32)


@given(st.frozensets(st.integers(0, 60)))
def test_doors_come_back(doors: frozenset[int]) -> None:
    assert read_doors(write_doors(doors)) == doors


def test_doors_are_short_ranges() -> None:
    assert write_doors({7, 1, 2, 3, 9, 10}) == "1-3,7,9-10"


@pytest.mark.parametrize(
    "text", ["2,1", "1,2", "1-1", "01", "1-", "3-1", "1,1", "1-3,2", " 1", "1\n", "x", "0-10000", "4294967295", "-1"]
)
def test_other_spellings_of_doors_are_refused(text: str, refuses: Refusing) -> None:
    with refuses(BAD):
        read_doors(text)


def test_a_huge_range_costs_nothing(refuses: Refusing) -> None:
    with refuses(BAD):
        read_doors("0-9999999999")
