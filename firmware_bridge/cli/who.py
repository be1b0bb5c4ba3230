"""Who sits at the command line, as events name it."""

from __future__ import annotations

import getpass


def user() -> str:
    """The system's user; a number where it has no name."""
    try:
        return f"local:{getpass.getuser()}"
    except (KeyError, OSError):
        return "local:unknown"
