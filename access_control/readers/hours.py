"""Hours of a day as people type and read them: ``7:30 am to 3 pm, 4 pm to 17:30``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from access_control.readers.errors import BadValueError

DAY_MINUTES: Final = 24 * 60
MAX_SPANS: Final = 12
_TIME: Final = re.compile(r"(\d{1,2})(?::(\d{2}))? ?(?:([ap])\.?m\.?)?", re.ASCII)
_APART: Final = re.compile(r" ?(?:to|until|-|\u2013) ?")


class Hours(NamedTuple):
    """``[start, end)`` in local minutes of one day; ``end`` may be 1440."""

    start: int
    end: int


def read_hours(text: str, field: str) -> tuple[Hours, ...]:
    """Read the hours of one day; an empty text is no hours at all.

    Times are 12-hour with am or pm, or 24-hour. An end of 12 am or 24:00 is the end of the day.

    Raises:
        BadValueError: They cannot be read; ``field`` is passed on.
    """
    parts = [" ".join(part.lower().split()) for part in re.split("[,;]|\\band\\b", text) if part.strip()]
    if len(parts) > MAX_SPANS:
        raise BadValueError(f"At most {MAX_SPANS} spans fit in a day.", "Join some of them.", field)
    return tuple(_read_span(part, field) for part in parts)


def say_hours(hours: Hours) -> str:
    """As people read it: ``7:30 am to 3 pm``."""
    return f"{say_minute(hours.start)} to {say_minute(hours.end)}"


def say_minute(minute: int) -> str:
    """A time of day: ``7:30 am``, ``12 pm``; 1440 is ``12 am`` again."""
    hour, rest = divmod(minute % DAY_MINUTES, 60)
    shown = f"{hour % 12 or 12}" + (f":{rest:02}" if rest else "")
    return f"{shown} {'am' if hour < 12 else 'pm'}"


def _read_span(text: str, field: str) -> Hours:
    ends = _APART.split(text)
    if len(ends) != 2:
        raise _unreadable(text, field)
    start, end = _read_minute(ends[0], field), _read_minute(ends[1], field)
    if start == DAY_MINUTES:
        raise _unreadable(text, field)
    return Hours(start, end or DAY_MINUTES)


def _read_minute(text: str, field: str) -> int:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise _unreadable(text, field)
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half is not None:
        if not 1 <= hour <= 12:
            raise _unreadable(text, field)
        hour = hour % 12 + (12 if half == "p" else 0)
    if minute > 59 or hour * 60 + minute > DAY_MINUTES:
        raise _unreadable(text, field)
    return hour * 60 + minute


def _unreadable(text: str, field: str) -> BadValueError:
    return BadValueError(
        f"“{text[:40]}” is no time span.", "Write it as “7:30 am to 3 pm”; several are parted by commas.", field
    )
