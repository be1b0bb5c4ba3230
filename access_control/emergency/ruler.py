"""The answer ruler: a time axis with one mark for each door, as numbers that a page draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from access_control.emergency.board import Cell, Result

SPANS_MS: Final = (800, 2000, 5000, 10_000, 30_000, 60_000)
WIDTH: Final = 640
STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """One door's answer. ``x`` is where the mark stands, 0 to :data:`WIDTH`."""

    x: float
    number: str
    ms: int


@dataclass(frozen=True, slots=True)
class Ruler:
    """The axis, its ticks, the marks, the last of them, and the doors that have no mark."""

    span_ms: int
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    last: Mark | None
    silent: tuple[Cell, ...]


def make_ruler(cells: Iterable[Cell]) -> Ruler:
    """Lay the answers of a board out. An answer beyond the longest axis stands at its end."""
    cells = tuple(cells)
    answered = sorted(
        (cell.ms, cell.door.number) for cell in cells if cell.ms is not None and cell.result is Result.SECURED
    )
    longest = answered[-1][0] if answered else 0
    span = next((span for span in SPANS_MS if longest <= span), SPANS_MS[-1])
    marks = tuple(Mark(round(min(ms, span) / span * WIDTH, 1), number, ms) for ms, number in answered)
    ticks = tuple((WIDTH * step / STEPS, _tick(span * step // STEPS, span)) for step in range(STEPS + 1))
    silent = tuple(cell for cell in cells if cell.to_walk)
    return Ruler(span, ticks, marks, marks[-1] if marks else None, silent)


def _tick(ms: int, span: int) -> str:
    if ms == 0:
        return "0 ms" if span < 5000 else "0 s"
    return str(ms) if span < 5000 else f"{ms / 1000:g} s"
