"""One program at a time works with a state directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.store.read_only import read_only


class StateInUseError(Exception):
    """Another program works with the directory; the text is one plain sentence."""


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the lock of a state directory; the kernel drops it with the process, however that ends.

    Raises:
        StateInUseError: A bridge runs there.
        OSError: There is no such directory.
    """
    descriptor = _open(state_dir)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateInUseError(f"A bridge already runs with {state_dir}; stop it first.") from error
        yield
    finally:
        os.close(descriptor)


def _open(state_dir: Path) -> int:
    """The file that is locked; on a disk that can only be read it may be missing, and the directory takes its place."""
    place = state_dir / "bridge.lock"
    if not read_only(state_dir):
        return os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return os.open(place, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
