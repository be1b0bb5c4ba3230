"""``access-control demo``."""

from __future__ import annotations

import argparse
from pathlib import Path

from access_control.cli.line import Commands

DEMO_STATE = Path(".demo")


def add_to(commands: Commands) -> None:
    """Add the command."""
    show = commands.add_parser(
        "demo",
        help="a made-up school: the service, bridges, simulated readers and locks, and a panel to use them",
        description="Makes up a school, starts its service, its bridges and simulated doors, and prints where to look.",
    )
    show.add_argument("--check", action="store_true", help="go through the demo by itself: a line a step, exit 0 or 1")
    show.add_argument("--fresh", action="store_true", help="forget what an earlier demo left behind and start again")
    show.add_argument(
        "--state", type=Path, default=DEMO_STATE, metavar="FOLDER", help="where the demo keeps its files (%(default)s)"
    )
    show.set_defaults(run=demo)


def demo(asked: argparse.Namespace) -> int:
    """Run the demonstration; see :mod:`access_control.demo`."""
    from access_control.demo.start import run  # noqa: PLC0415 - the other commands need not wait for it

    return run(asked.state, check=asked.check, fresh=asked.fresh)
