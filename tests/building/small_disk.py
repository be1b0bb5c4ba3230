"""A disk that is soon full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SmallDisk:
    """A directory; ``real`` says that it is a file system of its own, and not one where a test sets other limits."""

    path: Path
    real: bool


@contextmanager
def small_disk_at(place: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A real file system where mounting is allowed, else an ordinary directory."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "none", str(place)]
    real = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield SmallDisk(place, real)
    finally:
        if real:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
