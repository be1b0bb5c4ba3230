"""Timetables on the wire: ``"always"``, or the first start and then lengths and gaps by turns, in seconds.

``[1000, 60, 40, 60]`` means 1000-1060 and 1100-1160. Lengths and gaps are positive, so spans are sorted and do not
touch whatever the numbers are. Doors and levels name a timetable by its place in one list, because many share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise
from typing import Final, Literal

from access_control.core.decision.model import Timetable
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.strict import Second

TimetableRow = Literal["always"] | list[Second]
ALWAYS: Final = Timetable(always=True)


class TimetableTable:
    """Every timetable of one document, once."""

    def __init__(self, timetables: Iterable[Timetable]) -> None:
        # Most levels share the very same object, so looking at identities first spares hashing 400 days of spans.
        by_identity = {id(timetable): timetable for timetable in timetables}
        rows = {place: write_timetable(timetable) for place, timetable in by_identity.items()}
        distinct = {_key(row): row for row in rows.values()}
        self.rows: list[TimetableRow] = [distinct[key] for key in sorted(distinct)]
        numbers = {key: number for number, key in enumerate(sorted(distinct))}
        self._numbers = {place: numbers[_key(row)] for place, row in rows.items()}
        self._alive = by_identity  # an identity means something only while its object lives

    def number(self, timetable: Timetable) -> int:
        """The place of a timetable that was among those given."""
        return self._numbers[id(timetable)]


def _key(row: TimetableRow) -> tuple[int, ...]:
    return (-1,) if row == "always" else tuple(row)


def write_timetable(timetable: Timetable) -> TimetableRow:
    """Spell one timetable.

    Raises:
        Refused: ``bad_timetable``: spans out of order, touching, empty or unpaired.
    """
    if timetable.always:
        return "always"
    if len(timetable.starts) != len(timetable.ends):
        raise _bad("has a start without an end")
    edges = list(chain.from_iterable(zip(timetable.starts, timetable.ends, strict=True)))
    if any(first >= second for first, second in pairwise(edges)):
        raise _bad("has spans that are empty, touch, or are out of order")
    return edges[:1] + [second - first for first, second in pairwise(edges)]


def read_timetable(row: TimetableRow, horizon: int) -> Timetable:
    """The inverse of :func:`write_timetable`.

    Raises:
        Refused: ``bad_timetable``: as there, or a span beyond the horizon.
    """
    if isinstance(row, str):
        return ALWAYS
    if len(row) % 2:
        raise _bad("has a start without an end")
    if 0 in row[1:]:
        raise _bad("has spans that are empty or touch")
    edges = tuple(accumulate(row))
    if edges and edges[-1] > horizon:
        raise _bad("goes on past the time until which this Policy was worked out")
    return Timetable(starts=edges[::2], ends=edges[1::2])


def timetable_at(timetables: Sequence[Timetable], number: int) -> Timetable:
    """The timetable with this place in the list.

    Raises:
        Refused: ``bad_reference``.
    """
    if number >= len(timetables):
        raise Refused(
            RefusalCode.BAD_REFERENCE,
            f"The Policy names timetable {number} and has only {len(timetables)}. Publish it again.",
        )
    return timetables[number]


def _bad(what: str) -> Refused:
    return Refused(RefusalCode.BAD_TIMETABLE, f"A timetable {what}. Check the schedules and publish the Policy again.")
