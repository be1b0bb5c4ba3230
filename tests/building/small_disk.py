"""A disk that is soon full, or that can only be read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


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


@contextmanager
def sealed(place: Path) -> Iterator[None]:
    """Whoever looks below ``place`` finds a folder that can only be read; a test that cannot have one is skipped."""
    disk = SmallDisk(place, real=False)
    if os.getuid():
        make_read_only(disk)
        try:
            yield
        finally:
            make_writable(disk)
        return
    mounted = subprocess.run(["mount", "--bind", str(place), str(place)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here, and modes do not keep root from writing")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_read_only(disk: SmallDisk) -> None:
    """As the kernel does when a disk fails; nobody may have a file open for writing there."""
    _let_write(disk, allowed=False)


def make_writable(disk: SmallDisk) -> None:
    """As after an exchange of the disk."""
    _let_write(disk, allowed=True)


def _let_write(disk: SmallDisk, *, allowed: bool) -> None:
    if disk.real:
        subprocess.run(["mount", "-o", f"remount,{'rw' if allowed else 'ro'}", str(disk.path)], check=True)
        return
    for folder, _, _ in os.walk(disk.path):
        Path(folder).chmod(0o700 if allowed else 0o500)
