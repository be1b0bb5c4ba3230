"""``access-control demo``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from access_control.cli.line import Commands

DEMO_STATE = Path(".demo")


def add_to(commands: Commands) -> None:
    """Add the command."""
    show = commands.add_parser(
        "demo",
        help="a simulated school: readers, locks and a bridge over the real serial protocol, and a page to use them",
        description="Starts a simulated school and the bridge that runs its doors, and opens a page in this terminal.",
    )
    show.add_argument("--check", action="store_true", help="go through the demo by itself: a line a step, exit 0 or 1")
    show.add_argument("--fresh", action="store_true", help="forget what an earlier demo left behind and start again")
    show.add_argument(
        "--state", type=Path, default=DEMO_STATE, metavar="FOLDER", help="where the demo keeps its files (%(default)s)"
    )
    show.set_defaults(run=demo)


def demo(asked: argparse.Namespace) -> int:
    """Run the demonstration; see :mod:`access_control.demo`."""
    try:
        from access_control.demo.start import run  # noqa: PLC0415 - the plain install has no terminal pages
    except ModuleNotFoundError as missing:
        print(
            f"The demo needs {missing.name}, which is not installed: use 'make demo', or install this with its demo "
            "extra: pip install 'school-access-control[demo]'.",
            file=sys.stderr,
        )
        return 1
    return run(asked.state, check=asked.check, fresh=asked.fresh)
