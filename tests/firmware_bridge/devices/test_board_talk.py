"""Asking on a line whose other end never stops talking."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from access_control.core.decision.model import Board
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import Event, OutputProved
from firmware_bridge.devices.board_talk import LONGEST_DRAIN_S, AskedLine, NoAnswerError
from firmware_bridge.devices.lcus_port import LcusPort
from firmware_bridge.devices.serial_line import open_line
from tests.building.processes import until
from tests.firmware_bridge.devices.modbus_rack import drive

PAUSE_S = 0.004
"""Shorter than any silence that a talk waits for."""


@contextmanager
def chatterer(says: bytes) -> Iterator[str]:
    """A pty whose far end says something every few milliseconds for ever, as at a slow line's speed."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    stopping = threading.Event()

    def chatter() -> None:
        while not stopping.wait(PAUSE_S):
            try:
                os.write(master, says)
                os.read(master, 4096)
            except BlockingIOError:
                continue

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        stopping.set()
        thread.join()
        os.close(master)
        os.close(slave)


def test_a_device_that_never_falls_silent_is_not_waited_for() -> None:
    with chatterer(b"\0") as path:
        line = AskedLine(open_line(path, 9600), SystemClock())
        begun_s = SystemClock().monotonic_s()
        line.drain(0.05)
        assert SystemClock().monotonic_s() - begun_s < LONGEST_DRAIN_S + 0.2
        with pytest.raises(NoAnswerError):
            line.ask(b"?", lambda _: None, 0.1)
        assert SystemClock().monotonic_s() - begun_s < 2 * LONGEST_DRAIN_S + 1.0
        line.close()


def test_a_board_that_never_falls_silent_keeps_no_lease_from_ending() -> None:
    events: list[Event] = []
    with chatterer(b"\0") as path:
        built = Board(1, "Relays", "U", 1, 4, 0)
        port = LcusPort("U", path, 9600, [built], "probe", emit=events.append, clock=SystemClock())
        port.start()
        until(lambda: any(isinstance(event, OutputProved) for event in events), "the board is read")
        silent_s = []
        for _ in range(4):
            port.submit(drive(1, 0))
            time.sleep(0.5)
            silent_s.append(port.silent_s())
        assert max(silent_s) < 2.0
        port.stop()
