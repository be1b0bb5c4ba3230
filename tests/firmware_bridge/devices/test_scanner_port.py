from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    Event,
    LinkState,
    OutputFailed,
    PortChanged,
    ReaderLinkChanged,
    TextScanned,
)
from firmware_bridge.devices.scanner_port import IDLE_S, LONGEST_TEXT, ScannerPort, TextLines
from firmware_bridge.simulator.line import Line

FRONT_DOOR_SCANNER = 3


def test_a_text_ends_at_the_line_end_whatever_pieces_it_comes_in() -> None:
    lines = TextLines()
    assert lines.feed(b"VISI", 1.0) == []
    assert lines.feed(b"TOR\r\nNEXT\r", 1.01) == ["VISITOR", "NEXT"]


def test_a_scanner_without_line_ends_is_understood_after_a_silence() -> None:
    lines = TextLines()
    assert lines.ends_at_s() is None
    lines.feed(b"VISITOR", 1.0)
    assert lines.idle(1.0 + IDLE_S / 2) == []
    assert lines.ends_at_s() == 1.0 + IDLE_S
    assert lines.feed(b"NEXT", 2.0) == ["VISITOR"]
    assert lines.idle(3.0) == ["NEXT"]


def test_control_characters_and_the_kind_of_symbol_are_left_out() -> None:
    assert TextLines().feed(b"]Q1\x02AB\x00C\x7f\r", 1.0) == ["]Q1ABC"[3:]]


def test_empty_lines_and_bytes_that_are_no_text_do_no_harm() -> None:
    assert TextLines().feed(b"\r\n \r\xff\xfe\r", 1.0) == ["\ufffd\ufffd"]


def test_a_line_that_is_too_long_is_thrown_away_whole() -> None:
    lines = TextLines()
    assert lines.feed(b"A" * (LONGEST_TEXT + 1) + b"\r", 1.0) == []
    assert lines.feed(b"B" * LONGEST_TEXT + b"\r", 1.0) == ["B" * LONGEST_TEXT]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=200)))
def test_no_bytes_break_it_and_no_text_has_control_characters(pieces: list[bytes]) -> None:
    lines = TextLines()
    for i, piece in enumerate(pieces):
        for text in lines.feed(piece, i * 0.03):
            assert text.strip()
            assert all(ord(c) >= 0x20 and not 0x7F <= ord(c) < 0xA0 for c in text)
            assert len(text) <= LONGEST_TEXT


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
