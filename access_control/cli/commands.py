"""What ``access-control`` can be told to do: one line a command, the work is elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DEMO_STATE = Path(".demo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Returns:
        0 when it was done, 1 when it failed (a sentence on standard error says why), 2 when the line makes no sense.
    """
    asked = parser().parse_args(arguments)
    return demo(asked)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    line = argparse.ArgumentParser(prog="access-control", description="Secure entry for schools.")
    commands = line.add_subparsers(dest="command", required=True, metavar="COMMAND")
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
    return line


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
