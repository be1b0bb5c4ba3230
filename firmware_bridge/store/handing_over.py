"""How something is written by whoever may wait for the disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from firmware_bridge.store.memory import MemoryFullError

Value = TypeVar("Value")
NOT_YET: Final = "It is not on the disk yet."

HandOver = Callable[[Callable[[], None]], str]
"""Has something written that raises while the disk takes nothing. It may wait for that, but not for long.

An empty text once it is on the disk; else why not, and then it is tried again until it is.
"""


def try_once(hand_over: HandOver, write: Callable[[], Value]) -> Value | None:
    """Have something written that is not to be tried again; what it returned, or ``None`` if it is not there in time.

    Raises:
        MemoryFullError: The disk does not take it.
    """
    said: list[Value | MemoryFullError] = []

    def once() -> None:
        try:
            said.append(write())
        except MemoryFullError as error:
            said.append(error)

    hand_over(once)
    found = said[0] if said else None
    if isinstance(found, MemoryFullError):
        raise found
    return found


def at_once(write: Callable[[], None]) -> str:
    """Write it here and now, once: for programs that have nothing else to do."""
    try:
        write()
    except MemoryFullError as error:
        return str(error)
    return ""
