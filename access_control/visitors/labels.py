"""What stands on a visitor's badge, and nothing else: no birth date, no reason, nothing about screening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import qrcode
from PIL import ImageFont
from qrcode.constants import ERROR_CORRECT_M

from access_control.visitors.models import Visit, VisitorCategory

QUIET_MODULES: Final = 4
NAME_MM: Final = 6.0
SMALL_NAME_MM: Final = 4.5
TEXT_MM: Final = 33.5
"""How much room there is beside the QR code."""

_FONTS: Final = Path(__file__).with_name("fonts")
_MEASURE_PX: Final = 200
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Label:
    """A badge as words. ``qr`` is what the code holds: the pass, or nothing when no door takes passes.

    Attributes:
        first: The first name in one or two lines; ``first_mm`` is how high.
        number: The badge's number of the day, with the count of reprints behind it.
    """

    category: VisitorCategory
    school: str
    first: tuple[str, ...]
    first_mm: float
    family: str
    destination: str
    host: str
    escort_needed: bool
    day: str
    time_in: str
    until: str
    number: str
    qr: str | None


def label_of(visit: Visit, school: str, zone: ZoneInfo, qr: str | None) -> Label:
    """The badge of a visit that has begun."""
    who = visit.visitor
    lines, height = _name_lines(who.given_name or who.family_name)
    arrived, until = visit.arrived_at, visit.until_at
    return Label(
        category=visit.category,
        school=school,
        first=lines,
        first_mm=height,
        family=who.family_name if who.given_name else "",
        destination=visit.destination,
        host=visit.host,
        escort_needed=visit.escort_needed,
        day="" if arrived is None else _day(arrived, zone),
        time_in="" if arrived is None else f"In {_clock(arrived, zone)}",
        until="" if until is None else f"Until {_clock(until, zone)}",
        number=number_of(visit),
        qr=qr,
    )


def number_of(visit: Visit) -> str:
    """``0147``, and ``0147-2`` for the second reprint."""
    number = f"{visit.badge_number or 0:04d}"
    return f"{number}-{visit.reprints}" if visit.reprints else number


def qr_rows(text: str) -> list[list[bool]]:
    """The modules of a QR code of level M, row by row, with its quiet zone of four modules."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def font_path(*, bold: bool) -> Path:
    """The typeface of badges: Latin letters with every accent, Greek and Cyrillic."""
    return _FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


def width_mm(text: str, height_mm: float, *, bold: bool = True) -> float:
    """How wide a text is when set so high."""
    return _face(bold=bold).getlength(text) * height_mm / _MEASURE_PX


def cut(text: str, height_mm: float, room_mm: float, *, bold: bool = True) -> str:
    """A text that fits, with an ellipsis where it was cut."""
    if width_mm(text, height_mm, bold=bold) <= room_mm:
        return text
    while text and width_mm(f"{text}…", height_mm, bold=bold) > room_mm:
        text = text[:-1].rstrip()
    return f"{text}…"


@cache
def _face(*, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_path(bold=bold), _MEASURE_PX)


def _name_lines(name: str) -> tuple[tuple[str, ...], float]:
    """A name as large as it fits: 6 mm, down to 4.5 mm, then in two lines."""
    wide = width_mm(name, NAME_MM)
    if wide <= TEXT_MM:
        return (name,), NAME_MM
    fitting = NAME_MM * TEXT_MM / wide
    if fitting >= SMALL_NAME_MM:
        return (name,), round(fitting, 2)
    words = name.split()
    if len(words) > 1:
        halves = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
        best = min(halves, key=lambda pair: max(width_mm(part, SMALL_NAME_MM) for part in pair))
    else:
        keep = next(n for n in range(len(name), 0, -1) if width_mm(f"{name[:n]}-", SMALL_NAME_MM) <= TEXT_MM)
        best = (f"{name[:keep]}-", name[keep:])
    return tuple(cut(part, SMALL_NAME_MM, TEXT_MM) for part in best), SMALL_NAME_MM


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
