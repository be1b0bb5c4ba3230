"""Times, ages and numbers as people read them (in the site's time zone, with a 12-hour clock)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def clock(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """``10:42:07 am``: for titles, attributes and programs."""
    digits, half = _parts(at, zone, seconds=seconds)
    return f"{digits} {half}"


def clock_markup(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> Markup:
    """``10:42`` with a smaller ``am``."""
    digits, half = _parts(at, zone, seconds=seconds)
    return Markup('{}<span class="half">{}</span>').format(digits, half)


def day(when: datetime | date, zone: ZoneInfo, today: date | None = None) -> str:
    """``Fri 20 Nov``, with the year when it is not this school year."""
    local = when.astimezone(zone).date() if isinstance(when, datetime) else when
    text = f"{_DAYS[local.weekday()][:3]} {local.day} {_MONTHS[local.month - 1][:3]}"
    return text if today is None or _school_year(local) == _school_year(today) else f"{text} {local.year}"


def long_day(at: datetime, zone: ZoneInfo) -> str:
    """``Monday 23 November``."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def full_day(at: datetime, zone: ZoneInfo) -> str:
    """The same with the year, for what is printed or kept: "Friday 27 November 2026"."""
    return f"{long_day(at, zone)} {at.astimezone(zone).year}"


def moment(at: datetime, zone: ZoneInfo, now: datetime, *, seconds: bool = False) -> str:
    """``10:42 am`` today, ``Fri 20 Nov, 10:42 am`` otherwise."""
    return _day_before_clock(at, zone, now) + clock(at, zone, seconds=seconds)


def moment_markup(at: datetime, zone: ZoneInfo, now: datetime, *, seconds: bool = False) -> Markup:
    """As :func:`moment`, with a smaller ``am``."""
    return Markup("{}{}").format(_day_before_clock(at, zone, now), clock_markup(at, zone, seconds=seconds))


def _day_before_clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    today = now.astimezone(zone).date()
    return "" if at.astimezone(zone).date() == today else f"{day(at, zone, today)}, "


def duration(seconds: float) -> str:
    """``48 s``, ``3 min 12 s``, ``1 h 20 min``, ``2 days``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    if whole < 48 * 3600:
        minutes = whole % 3600 // 60
        return f"{whole // 3600} h {minutes} min" if minutes else f"{whole // 3600} h"
    return f"{whole // 86400} days"


def age(seconds: float) -> str:
    """The age of a proof: seconds up to 120, then minutes."""
    whole = max(0, int(seconds))
    return f"{whole} s" if whole <= 120 else duration(whole - whole % 60)


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 door``, ``2 doors``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listing(words: list[str]) -> str:
    """``1, 2 and 3``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _parts(at: datetime, zone: ZoneInfo, *, seconds: bool) -> tuple[str, str]:
    local = at.astimezone(zone)
    tail = f":{local.second:02d}" if seconds else ""
    return f"{local.hour % 12 or 12}:{local.minute:02d}{tail}", "am" if local.hour < 12 else "pm"


def _school_year(when: date) -> int:
    return when.year if when.month >= 8 else when.year - 1
