"""A badge as a picture for label printers: 62 x 40 mm at 300 dpi, one bit a dot."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from access_control.visitors.labels import TEXT_MM, Label, cut, font_path, qr_rows, width_mm
from access_control.visitors.models import VisitorCategory

WIDTH_MM: Final = 62.0
HEIGHT_MM: Final = 40.0
DPI: Final = 300
_MM: Final = DPI / 25.4
_MARGIN: Final = 2.0
_HEAD: Final = 7.0
_BODY: Final = 9.0
_FOOT: Final = 34.0
_MODULE_PX: Final = 6  # 41 modules of a pass are 20.8 mm
_CAP: Final = 0.729  # height of a capital letter in this typeface
_BLACK: Final = 0
_WHITE: Final = 1
_WORD_ROOM: Final = 42.0


def draw_badge(label: Label) -> bytes:
    """The badge as a PNG."""
    image = Image.new("1", (round(WIDTH_MM * _MM), round(HEIGHT_MM * _MM)), _WHITE)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # no grey edges: each dot is black or white
    _head(draw, label)
    if label.qr is not None:
        _code(draw, label.qr)
    _body(draw, label)
    _foot(draw, label)
    kept = io.BytesIO()
    image.save(kept, "PNG", dpi=(DPI, DPI), optimize=True)
    return kept.getvalue()


@cache
def _font(height_px: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_path(bold=bold), height_px)


def _px(mm: float) -> int:
    return round(mm * _MM)


def _write(
    draw: ImageDraw.ImageDraw,
    where: tuple[float, float],
    text: str,
    mm: float,
    *,
    anchor: str = "ls",
    bold: bool = True,
    ink: int = _BLACK,
) -> None:
    x, y = where
    draw.text((_px(x), _px(y)), text, fill=ink, font=_font(_px(mm), bold=bold), anchor=anchor)


def _bar(draw: ImageDraw.ImageDraw, left: float, top: float, right: float, bottom: float) -> None:
    draw.rectangle((_px(left), _px(top), _px(right) - 1, _px(bottom) - 1), fill=_BLACK)


def _head(draw: ImageDraw.ImageDraw, label: Label) -> None:
    word = label.category.value.upper()
    _bar(draw, 0, 0, WIDTH_MM, _HEAD)
    height = 4.2 / _CAP * min(1.0, _WORD_ROOM / width_mm(word, 4.2 / _CAP))
    _write(draw, (_MARGIN, 5.6), word, height, ink=_WHITE)
    room = WIDTH_MM - 2 * _MARGIN - width_mm(word, height) - 1.5
    school = cut(label.school, 2.4, room, bold=False)
    _write(draw, (WIDTH_MM - _MARGIN, 5.6), school, 2.4, anchor="rs", bold=False, ink=_WHITE)
    _pattern(draw, label.category)


def _pattern(draw: ImageDraw.ImageDraw, category: VisitorCategory) -> None:
    """Below the bar, so that categories can be told apart in one colour: nothing, a second bar, stripes, dots."""
    top, bottom = _HEAD + 0.5, _BODY - 0.4
    if category is VisitorCategory.VOLUNTEER:
        _bar(draw, 0, top, WIDTH_MM, bottom)
    elif category is VisitorCategory.CONTRACTOR:
        for step in range(0, round(WIDTH_MM) + 2, 2):
            corners = [(step, bottom), (step + 1.0, bottom), (step + 2.0, top), (step + 1.0, top)]
            draw.polygon([(_px(x), _px(y)) for x, y in corners], fill=_BLACK)
    elif category is VisitorCategory.SUBSTITUTE:
        for step in range(0, round(WIDTH_MM), 2):
            draw.ellipse((_px(step + 0.4), _px(top), _px(step + 1.5), _px(bottom)), fill=_BLACK)


def _code(draw: ImageDraw.ImageDraw, text: str) -> None:
    rows = qr_rows(text)
    left, top = _px(WIDTH_MM - 1.0) - len(rows) * _MODULE_PX, _px(_BODY)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                x0, y0 = left + x * _MODULE_PX, top + y * _MODULE_PX
                draw.rectangle((x0, y0, x0 + _MODULE_PX - 1, y0 + _MODULE_PX - 1), fill=_BLACK)


def _body(draw: ImageDraw.ImageDraw, label: Label) -> None:
    y = _BODY + 0.2
    room = TEXT_MM if label.qr is not None else WIDTH_MM - 2 * _MARGIN
    for line in label.first:
        y += label.first_mm * 0.95
        _write(draw, (_MARGIN, y), line, label.first_mm)
    rows = ((label.family, 3.8, False), (label.destination, 3.0, True), (label.host, 2.6, False))
    for text, mm, bold in rows:
        if text:
            y += mm * 1.12 + 0.3
            _write(draw, (_MARGIN, y), cut(text, mm, room, bold=bold), mm, bold=bold)
    if label.escort_needed:
        _write(draw, (_MARGIN, _FOOT - 1.2), "Escort needed", 3.0)


def _foot(draw: ImageDraw.ImageDraw, label: Label) -> None:
    _bar(draw, _MARGIN, _FOOT, WIDTH_MM - _MARGIN, _FOOT + 0.4)
    _write(draw, (_MARGIN, 36.8), label.day, 2.2, bold=False)
    _write(draw, (_MARGIN, 39.2), label.time_in, 2.2, bold=False)
    _write(draw, (WIDTH_MM / 2, 38.4), label.until, 3.2, anchor="ms")
    _write(draw, (WIDTH_MM - _MARGIN, 38.2), label.number, 2.2, anchor="rs", bold=False)
