"""Writing, and setting aside, files that must survive a crash."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` so that a crash leaves either the old or the new content; mode 0600.

    Raises:
        OSError: The disk refused; the old content stays.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames in ``directory`` survive power loss."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_aside(path: Path, at: datetime) -> Path:
    """Rename a damaged file so that it can be looked at later, its companions with it; return its new name."""
    place = path.with_name(f"{path.name}.damaged-{at:%Y%m%dT%H%M%S%f}")
    for end in ("-wal", "-shm", ""):
        part = path.with_name(path.name + end)
        if part.exists():
            part.replace(place.with_name(place.name + end))
    sync_directory(path.parent)
    return place
