"""What a benchmark hands back: one measured number at a time, beside the limit or the peer it was measured against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        name: What was measured, such as ``card_to_strike_p50``.
        case: Under which conditions, such as ``9600x8``.
        value: The number; seconds for times, bytes for sizes, and so on as ``unit`` says.
        unit: ``s``, ``B``, ``1/s``, or empty for a plain count.
        against: The limit or the peer measured in the same run, such as ``wire`` or ``libosdp``; empty for none.
        ratio: ``value`` divided by what ``against`` reached in the same run; under 1 is less than the peer.
        at_most: What it should not exceed: ``ratio`` where there is one, else ``value``. ``None`` is 1 beside a
            ``limit`` and nothing elsewhere.
    """

    name: str
    case: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    at_most: float | None = None

    @property
    def within(self) -> bool | None:
        """Whether it is what it should be; ``None`` where nothing says what that is."""
        most = self._most
        return None if most is None else (self.value if self.ratio is None else self.ratio) <= most

    @property
    def _most(self) -> float | None:
        return 1.0 if self.at_most is None and self.against == "limit" and self.ratio is not None else self.at_most

    def as_json(self) -> dict[str, str | float]:
        """The figure as JSON values; what it is compared with, and with what outcome, where there is any."""
        row: dict[str, str | float] = {"name": self.name, "case": self.case, "value": self.value, "unit": self.unit}
        if self.against and self.ratio is not None:
            row |= {"against": self.against, "ratio": self.ratio}
        if self._most is not None and self.within is not None:
            row |= {"at_most": self._most, "within": self.within}
        return row


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least ``share`` (0..1) of ``values`` do not exceed.

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values to take a percentile of")
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned lines for people."""
    rows = [("figure", "case", "value", "against", "ratio", "")]
    rows += [
        (f.name, f.case, readable(f.value, f.unit), f.against, "" if f.ratio is None else f"{f.ratio:.3g}", _judged(f))
        for f in figures
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def summary(figures: Sequence[Figure]) -> str:
    """How many are what they should be, and which are not."""
    judged = [figure for figure in figures if figure.within is not None]
    missed = [f"{figure.name} {figure.case}" for figure in judged if not figure.within]
    text = f"Figures that have a limit: {len(judged)}, within it: {len(judged) - len(missed)}"
    return f"{text}, missed: {len(missed)} ({', '.join(missed)})." if missed else f"{text}."


def _judged(figure: Figure) -> str:
    return {None: "", True: "within", False: "missed"}[figure.within]


def readable(value: float, unit: str) -> str:
    """A number with the prefix that keeps it short: ``0.00021 s`` is ``210 µs``, ``53000000 B`` is ``53 MB``."""
    steps = {
        "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
        "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    }.get(unit, ())
    for size, prefixed in steps:
        if abs(value) >= size:
            return f"{value / size:.3g} {prefixed}"
    return f"{value:,.6g} {unit}".rstrip()
