"""A capture is read back as it was written, and gives the pure panel the same events as the line did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import CardPresented, Event, LinkState, Moment, PortChanged, ReaderLinkChanged
from firmware_bridge.controller.events import ReaderTampered as Tampered
from firmware_bridge.devices.capture import (
    CaptureError,
    Head,
    head_shape,
    read_capture,
    read_head,
    read_traced,
    traced_shape,
)
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.tracing import Traced, Tracer
from firmware_bridge.protocol.osdp.bus import Bus
from firmware_bridge.protocol.osdp.frames import Packet
from tests.firmware_bridge.devices.bench_line import Reader, bench_line
from tests.firmware_bridge.devices.foreign_line import events

BAUD = 115200
KEY = b"K" * 16
HEAD = Head("A", BAUD, "2026-11-23T09:30:00.000Z")
MADE_UP = Bits(0x1234567, 26)


def same_bytes(count: int) -> bytes:
    """What a panel draws at random, the same each time."""
    return bytes(range(count))


def setups() -> list[ReaderSetup]:
    return [ReaderSetup(1, 1, KEY), ReaderSetup(2, 2)]


def captured(folder: Path) -> tuple[list[str], list[Event]]:
    """A reader comes up, a card is held to it and it is opened, while another one has no key yet."""
    log, emit = events()
    with bench_line(folder / "A", [Reader(1, key=KEY), Reader(2)]) as (_, (reader, _second)):
        port = OsdpPort("A", str(folder / "A"), BAUD, setups(), emit=emit, clock=SystemClock(), entropy=same_bytes)
        watcher = port.tap.watch()
        assert watcher is not None
        port.start()
        log.await_one(ReaderLinkChanged, lambda event: event.state is LinkState.SECURE)
        log.await_one(ReaderLinkChanged, lambda event: event.state is LinkState.CLEAR)
        reader.head.present(MADE_UP)
        log.await_one(CardPresented)
        reader.head.set_tampered(tampered=True)
        log.await_one(Tampered, lambda event: event.tampered)
        happened = [event for event in log.entries if not isinstance(event, PortChanged)]
        port.stop()
    pieces, lost = watcher.fetch()
    assert not lost
    shapes = [head_shape(HEAD), *map(traced_shape, Tracer(BAUD).trace(pieces))]
    return [json.dumps(shape) for shape in shapes], happened


def test_a_capture_replays_into_the_same_events(tmp_path: Path) -> None:
    lines, happened = captured(tmp_path)
    head, trace = read_capture(lines)
    bus = Bus(setups(), head.baud, same_bytes)
    at = SystemClock().moment().at
    for traced in trace:
        assert traced.packet is not None
        moment = Moment(at, traced.mono_s)
        if traced.packet.reply:
            bus.receive(traced.packet.to_bytes(), moment)
        else:
            assert bus.advance(moment) == traced.packet.to_bytes()

    def without_time(found: list[Event]) -> list[Any]:
        fields = [{name: getattr(event, name) for name in event.__slots__ if name != "moment"} for event in found]
        return [(type(event).__name__, said) for event, said in zip(found, fields, strict=True)]

    assert without_time(bus.events)[: len(happened)] == without_time(happened)
    assert ("CardPresented", {"reader": 1, "bits": MADE_UP}) in without_time(bus.events)


def test_head_and_lines_come_back() -> None:
    packet = Packet(5, 2, 0x60)
    for traced in (Traced(1.5, packet), Traced(2.0, noise=3), Traced(2.5, lost=9)):
        assert read_traced(json.loads(json.dumps(traced_shape(traced)))) == traced
    assert read_head(json.loads(json.dumps(head_shape(HEAD)))) == HEAD
    _, lines = read_capture([json.dumps(head_shape(HEAD)), "", json.dumps(traced_shape(Traced(1.0, packet)))])
    assert list(lines) == [Traced(1.0, packet)]


def change(**fields: Any) -> Callable[[], Any]:
    return lambda: read_head(head_shape(HEAD) | fields)


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: read_capture([]), "not a capture"),
        (lambda: read_capture(["rubbish"]), "not a capture"),
        (lambda: read_capture(['{"capture": "other"}']), "not a capture"),
        (change(version=9), "has version 9, and this program reads 1"),
        (change(baud="fast"), "head of this capture is damaged"),
        (lambda: read_traced({"t": 1.0, "dir": "out", "hex": "5301"}), "damaged"),
        (lambda: read_traced({"t": 1.0, "dir": "out", "hex": "xyz"}), "damaged"),
        (lambda: read_traced({"dir": "out"}), "damaged"),
        (lambda: read_traced([]), "damaged"),
        (lambda: read_traced({"t": 1.0, "dir": "in", "hex": Packet(1, 1, 0x60).to_bytes().hex()}), "other way"),
    ],
)
def test_what_is_no_capture_is_one_sentence(read: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(CaptureError, match=sentence):
        read()
