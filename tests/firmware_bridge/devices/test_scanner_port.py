from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    Event,
    LinkAlarm,
    LinkState,
    Moment,
    OutputFailed,
    PortChanged,
    ReaderAlarmed,
    ReaderLinkChanged,
    TextScanned,
)
from firmware_bridge.devices.scanner_port import LONGEST_TEXT, ScannerEar, ScannerPort
from firmware_bridge.simulator.line import Line

FRONT_DOOR_SCANNER = 3


def test_a_megabyte_without_a_line_end_is_kept_in_little_memory_and_told_once() -> None:
    ear = ScannerEar(FRONT_DOOR_SCANNER)
    told: list[Event] = []
    for i in range(256):
        told += ear.hear(b"A" * 4096, at(1.0 + i * 0.04))
        assert len(ear._lines._held) <= LONGEST_TEXT
    told += ear.hear(b"", at(20.0))
    (alarm,) = told
    assert isinstance(alarm, ReaderAlarmed)
    assert (alarm.reader, alarm.alarm) == (FRONT_DOOR_SCANNER, LinkAlarm.GARBAGE)
    assert ear.silent_at_s() is None
    (text,) = ear.hear(b"VISITOR\r", at(21.0))
    assert isinstance(text, TextScanned)


def test_a_scanner_that_comes_back_does_not_go_on_with_an_old_text() -> None:
    ear = ScannerEar(FRONT_DOOR_SCANNER)
    assert ear.hear(b"VISI", at(1.0)) == []
    ear.begin()
    (text,) = ear.hear(b"TOR\r", at(1.01))
    assert isinstance(text, TextScanned)
    assert text.text == "TOR"


def at(second: float) -> Moment:
    return Moment(datetime(2026, 11, 23, 10, 0, tzinfo=UTC), second)


class Scanner:
    """A port on a simulated cable, and what it tells."""

    def __init__(self, path: Path) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.port = ScannerPort("D", str(path), 115200, FRONT_DOOR_SCANNER, emit=self.events.put, clock=SystemClock())

    def next(self) -> Event:
        return self.events.get(timeout=10)


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    scanner = Scanner(tmp_path / "D")
    yield scanner
    scanner.port.stop()


def test_a_scanned_pass_becomes_an_event(scanner: Scanner, tmp_path: Path) -> None:
    with Line(tmp_path / "D", 115200, half_duplex=False) as line:
        scanner.port.start()
        up = scanner.next()
        assert isinstance(up, PortChanged)
        assert up.up
        link = scanner.next()
        assert isinstance(link, ReaderLinkChanged)
        assert (link.reader, link.state) == (FRONT_DOOR_SCANNER, LinkState.UP)
        line.transmit(b"6BFOXN*TS0BI$ZD\r")
        read = scanner.next()
        assert isinstance(read, TextScanned)
        assert (read.reader, read.text) == (FRONT_DOOR_SCANNER, "6BFOXN*TS0BI$ZD")
        scanner.port.stop()
    down = scanner.next()
    assert isinstance(down, PortChanged)
    assert not down.up


def test_a_missing_port_is_said_once_and_found_when_it_comes(scanner: Scanner, tmp_path: Path) -> None:
    scanner.port.start()
    missing = scanner.next()
    assert isinstance(missing, PortChanged)
    assert "is not there" in missing.why
    down = scanner.next()
    assert isinstance(down, ReaderLinkChanged)
    assert down.state is LinkState.DOWN
    with Line(tmp_path / "D", 115200, half_duplex=False):
        up = scanner.next()
        assert isinstance(up, PortChanged)
        assert up.up
        scanner.port.stop()


def test_a_scanner_that_is_unplugged_is_missed(scanner: Scanner, tmp_path: Path) -> None:
    master, slave = os.openpty()
    (tmp_path / "D").symlink_to(os.ttyname(slave))
    scanner.port.start()
    assert [type(scanner.next()), type(scanner.next())] == [PortChanged, ReaderLinkChanged]
    os.close(slave)
    os.close(master)
    gone = scanner.next()
    assert isinstance(gone, PortChanged)
    assert "has gone" in gone.why


def test_a_scanner_has_no_outputs_and_shows_nothing(scanner: Scanner) -> None:
    lock = Point(DeviceKind.READER, FRONT_DOOR_SCANNER, 0)
    scanner.port.submit(ShowAtReader(FRONT_DOOR_SCANNER, Indication.GRANTED, 1.0, silent=False))
    scanner.port.submit(DriveOutput(lock, energised=True, lease_s=5, urgency=Urgency.GRANT))
    failed = scanner.next()
    assert isinstance(failed, OutputFailed)
    assert failed.point == lock
    assert scanner.events.empty()
