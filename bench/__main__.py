"""``python -m bench``: run every measurement, or those named, and print a table or one JSON object."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from bench.figures import Figure, table

NOT_A_BENCH = {"__main__", "figures"}


class Bench(Protocol):
    """A module in this folder that measures something: its file name is its name, its docstring says what."""

    def run(self) -> list[Figure]:
        """Measure and hand back the figures; progress may go to standard error."""
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
    """Run what was asked for; 0 when everything was measured, 2 for a name that does not exist."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; nothing means everything")
    parser.add_argument("--json", action="store_true", help="print one JSON object (one a line for several names)")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    asked = parser.parse_args(arguments)
    known = names()
    if asked.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        print(f"There is no measurement called {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    for name in asked.names or known:
        figures = module(name).run()
        if asked.json:
            print(json.dumps({"bench": name, "figures": [figure.as_json() for figure in figures]}), flush=True)
        else:
            print(f"{name}\n{table(figures)}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
