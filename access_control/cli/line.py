"""What the families of commands have in common: the option for the settings, and the open database."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from access_control.config import Config, read_config
from access_control.database.engine import Database, open_database
from access_control.database.schema import require_current

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name


def add_config(command: argparse.ArgumentParser) -> None:
    """Add the option that names the settings."""
    command.add_argument(
        "--config",
        type=Path,
        default=None,
        metavar="FILE",
        help="the settings (AC_CONFIG, or service.toml in the current directory)",
    )


def config_of_line(asked: argparse.Namespace) -> Config:
    """The settings that the line names.

    Raises:
        ConfigError: with a sentence for every mistake in them.
    """
    return read_config(asked.config, os.environ)


@contextmanager
def current_database(asked: argparse.Namespace) -> Iterator[Database]:
    """The database of these settings, of this program's version, closed at the end.

    Raises:
        ConfigError: The settings cannot be used.
        DatabaseError: The database cannot, or is of another version.
    """
    database = open_database(config_of_line(asked).database_url)
    try:
        require_current(database)
        yield database
    finally:
        database.close()
