"""What ``access-control`` can be told to do: reads the line; each family of commands is a module beside this one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from access_control.config import ConfigError
from access_control.database.errors import DatabaseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Returns:
        0 when it was done, 1 when it failed (a sentence on standard error says why), 2 when the line makes no sense.
    """
    try:
        line = parser()
    except ModuleNotFoundError as missing:
        print(
            f"This needs {missing.name}, which is not installed: use 'make setup', or install the service with its "
            "extra: pip install 'school-access-control[service]'.",
            file=sys.stderr,
        )
        return 1
    asked = line.parse_args(arguments)
    try:
        return int(asked.run(asked))
    except (ConfigError, DatabaseError) as error:
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The commands and their options.

    Raises:
        ModuleNotFoundError: The plain install, which is the bridge, has no service to command.
    """
    from access_control.cli.families import FAMILIES  # noqa: PLC0415 - the plain install has nothing to command

    line = argparse.ArgumentParser(prog="access-control", description="Secure entry for schools.")
    commands = line.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add_to in FAMILIES:
        add_to(commands)
    return line
