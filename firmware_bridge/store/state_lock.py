"""One program at a time works with a state directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StateInUseError(Exception):
    """Another program works with the directory; the text is one plain sentence."""


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the lock of a state directory; the kernel drops it with the process, however that ends.

    Raises:
        StateInUseError: A bridge runs there.
        OSError: There is no such directory.
    """
    descriptor = os.open(state_dir / "bridge.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateInUseError(f"A bridge already runs with {state_dir}; stop it first.") from error
        yield
    finally:
        os.close(descriptor)
