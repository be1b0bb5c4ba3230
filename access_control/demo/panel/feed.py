"""What happened in the simulated buildings, in plain words, from the log that the buildings write themselves."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from access_control.demo.plan import BY_ID, MAIN_ENTRANCE, SCANNER

KEPT: Final = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One happening. ``at`` is RFC 3339 in UTC; ``door`` is painted on the frame, empty when it is at none."""

    n: int
    at: str
    door: str
    words: str


class Feed:
    """Reads on where it stopped, in all logs."""

    def __init__(self, logs: list[Path]) -> None:
        """What the logs hold already is not told."""
        self._read = {log: log.stat().st_size if log.exists() else 0 for log in logs}
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._told = 0
        self._reading = threading.Lock()

    def since(self, n: int) -> list[Line]:
        """Everything newer than line ``n``, oldest first."""
        with self._reading:
            news = [found for log in self._read for found in self._news(log)]
            for found in sorted(news, key=lambda found: str(found["at"])):
                words = told(found)
                if words:
                    self._told += 1
                    self._lines.append(Line(self._told, found["at"], _number(found), words))
            return [line for line in self._lines if line.n > n]

    def _news(self, log: Path) -> list[dict[str, Any]]:
        if not log.exists():
            return []
        with log.open("rb") as file:
            file.seek(self._read[log])
            whole, end, _ = file.read().rpartition(b"\n")
        self._read[log] += len(whole) + len(end)
        return [json.loads(line) for line in whole.splitlines()]


def _number(found: dict[str, Any]) -> str:
    door = found.get("door") or found.get("reader")
    door = MAIN_ENTRANCE if door == SCANNER else door
    return BY_ID[door].number if door in BY_ID else ""


def told(found: dict[str, Any]) -> str:
    """A line of a building's log in words; empty when it is of no interest."""
    match found["what"]:
        case "card":
            return "A card is presented to the reader."
        case "scan":
            return "A code is shown to the scanner."
        case "keys":
            return "Somebody types on the reader."
        case "led":
            return f"The reader shows {_light(found['shows'])}."
        case "buzzer":
            return f"The reader sounds: {found['shows']}."
        case "lock":
            return "The lock releases." if found["released"] else "The lock is locked."
        case "door":
            return "The door opens." if found["open"] else "The door closes."
        case "walk":
            return _walked(found)
        case "input":
            return f"An input moves: {found.get('point')}."
        case "power":
            return "A device was without power."
        case _:
            return ""


def _light(shows: str) -> str:
    colour, _, other = shows.partition("/")
    if other:
        return f"{colour}, blinking" if other == "off" else f"{colour} and {other} in turn"
    return "no light" if colour == "off" else colour


def _walked(found: dict[str, Any]) -> str:
    if found.get("result") != "passed":
        return "Nobody gets in: the person gives up."
    return "Somebody has left." if found.get("out") else "The person is in."
