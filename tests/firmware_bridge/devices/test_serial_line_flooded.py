"""A megabyte that means nothing, or many things, at each kind of port: it lives, stays small, and says little.

A port of boards reads only when it asks, 20 to 100 kB a second, and a reader of tags brings 1 kB a second at most:
they get less in the short run.
"""

from __future__ import annotations

import os
import time

import pytest

from firmware_bridge.controller.events import (
    BoardLinkChanged,
    CardPresented,
    Event,
    OutputProved,
    PortChanged,
    Proof,
    ReaderAlarmed,
    ReaderLinkChanged,
    TextScanned,
)
from firmware_bridge.devices.scanner_port import LONGEST_TEXT, TextLines
from tests.building.flooded_ports import LINES, LISTENING, USB_BOARDS, Make
from tests.building.flooding import KINDS, flooded_line, megabyte, resident_bytes
from tests.building.processes import until

LONG = bool(os.environ.get("LONG"))
SEEDS = range(3 if LONG else 1)
MOST_GROWTH = 16 * 2**20


def slow(seed: int, short: int = 2**15) -> int:
    """How much is sent where a port reads slowly, as from a board that is asked: a megabyte in one long round."""
    return 2**20 if LONG and seed == 0 else short


def flood(make: Make, kind: str, seed: int, size: int = 2**20) -> tuple[list[Event], int, bool]:
    """What was told, how much memory was taken, and whether all was read by a thread that still runs."""
    events: list[Event] = []
    with flooded_line() as line:
        port = make(line.path, events.append)
        port.start()
        until(lambda: any(isinstance(event, PortChanged) for event in events), "the port is open")
        before = resident_bytes()
        taken = line.send(megabyte(kind, seed)[:size])
        time.sleep(0.3)
        grown = resident_bytes() - before
        alive = port.alive()
        port.stop()
    return events, grown, taken and alive


def links_and_alarms(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, ReaderAlarmed | ReaderLinkChanged | BoardLinkChanged)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LINES)
def test_a_megabyte_at_a_line_of_devices(name: str, kind: str, seed: int) -> None:
    events, grown, survived = flood(LINES[name], kind, seed, slow(seed) if name == "modbus" else 2**20)
    assert survived
    assert grown < MOST_GROWTH
    assert len(links_and_alarms(events)) <= 4, links_and_alarms(events)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", USB_BOARDS)
def test_a_megabyte_at_a_board_of_its_own(name: str, kind: str, seed: int) -> None:
    events, grown, survived = flood(USB_BOARDS[name], kind, seed, slow(seed))
    assert survived
    assert grown < MOST_GROWTH
    assert len(links_and_alarms(events)) <= 4, links_and_alarms(events)
    # Nonsense proves nothing about a relay, least of all that it is on.
    proved = [event for event in events if isinstance(event, OutputProved)]
    assert not [event for event in proved if event.energised or event.proof is Proof.READ_BACK], proved


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["no end", "random", "starts"])
def test_a_megabyte_at_a_scanner(kind: str, seed: int) -> None:
    events, grown, survived = flood(LISTENING["scanner"], kind, seed)
    assert survived
    assert grown < MOST_GROWTH
    texts = [event.text for event in events if isinstance(event, TextScanned)]
    assert all(len(text) <= LONGEST_TEXT for text in texts)
    if kind != "random":
        assert texts == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_at_a_reader_of_tags(kind: str, seed: int) -> None:
    events, grown, survived = flood(LISTENING["em4100"], kind, seed, slow(seed, 2**16))
    assert survived
    assert grown < MOST_GROWTH
    assert len(links_and_alarms(events)) <= 4, links_and_alarms(events)
    if kind != "random":  # any bytes are a tag now and then: its check has eight bits
        assert not [event for event in events if isinstance(event, CardPresented)]


def test_a_line_without_end_is_never_kept_longer_than_a_code_can_be() -> None:
    lines = TextLines()
    for number in range(2**20 // 4096):
        assert lines.feed(b"A" * 4096, number * 0.001) == []
        assert len(lines._held) <= LONGEST_TEXT
    assert lines.feed(b"\r\n", 2.0) == []
    assert lines.feed(b"6BFO\r\n", 2.1) == ["6BFO"]
