"""``access-control serve``."""

from __future__ import annotations

import argparse
import sys

from access_control.cli.line import Commands, add_config, config_of_line


def add_to(commands: Commands) -> None:
    """Add the command."""
    serve = commands.add_parser(
        "serve",
        help="run the service: pages, the API of bridges, and timed work",
        description="Serves the pages and the API of bridges until it is told to stop.",
    )
    add_config(serve)
    serve.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Serve; 1 with a sentence when it cannot begin."""
    from access_control.web.serving import ServeError, serve  # noqa: PLC0415 - other commands start sooner without

    try:
        serve(config_of_line(asked))
    except ServeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
