"""Where the control socket is: a file, or a name that the kernel keeps where the disk takes no new file.

A name that the kernel keeps has no mode, so each side looks who the other is: the bridge serves its own user and root,
and a client believes the owner of the socket's folder and root.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from firmware_bridge.store.read_only import read_only

_PEER: Final = struct.Struct("3i")  # process, user, group: what SO_PEERCRED answers


def listen_at(path: Path, waiting: int) -> tuple[socket.socket, bool]:
    """A listening socket at ``path``, and whether it is one of the kernel's names because nothing can be made there.

    Raises:
        OSError: It cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unwritable = read_only(path.parent)
    try:
        if unwritable:
            listener.bind(_kernel_name(path))
        else:
            path.unlink(missing_ok=True)
            with _owner_only():
                listener.bind(str(path))
        listener.listen(waiting)
    except OSError:
        listener.close()
        raise
    return listener, unwritable


def connected_to(path: Path, timeout_s: float) -> socket.socket:
    """A connection to whoever listens for ``path``.

    Raises:
        OSError: Nobody does, or a stranger.
    """
    try:
        return _connected(str(path), timeout_s)
    except OSError:
        found = _connected(_kernel_name(path), timeout_s)
    if not is_one_of(found, {0, os.getuid(), path.parent.stat().st_uid}):
        found.close()
        raise PermissionError("somebody else answers in the name of the bridge")
    return found


def is_one_of(peer: socket.socket, users: Collection[int]) -> bool:
    """Whether the process at the other end belongs to one of these users."""
    _, user, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return user in users


def _connected(address: str, timeout_s: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(timeout_s)
    try:
        line.connect(address)
    except OSError:
        line.close()
        raise
    return line


def _kernel_name(path: Path) -> str:
    return "\0firmware-bridge/" + sha256(os.path.realpath(path).encode()).hexdigest()[:32]


@contextmanager
def _owner_only() -> Iterator[None]:
    """Make what is created inside readable for its owner only."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
