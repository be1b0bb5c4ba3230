"""``python -m bench``: run every measurement, or those named, and print a table or one JSON object.

Figures that have a limit are marked *within* or *missed*; how many of each there are comes last. A missed one is no
error: the exit code says only whether everything was measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from bench.figures import Figure, summary, table

NOT_A_BENCH = {"__main__", "figures"}


class Bench(Protocol):
    """A module in this folder that measures something: its file name is its name, its docstring says what."""

    def run(self) -> list[Figure]:
        """Measure and hand back the figures; progress may go to standard error."""
        ...


class BenchOfCases(Bench, Protocol):
    """A measurement of which a part can be chosen with ``--cases``."""

    CASE_NAMES: Sequence[str]

    def run(self, cases: Sequence[str] = ()) -> list[Figure]:
        """Measure these cases; all of them by default."""
        ...


def names() -> list[str]:
    """Every module of this folder that has a ``run``; a module beginning with ``_`` is part of another."""
    found = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [
        name for name in found if name not in NOT_A_BENCH and not name.startswith("_") and hasattr(module(name), "run")
    ]


def module(name: str) -> Bench:
    """The measurement called ``name``."""
    return cast("Bench", importlib.import_module(f"bench.{name}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0 when everything was measured, 2 for a name or case that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; nothing means everything")
    parser.add_argument("--json", action="store_true", help="print one JSON object (one a line for several names)")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--cases", metavar="CASE,...", help="only these; which there are, a measurement says itself")
    asked = parser.parse_args(arguments)
    known = names()
    if asked.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        print(f"There is no measurement called {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    unmeasured = _without_cases(asked.names or known, asked.cases)
    if unmeasured:
        print(unmeasured, file=sys.stderr)
        return 2
    measured: list[Figure] = []
    for name in asked.names or known:
        bench = module(name)
        figures = bench.run() if asked.cases is None else cast("BenchOfCases", bench).run(asked.cases.split(","))
        if asked.json:
            print(json.dumps({"bench": name, "figures": [figure.as_json() for figure in figures]}), flush=True)
        else:
            print(f"{name}\n{table(figures)}\n", flush=True)
        measured += figures
    print(summary(measured), file=sys.stderr if asked.json else sys.stdout)
    return 0


def _without_cases(benches: Sequence[str], cases: str | None) -> str:
    """Why these cases cannot be measured; empty when they can."""
    if cases is None:
        return ""
    for name in benches:
        there: Sequence[str] = getattr(module(name), "CASE_NAMES", ())
        unknown = [case for case in cases.split(",") if case not in there]
        if unknown:
            return f"{name} has no case {', '.join(unknown)}. It has: {', '.join(there) or 'none'}."
    return ""


if __name__ == "__main__":
    sys.exit(main())
