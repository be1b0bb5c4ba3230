"""The programs of the demo: the service, a bridge and a simulator for each building. Starts them, and ends them all."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError

from access_control.clock import monotonic_s
from access_control.demo.children import Child
from access_control.demo.deck import Deck
from access_control.demo.errors import StageError
from access_control.demo.places import Places
from access_control.demo.plan import BUILDING_NAMES, Side
from access_control.demo.sockets import answers

BRIDGE_PROGRAM: Final = "firmware_bridge"
SERVICE_PROGRAM: Final = "access_control.demo.serving"
START_S: Final = 40.0
COMMAND_S: Final = 60.0
LOOK_S: Final = 0.03
SERVICE: Final = "service"


def bridge_name(side: Side) -> str:
    """What a building's bridge is called here."""
    return f"bridge-{side.name.lower()}"


def simulator_name(side: Side) -> str:
    """What a building's simulator is called here."""
    return f"simulator-{side.name.lower()}"


class Programs:
    """Names, processes, and whether they answer. Starting and stopping happens on the main thread."""

    def __init__(self, places: Places, deck: Deck, url: str, panel_url: str = "") -> None:
        """Nothing is started yet. ``url`` is the service's; ``panel_url`` the panel's, for the console to link to."""
        self.places = places
        self.url = url
        self._deck = deck
        self._children: dict[str, Child] = {
            SERVICE: Child(
                "service",
                SERVICE_PROGRAM,
                ["--config", str(places.service_toml), "--panel", panel_url],
                places.service_log,
            )
        }
        for side in Side:
            there = places.side(side)
            name = BUILDING_NAMES[side].lower()
            self._children[bridge_name(side)] = Child(
                f"bridge of the {name}",
                BRIDGE_PROGRAM,
                ["run", "--config", str(there.bridge_toml)],
                there.log("bridge"),
            )
            self._children[simulator_name(side)] = Child(
                f"simulator of the {name}",
                BRIDGE_PROGRAM,
                ["simulate", str(there.building)],
                there.log("simulator"),
            )

    # What the panel offers

    def overview(self) -> list[Mapping[str, Any]]:
        """Those that people may stop, in the order of the panel."""
        named = {SERVICE: "Service"} | {bridge_name(side): f"Bridge, {BUILDING_NAMES[side].lower()}" for side in Side}
        return [
            {"name": name, "title": title, "running": self._children[name].running} for name, title in named.items()
        ]

    def start(self, name: str) -> str:
        """Start one that is stopped, and wait until it answers."""
        child = self._one(name)
        if child.running:
            return f"The {child.name} is running already."
        self._deck.do(child.start)
        self.wait_for(name)
        return f"The {child.name} has started again."

    def stop(self, name: str) -> str:
        """Stop one properly."""
        child = self._one(name)
        self._deck.do(child.stop)
        return f"The {child.name} was stopped."

    def kill(self, name: str) -> str:
        """``kill -9`` one: no warning, no chance to tidy up."""
        child = self._one(name)
        pid = child.pid
        self._deck.do(child.kill)
        return f"The {child.name} was killed (process {pid})."

    # What the demo needs

    def begin(self, *names: str) -> None:
        """Start several; :meth:`wait_for` waits for them."""
        for name in names:
            self._children[name].start()

    def end(self) -> None:
        """End everything: bridges first, so that they say goodbye to the service and their boards."""
        order = [bridge_name(side) for side in Side] + [SERVICE] + [simulator_name(side) for side in Side]
        for some in (order[:2], order[2:]):
            stopping = [threading.Thread(target=self._children[name].stop) for name in some]
            for thread in stopping:
                thread.start()
            for thread in stopping:
                thread.join()

    def wait_for(self, *names: str, within_s: float = START_S) -> None:
        """Wait until programs answer.

        Raises:
            StageError: One has ended or does not answer; the sentence says where to look.
        """
        for name in names:
            child = self._one(name)
            answering = self._answering(name)
            began, pause = monotonic_s(), threading.Event()
            while not answering():
                if not child.running:
                    raise StageError(f"The {child.name} ended at once: {child.last_words()} More is in {child.log}.")
                if monotonic_s() - began > within_s:
                    raise StageError(f"The {child.name} does not answer after {within_s:.0f} s; see {child.log}.")
                pause.wait(LOOK_S)

    def running(self, name: str) -> bool:
        """Whether one runs."""
        return self._one(name).running

    def _one(self, name: str) -> Child:
        if name not in self._children:
            raise StageError(f"There is no program {name} here.")
        return self._children[name]

    def _answering(self, name: str) -> Callable[[], bool]:
        if name == SERVICE:
            return lambda: _healthy(self.url)
        sockets = {bridge_name(side): self.places.side(side).bridge_socket for side in Side}
        sockets |= {simulator_name(side): self.places.side(side).simulator_socket for side in Side}
        return lambda: answers(sockets[name])


def commands(lines: Sequence[Sequence[str]]) -> None:
    """Run several commands of the bridge's program at a time, to their ends.

    Raises:
        StageError: One failed; the sentence is its own.
    """
    running = [
        subprocess.Popen(  # noqa: S603 - our own program with arguments of our own
            [sys.executable, "-m", BRIDGE_PROGRAM, *line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in lines
    ]
    for failure in list(_failures(running, lines)):
        raise StageError(failure)


def _failures(running: Sequence[subprocess.Popen[str]], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    for process, line in zip(running, lines, strict=True):
        with process:
            try:
                said, _ = process.communicate(timeout=COMMAND_S)
            except subprocess.TimeoutExpired:
                process.kill()
                yield f"'firmware-bridge {line[0]}' did not end within {COMMAND_S:.0f} seconds."
                continue
        if process.returncode:
            yield f"'firmware-bridge {line[0]}' failed: {said.strip()}"


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2.0) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def log_of(places: Places, name: str) -> Path:
    """Where a program's output goes."""
    if name == SERVICE:
        return places.service_log
    kind, _, side = name.partition("-")
    return places.side(Side[side.upper()]).log(kind)
