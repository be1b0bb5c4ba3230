"""A scanner that is pulled out and comes back under another number, with the same lasting name."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import Event, LinkState, PortChanged, ReaderLinkChanged, TextScanned
from firmware_bridge.devices.scanner_port import ScannerPort
from firmware_bridge.simulator.line import Line


def test_it_is_missed_found_again_and_read(tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    told: queue.Queue[Event] = queue.Queue()
    port = ScannerPort("Desk", str(name), 115200, 3, emit=told.put, clock=SystemClock())

    def await_one(fact: Callable[[Event], bool]) -> None:
        while not fact(told.get(timeout=20)):
            pass

    try:
        for number in (0, 1):
            name.unlink(missing_ok=True)
            name.symlink_to(tmp_path / f"ttyACM{number}")
            with Line(tmp_path / f"ttyACM{number}", 115200, half_duplex=False) as line:
                if number == 0:
                    port.start()
                await_one(lambda event: isinstance(event, PortChanged) and (event.port, event.up) == ("Desk", True))
                await_one(lambda event: isinstance(event, ReaderLinkChanged) and event.state is LinkState.UP)
                line.transmit(b"PASS\r")
                await_one(lambda event: isinstance(event, TextScanned) and event.text == "PASS")
            await_one(lambda event: isinstance(event, PortChanged) and (event.port, event.up) == ("Desk", False))
            await_one(lambda event: isinstance(event, ReaderLinkChanged) and event.state is LinkState.DOWN)
    finally:
        port.stop()
