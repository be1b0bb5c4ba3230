"""The witness: what relays really did, written down by the building and not by the bridge.

Whether an event was lost or doubled is judged by comparing this file with the bridge's events. One JSON object a line,
with ``mono_s`` (the machine's monotonic clock) and ``at`` (UTC); each line is handed to the system before the next
thing happens, so a bridge that is killed takes nothing of it with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from firmware_bridge.controller.events import Moment

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def stamped(what: str, moment: Moment, detail: Mapping[str, Json]) -> dict[str, Json]:
    """A happening as the relay log and the control socket's ``watch`` show it."""
    at = moment.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"what": what, "at": at, "mono_s": round(moment.mono_s, 6), **detail}


class RelayLog:
    """Appends happenings to a file while it is open; ``None`` as a path keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def open(self) -> None:
        """Open the file at its end."""
        self._file = self._path.open("a", encoding="utf-8") if self._path else None

    def write(self, happening: Mapping[str, Json]) -> None:
        """Append one line, and flush it."""
        if self._file:
            self._file.write(json.dumps(happening) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None


def read_relay_log(path: Path) -> list[dict[str, Json]]:
    """Every whole line of a relay log; a last line that is cut off is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]
