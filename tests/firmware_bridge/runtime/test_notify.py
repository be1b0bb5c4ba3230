"""What systemd hears of a bridge."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from access_control.core.decision.model import Board
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.controller.events import KeysPressed, Moment, Proof
from firmware_bridge.devices.board_port import BoardPort
from firmware_bridge.local.client import LocalClient
from firmware_bridge.ports import HANGS_AFTER_S, Emit, Port
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.runtime.notify import NOBODY, Notifier, from_environment
from firmware_bridge.runtime.wiring import PortPlan
from tests.building.signed import Installation, School

PATIENCE_S = 30.0


class Systemd:
    """The end of a notify socket that a service manager has."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def next(self, within_s: float = PATIENCE_S) -> str | None:
        """What it is told next."""
        self._socket.settimeout(within_s)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            return None

    def await_words(self, wanted: str) -> None:
        """Wait until it is told this."""
        while (said := self.next()) != wanted:
            assert said is not None, wanted

    def forget(self) -> None:
        """Drop what has come."""
        while self.next(0.001) is not None:
            pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(place: Path) -> Iterator[Systemd]:
    manager = Systemd(str(place / "notify"))
    yield manager
    manager.close()


class StillPort:
    """A port on which nothing happens."""

    def __init__(self, name: str) -> None:
        self.name = name

    def start(self) -> None:
        """Nothing."""

    def submit(self, command: object) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


def still(plan: PortPlan, _: Emit, __: Clock) -> Port:
    return StillPort(plan.settings.name)


class LaterClock(SystemClock):
    """The machine's clock, with seconds that somebody lets pass."""

    later_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.later_s

    def moment(self) -> Moment:
        now = super().moment()
        return Moment(now.at, super().monotonic_s() + self.later_s)


class StuckAdapter:
    """A serial adapter whose driver does not come back from a read once it is ``stuck``."""

    def __init__(self) -> None:
        self.stuck, self.reading, self.back = threading.Event(), threading.Event(), threading.Event()

    def open(self) -> None:
        """It opens."""

    def close(self) -> None:
        """It closes."""

    def note(self) -> str:
        return ""

    def switch(self, _board: Board, _index: int, _patience_s: float, *, on: bool) -> tuple[bool, Proof]:
        return on, Proof.ACKNOWLEDGED

    def all_off(self, _board: Board, _patience_s: float) -> None:
        """They go off."""

    def read_outputs(self, board: Board, _patience_s: float) -> Sequence[bool]:
        return [False] * board.outputs

    def read_inputs(self, board: Board, _patience_s: float) -> Sequence[bool]:
        if self.stuck.is_set():
            self.reading.set()
            self.back.wait(PATIENCE_S)
        return [False] * board.inputs


def test_a_port_that_hangs_ends_the_signs_of_life_until_it_works_again(place: Path, manager: Systemd) -> None:
    installation = Installation(place)
    installation.install()
    adapter, clock = StuckAdapter(), LaterClock()

    def make(plan: PortPlan, emit: Emit, its: Clock) -> Port:
        name = plan.settings.name
        return BoardPort(name, plan.boards, adapter, emit=emit, clock=its) if plan.boards else StillPort(name)

    around = Surroundings(clock, make, notifier=Notifier(str(place / "notify"), 20.0))
    with Bridge(read_config(installation.settings), around) as bridge:
        school = School()
        with LocalClient(installation.state / "control.sock") as client:
            for document in (school.keys(), school.policy()):
                client.apply(document)
        manager.await_words("STATUS=The bridge is ready: 3 doors on 2 ports.")
        adapter.stuck.set()
        assert adapter.reading.wait(PATIENCE_S)
        clock.later_s = HANGS_AFTER_S + 1.0
        assert bridge._loop.status() is not None  # the loop itself works
        manager.forget()
        assert manager.next(3.0) is None, "a port that hangs must not look alive"
        adapter.stuck.clear()
        adapter.back.set()
        assert manager.next() == "WATCHDOG=1"


def test_a_bridge_is_ready_alive_while_its_loop_turns_and_stopping(
    place: Path, manager: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = Installation(place)
    installation.install()
    around = Surroundings(SystemClock(), still, notifier=Notifier(str(place / "notify"), 20.0))
    hangs, goes_on = threading.Event(), threading.Event()
    bridge = Bridge(read_config(installation.settings), around)
    with bridge:
        manager.await_words("READY=1\nSTATUS=The bridge is ready: 0 doors on 2 ports.")
        manager.await_words("WATCHDOG=1")
        school = School()
        with LocalClient(installation.state / "control.sock") as client:
            for document in (school.keys(), school.policy()):
                client.apply(document)
        manager.await_words("STATUS=The bridge is ready: 3 doors on 2 ports.")
        controller = bridge._loop._hands.controller

        def hang(_event: object) -> list[object]:
            hangs.set()
            goes_on.wait(PATIENCE_S)
            return []

        with monkeypatch.context() as broken:
            broken.setattr(controller, "handle", hang)
            bridge.emit(KeysPressed(around.clock.moment(), 1, "1"))
            assert hangs.wait(PATIENCE_S)
            manager.forget()
            assert manager.next(3.0) is None, "a loop that hangs must not look alive"
        goes_on.set()
        assert manager.next() == "WATCHDOG=1"
        manager.forget()
    manager.await_words("STOPPING=1\nSTATUS=Stopping: outputs go to rest.")


def test_without_a_watchdog_there_are_no_signs_of_life(place: Path, manager: Systemd) -> None:
    notifier = Notifier(str(place / "notify"))
    notifier.alive()
    for words in ("One port is away.", "One port is away.", "All is well."):
        notifier.status(words)
    assert [manager.next(), manager.next()] == ["STATUS=One port is away.", "STATUS=All is well."]


def test_the_kernels_own_names_are_understood() -> None:
    name = f"@bridge-test-{os.getpid()}"
    manager = Systemd(name)
    Notifier(name).ready("Ready.")
    assert manager.next() == "READY=1\nSTATUS=Ready."
    manager.close()


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens-here"])
def test_nobody_listening_is_no_trouble(address: str) -> None:
    Notifier(address, 1.0).ready("Ready.")
    NOBODY.stopping()


def test_a_full_socket_is_not_waited_for(place: Path, manager: Systemd) -> None:
    for _ in range(5000):
        Notifier(str(place / "notify"), 1.0).alive()
    assert manager.next() == "WATCHDOG=1"


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(os.getpid())}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_what_the_manager_hands_over(environment: dict[str, str], watchdog_s: float | None) -> None:
    assert from_environment({"NOTIFY_SOCKET": "/run/x", **environment}).watchdog_s == watchdog_s
