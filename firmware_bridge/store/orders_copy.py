"""The Orders on the disk, with everything that was kept of earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from access_control.core.wire.kept import Kept
from access_control.core.wire.kept_file import decode_kept, encode_kept
from firmware_bridge.store.floors import raise_floor
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.read_only import remedy
from firmware_bridge.store.shelf import Found, Shelf

NAME = "orders"


class OrdersCopy:
    """A shelf that follows what is in force. :meth:`owe` may be called at any time, :meth:`keep` by one at a time."""

    def __init__(self, directory: Path, memory: BridgeMemory) -> None:
        """Nothing is read before :meth:`load`."""
        self._shelf = Shelf(directory, NAME)
        self._memory = memory
        self._changed = 0
        self._written = 0

    def load(self, at: datetime) -> Found[Kept]:
        """What was kept last; see :meth:`Shelf.get`."""
        return self._shelf.get(decode_kept, at)

    def owe(self) -> None:
        """What is in force changed; called by one at a time, after the change."""
        self._changed += 1

    @property
    def owed(self) -> bool:
        """Whether the disk has something older than what is in force."""
        return self._written != self._changed

    def keep(self, in_force: Callable[[], Kept]) -> None:
        """Bring the disk up to what is in force now, whichever change this was asked for.

        Raises:
            MemoryFullError: The disk took nothing; it is still owed.
        """
        changed = self._changed  # before it is asked what is in force: a change after that is owed on
        if changed == self._written:
            return
        kept = in_force()
        if kept.revision is not None:
            raise_floor(self._memory, NAME, kept.revision)
        content = encode_kept(kept)
        try:
            for _ in range(2):  # the copy before it as well: an older one would let a revoked badge back in
                self._shelf.put(content)
        except OSError as error:
            why = f"It could not be stored ({error.strerror}), so a restart would forget it. {remedy(error)}"
            raise MemoryFullError(why) from error
        self._written = changed
