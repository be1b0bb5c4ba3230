"""Starts libosdp's reader as a process of its own, and keeps what a port says, for tests that wait."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from firmware_bridge.controller.events import Event

PROGRAM = Path(__file__).with_name("foreign_reader.py")
PATIENCE_S = 20.0
Happened = TypeVar("Happened")


class Log:
    """Things that happen in other threads, and a way to wait for them."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._changed = threading.Condition()

    def add(self, entry: object) -> None:
        with self._changed:
            self.entries.append(entry)
            self._changed.notify_all()

    def wait(self, fact: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
        with self._changed:
            return self._changed.wait_for(fact, within_s)

    def of(self, kind: type[Happened]) -> list[Happened]:
        return [entry for entry in tuple(self.entries) if isinstance(entry, kind)]

    def await_one(self, kind: type[Happened], fact: Callable[[Happened], bool] = lambda _entry: True) -> Happened:
        """The first event of a kind for which ``fact`` holds."""
        found: list[Happened] = []

        def look() -> bool:
            found[:] = [entry for entry in self.of(kind) if fact(entry)]
            return bool(found)

        assert self.wait(look), f"no such {kind.__name__} in {self.entries}"
        return found[0]


def events() -> tuple[Log, Callable[[Event], None]]:
    """A log, and what to hand to a port as ``emit``."""
    log = Log()
    return log, log.add


class ForeignReader:
    """libosdp's reader: where its line is, what it executed, and a hand to hold cards to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.said = Log()
        self._process = process
        assert process.stdout is not None
        self.path: str = json.loads(process.stdout.readline())["line"]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.add(json.loads(line))

    def do(self, **what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def executed(self, command: int) -> list[dict[str, Any]]:
        done = [entry["executed"] for entry in tuple(self.said.entries) if "executed" in entry]
        return [entry for entry in done if entry["command"] == command]

    def await_executed(self, command: int) -> dict[str, Any]:
        assert self.said.wait(lambda: bool(self.executed(command))), self.said.entries
        return self.executed(command)[-1]

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join(PATIENCE_S)


@contextmanager
def foreign_reader(key: bytes | None, address: int = 1) -> Iterator[ForeignReader]:
    """A reader with a key, or without one in its install mode."""
    settings = {"address": address, "key": key.hex() if key else None}
    command = [sys.executable, str(PROGRAM), json.dumps(settings)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        reader = ForeignReader(process)
        try:
            yield reader
        finally:
            reader.end()
