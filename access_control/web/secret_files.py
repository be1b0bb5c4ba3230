"""Files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make a folder, with those it lies in, that nobody else may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)


def write_private(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file that nobody else may read; whole or not at all.

    Raises:
        FileExistsError: It is there already, and ``replace`` is false.
    """
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            made.replace(path)
        else:
            os.link(made, path)
    finally:
        made.unlink(missing_ok=True)
