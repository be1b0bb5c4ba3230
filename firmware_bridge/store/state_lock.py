"""One program at a time works with a state directory, and none as root where it is somebody else's."""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_bridge.store.read_only import read_only


class StateDirectoryError(Exception):
    """The directory must not be worked with now; the text is one plain sentence."""


class StateInUseError(StateDirectoryError):
    """Another program works with it."""


class NotOwnerError(StateDirectoryError):
    """Root would leave files there that its owner cannot read."""


def require_owner(state_dir: Path) -> None:
    """Refuse root in a directory of somebody else: the bridge, started as its own user, could not read a new key.

    Raises:
        NotOwnerError: That is so.
        OSError: There is no such directory.
    """
    owner = state_dir.stat().st_uid
    if os.geteuid() != 0 or owner == 0:
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    raise NotOwnerError(
        f"{state_dir} belongs to the user {name}, who could not read what root writes there. "
        f"Give the same command as that user: runuser -u {name} -- /opt/school/bin/firmware-bridge ..."
    )


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the lock of a state directory; the kernel drops it with the process, however that ends.

    Raises:
        StateInUseError: A bridge runs there.
        NotOwnerError: This is root, and the directory is somebody else's.
        OSError: There is no such directory.
    """
    require_owner(state_dir)
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
