"""Two heads behind one address are two readers: cards, keys and faces each their own; the rest is the device's."""

import random

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.controller.events import (
    CardPresented,
    KeysPressed,
    LinkAlarm,
    LinkState,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
)
from firmware_bridge.protocol.osdp.bus import Bus
from firmware_bridge.protocol.osdp.setup import ReaderSetup
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.relay_log import RelayLog
from firmware_bridge.simulator.world import World
from tests.building.clock import SetClock
from tests.building.memory_line import MemoryLine, reader

KEY = b"K" * 16
IN, OUT = 4, 5
BOTH = ((0, IN), (1, OUT))


def two_heads(heads: tuple[tuple[int, int], ...] = BOTH) -> tuple[MemoryLine, Peripheral]:
    clock = SetClock()
    device = reader(IN, KEY, World((), clock, RelayLog(None)), second_head=OUT)
    bus = Bus([ReaderSetup(IN, IN, KEY, heads=heads)], 9600, random.Random(1).randbytes)
    line = MemoryLine(bus, [device], clock)
    assert line.run_until(lambda: device.secure)
    line.run(1.0)
    return line, device


def test_a_card_and_keys_are_those_of_the_head_that_they_came_from() -> None:
    line, device = two_heads()
    device.head.present(Bits(1, 26), 0)
    device.head.present(Bits(2, 26), 1)
    device.head.press("7", 1)
    line.run(1.0)
    assert [(event.reader, event.bits.value) for event in line.happened(CardPresented)] == [(IN, 1), (OUT, 2)]
    assert [(event.reader, event.keys) for event in line.happened(KeysPressed)] == [(OUT, "7")]


def test_each_head_shows_what_its_reader_was_told() -> None:
    line, device = two_heads()
    line.bus.submit(ShowAtReader(IN, Indication.LOCKED, None, silent=False), line.clock.moment())
    line.bus.submit(ShowAtReader(OUT, Indication.UNLOCKED, None, silent=False), line.clock.moment())
    line.bus.submit(ShowAtReader(OUT, Indication.GRANTED, 1.0, silent=False), line.clock.moment())
    line.run(0.5)
    now_s = line.clock.mono_s
    assert [str(face.looks(now_s)) for face in device.head.faces] == ["red", "green"]
    assert [any(what == "buzzer" for _, what, _ in face.history) for face in device.head.faces] == [False, True]


def test_what_is_the_device_s_is_told_of_both() -> None:
    line, device = two_heads()
    device.head.set_tampered(tampered=True)
    line.run(1.0)
    assert [(e.reader, e.state) for e in line.happened(ReaderLinkChanged)] == [
        (IN, LinkState.SECURE),
        (OUT, LinkState.SECURE),
    ]
    assert [event.reader for event in line.happened(ReaderTampered) if event.tampered] == [IN, OUT]


@pytest.mark.parametrize(("heads", "said"), [(((1, OUT),), [(OUT, 2)]), ((), [(IN, 1), (IN, 2)])])
def test_a_head_that_is_not_set_up_opens_nothing_where_heads_are_told_apart(
    heads: tuple[tuple[int, int], ...], said: list[tuple[int, int]]
) -> None:
    line, device = two_heads(heads)
    device.head.present(Bits(1, 26), 0)
    device.head.present(Bits(2, 26), 1)
    line.run(1.0)
    assert [(event.reader, event.bits.value) for event in line.happened(CardPresented)] == said
    alarms = [event.detail for event in line.happened(ReaderAlarmed) if event.alarm is LinkAlarm.GARBAGE]
    assert [("head 0" in detail) for detail in alarms] == ([True] if heads else [])


def test_two_devices_cannot_be_one_reader() -> None:
    with pytest.raises(ValueError, match="share an id"):
        Bus([ReaderSetup(1, 1, heads=((0, 1), (1, 2))), ReaderSetup(2, 2)], 9600, random.Random(1).randbytes)
