"""Bridge and simulator as the processes that they are in a school."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from access_control.core.wire.events import EventRecord, decode_event
from firmware_bridge.local.client import LocalClient
from firmware_bridge.simulator.config import BuildingConfig
from firmware_bridge.simulator.config_writing import write_building
from firmware_bridge.simulator.remote import Remote
from tests.building.signed import Installation

START_S = 60.0  # a bound on a loaded machine, not a measure


class NotInTimeError(AssertionError):
    """Something that had to happen did not."""


def until(true: Callable[[], Any], what: str, seconds: float = START_S) -> Any:
    """Wait until ``true()`` is, and hand back what it said."""
    for _ in range(int(seconds / 0.02)):
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise NotInTimeError(f"waited {seconds} s in vain: {what}")


@dataclass
class Process:
    """One of our programs; what it prints is kept."""

    popen: subprocess.Popen[str]
    out: list[str]
    err: list[str]

    def kill(self) -> None:
        """As the kernel or a power switch does it."""
        self.popen.kill()
        self.popen.wait(START_S)

    def stop(self) -> int:
        """As systemd does it; the exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(START_S)


def launch(arguments: list[str], *, cwd: Path, env: Mapping[str, str] | None = None, prefix: str = "") -> Process:
    """Start ``firmware-bridge ARGUMENTS``; ``prefix`` is Python that runs before it in the same process."""
    code = f"{prefix}\nimport sys; from firmware_bridge.__main__ import main; sys.exit(main(sys.argv[1:]))"
    popen = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process = Process(popen, [], [])
    assert popen.stdout is not None
    assert popen.stderr is not None
    for stream, lines in ((popen.stdout, process.out), (popen.stderr, process.err)):
        threading.Thread(target=_collect, args=(stream, lines), daemon=True).start()
    return process


def _collect(stream: Any, lines: list[str]) -> None:
    with stream:
        lines.extend(line.rstrip("\n") for line in iter(stream.readline, ""))


def finished(arguments: list[str], *, cwd: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end; ``typed`` is what it reads."""
    command = [sys.executable, "-m", "firmware_bridge", *arguments]
    return subprocess.run(command, cwd=cwd, input=typed, capture_output=True, text=True, timeout=START_S, check=False)


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """Make sure that it does not outlive the test."""
    try:
        yield process
    finally:
        if process.popen.poll() is None:
            process.popen.kill()
        process.popen.wait(START_S)


class Site:
    """One installation with its simulator running; the bridge is started and ended by the test."""

    def __init__(self, installation: Installation, building: BuildingConfig | None = None) -> None:
        self.installation = installation
        self._building = building or installation.building()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        path = self.installation.place / "building.json"
        write_building(self._building, path)
        place = self.installation.place
        self.simulator = self._stack.enter_context(ended(launch(["simulate", str(path)], cwd=place)))
        until(lambda: self.simulator.out or self.simulator.popen.poll() is not None, "the simulator is ready")
        assert self.simulator.out, self.simulator.err
        self.remote = self._stack.enter_context(Remote(self.installation.simulator_socket))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start_bridge(self, *, wait: bool = True, prefix: str = "") -> Process:
        """Start the bridge; it ends with the test at the latest."""
        bridge = launch(
            ["run", "--config", str(self.installation.settings)], cwd=self.installation.place, prefix=prefix
        )
        self._stack.enter_context(ended(bridge))
        self._bridge = bridge
        if wait:
            until(lambda: bridge.out or bridge.popen.poll() is not None, "the bridge is ready")
            assert bridge.out, bridge.err
        return bridge

    def kill_bridge(self) -> None:
        """The one that was started last."""
        self._bridge.kill()

    def client(self) -> LocalClient:
        return LocalClient(self.installation.state / "control.sock", START_S)

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.status()

    def apply(self, *documents: bytes) -> None:
        with self.client() as client:
            for document in documents:
                client.apply(document)

    def wait_for_readers(self) -> None:
        """Until every reader's line is encrypted and every door is proved secured."""

        def ready() -> bool:
            status = self.status()
            links = {reader["link"] for reader in status["readers"]}
            return links == {"secure"} and {door["security"] for door in status["doors"]} == {"secured"}

        until(ready, "every reader is secure and every door secured")

    def events(self) -> list[EventRecord]:
        """Everything in the outbox of a bridge that runs or has ended."""
        return read_events(self.installation.state / "outbox.db")

    def codes(self) -> list[str]:
        return [event.code for event in self.events()]


def read_events(path: Path) -> list[EventRecord]:
    """Every event of an outbox, without changing it."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [decode_event(body) for (body,) in db.execute("SELECT body FROM events ORDER BY seq")]
    finally:
        db.close()
