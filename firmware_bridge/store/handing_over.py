"""How something is written by whoever may wait for the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from firmware_bridge.store.memory import MemoryFullError

NOT_YET: Final = "It is not on the disk yet."

HandOver = Callable[[Callable[[], None]], str]
"""Has something written that raises while the disk takes nothing. It may wait for that, but not for long.

An empty text once it is on the disk; else why not, and then it is tried again until it is.
"""


def at_once(write: Callable[[], None]) -> str:
    """Write it here and now, once: for programs that have nothing else to do."""
    try:
        write()
    except MemoryFullError as error:
        return str(error)
    return ""
