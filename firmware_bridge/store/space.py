"""The room on the disk of the record of events: how much there is, and a reserve that is given up when it is gone."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from firmware_bridge.store.read_only import read_only

RESERVE_BYTES: Final = 3 * 1024 * 1024  # given up on a full disk so that making room has room itself


class Space:
    """Beside one file. ``min_free_bytes`` is how much of the disk is to stay free."""

    def __init__(self, path: Path, min_free_bytes: int) -> None:
        """Nothing is looked at or written yet."""
        self._place = path.parent
        self._path = path
        self._reserve = _reserve_of(path)
        self._min_free_bytes = min_free_bytes

    def read_only(self) -> bool:
        """Whether the disk can only be read."""
        return read_only(self._place)

    def give_up(self) -> None:
        """Let the reserve go; a disk that can only be read keeps it."""
        give_up_reserve(self._path)

    def short(self) -> bool:
        """Whether too little is free; where there is plenty, the reserve is set up again.

        Raises:
            OSError: The disk does not say.
        """
        free = shutil.disk_usage(self._place).free
        if free >= self._min_free_bytes + RESERVE_BYTES:
            self._set_up()
        return free < self._min_free_bytes

    def _set_up(self) -> None:
        if not self._reserve.exists():
            try:
                self._reserve.write_bytes(bytes(RESERVE_BYTES))
            except OSError:
                self.give_up()


def give_up_reserve(path: Path) -> None:
    """Let the reserve beside a record of events go, also while nobody has that open; see :meth:`Space.give_up`."""
    with suppress(OSError):
        _reserve_of(path).unlink(missing_ok=True)


def _reserve_of(path: Path) -> Path:
    return path.with_name(path.name + ".reserve")
