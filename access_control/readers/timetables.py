"""Weekly schedules worked out to absolute UTC spans. Pure: the calendar, the zone and the days arrive as arguments.

A schedule speaks of the clock on the wall: a moment is covered exactly when that clock shows a time inside an interval
of that day. So where the clock jumps over an interval nothing is covered, and where it shows an hour twice, both are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from access_control.core.decision.model import Timetable

HORIZON_DAYS: Final = 400
"""How far ahead timetables are worked out. Past it timed rights end and scheduled unlocks stay locked."""

_DAY: Final = timedelta(days=1)
_LOOK: Final = timedelta(hours=14)  # further than any zone is from UTC


@dataclass(frozen=True, slots=True)
class Interval:
    """``[start_minute, end_minute)`` of the wall clock, on a weekday (0 is Monday) or on days of a type."""

    start_minute: int
    end_minute: int
    weekday: int | None = None
    day_type: int | None = None


class Calendar:
    """A zone, the days that are not regular, and a stretch of days; offsets are looked up once a day."""

    def __init__(self, zone: ZoneInfo, special: Mapping[date, int], first: date, days: int = HORIZON_DAYS) -> None:
        """``special`` names the day type of each day that is not regular."""
        self._zone = zone
        self._special = special
        self._days = [first + _DAY * n for n in range(-1, days + 1)]
        self._shifts = {day: self._shift(day) for day in self._days}
        self.begins = _second(datetime.combine(first, time(), UTC))
        self.horizon = self.begins + days * 86400

    def timetable(self, intervals: Sequence[Interval]) -> Timetable:
        """The UTC spans of a schedule from the first day to the horizon, in order, joined where they touch."""
        found: list[tuple[int, int]] = []
        for day in self._days:
            kind = self._special.get(day)
            for one in intervals:
                if one.day_type == kind if kind is not None else one.weekday == day.weekday():
                    found += self._spans(day, one)
        joined = _joined(_clipped(found, self.begins, self.horizon))
        return Timetable(starts=tuple(start for start, _ in joined), ends=tuple(end for _, end in joined))

    def _spans(self, day: date, one: Interval) -> Iterable[tuple[int, int]]:
        before, turn, after = self._shifts[day]
        midnight = _second(datetime.combine(day, time(), UTC))
        start, end = midnight + one.start_minute * 60, midnight + one.end_minute * 60
        if turn is None:
            yield start - before, end - before
            return
        yield start - before, min(end - before, turn)
        yield max(start - after, turn), end - after

    def _shift(self, day: date) -> tuple[int, int | None, int]:
        """The offset when the day begins, the second at which it changes if it does, and the offset after that."""
        noon = datetime.combine(day, time(12), UTC)
        low, high = noon - _LOOK - _DAY / 2, noon + _LOOK + _DAY / 2
        before, after = self._offset(low), self._offset(high)
        if before == after:
            return before, None, after
        first, last = _second(low), _second(high)
        while last - first > 1:
            middle = (first + last) // 2
            if self._offset(datetime.fromtimestamp(middle, UTC)) == before:
                first = middle
            else:
                last = middle
        return before, last, after

    def _offset(self, at: datetime) -> int:
        offset = at.astimezone(self._zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _clipped(spans: Iterable[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    cut = [(max(start, first), min(end, last)) for start, end in spans]
    return sorted((start, end) for start, end in cut if start < end)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
