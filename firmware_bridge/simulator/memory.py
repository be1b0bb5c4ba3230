"""What readers keep without power: keys, addresses and speeds that a panel gave them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from firmware_bridge.simulator.peripheral import Peripheral


class LostMemoryError(Exception):
    """The file does not hold what readers remember; the message is a sentence."""


class ReaderMemory:
    """A file for all readers of a building, written whole each time; ``None`` keeps things only while it runs."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept: dict[str, dict[str, str | int | None]] = {}
        if path and path.exists():
            self._kept = _read(path)

    def recall(self, peripheral: Peripheral) -> None:
        """Give a reader back what it was last told."""
        kept = self._kept.get(peripheral.head.name)
        if kept:
            key = kept["key"]
            peripheral.key = bytes.fromhex(str(key)) if key else None
            peripheral.address, peripheral.baud = int(kept["address"] or 0), int(kept["baud"] or 0)

    def keep(self, peripheral: Peripheral) -> None:
        """Remember what a reader was told."""
        self._kept[peripheral.head.name] = {
            "key": peripheral.key.hex() if peripheral.key else None,
            "address": peripheral.address,
            "baud": peripheral.baud,
        }
        if self._path:
            new = self._path.with_name(self._path.name + ".new")
            fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                json.dump(self._kept, file)
            new.replace(self._path)


def _read(path: Path) -> dict[str, dict[str, str | int | None]]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or any(set(row) != {"key", "address", "baud"} for row in kept.values()):
        raise LostMemoryError(
            f"{path} does not hold what simulated readers remember. Remove it; they are then fresh from their boxes."
        )
    return kept
