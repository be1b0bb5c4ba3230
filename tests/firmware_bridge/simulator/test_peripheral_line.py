from __future__ import annotations

import pytest

from firmware_bridge.protocol.osdp.commands import Poll
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.simulator.config import ReaderConfig
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from firmware_bridge.simulator.peripheral_line import PeripheralLine
from firmware_bridge.simulator.reader_head import ReaderHead
from firmware_bridge.simulator.wire import Heard
from firmware_bridge.simulator.world import World

BAUD = 9600
CHAR_S = 10 / BAUD


@pytest.fixture
def line(world: World) -> PeripheralLine:
    """Two readers out of their boxes, at addresses 0 and 1; the second waits two characters before it answers."""
    return PeripheralLine(
        [
            Peripheral(ReaderHead(ReaderConfig(1, "A", 0), world)),
            Peripheral(ReaderHead(ReaderConfig(2, "A", 1, reply_gap_chars=2), world)),
        ],
        world,
    )


def poll(address: int) -> bytes:
    return Packet(address, 0, Poll.CODE).to_bytes()


def whole(data: bytes, ended_s: float) -> Heard:
    return Heard(data, ended_s, BAUD)


@pytest.mark.parametrize(("address", "gap_s"), [(0, 0.0), (1, 2 * CHAR_S)])
def test_the_reader_that_is_asked_answers_after_its_gap(line: PeripheralLine, address: int, gap_s: float) -> None:
    (answer,) = line.receive(whole(poll(address), 10.0))
    assert Packet.from_bytes(answer.data).address == address
    assert answer.begin_s == pytest.approx(10.0 + gap_s)


def test_a_slow_reader_answers_later(line: PeripheralLine) -> None:
    line.peripherals[0].set_faults(ReaderFaults(slow_s=0.3))
    (answer,) = line.receive(whole(poll(0), 10.0))
    assert answer.begin_s == pytest.approx(10.3)


def test_nobody_answers_for_an_address_that_is_not_there(line: PeripheralLine) -> None:
    assert line.receive(whole(poll(5), 10.0)) == []


def test_a_reader_set_to_another_speed_understands_nothing(line: PeripheralLine) -> None:
    line.peripherals[0].baud = 38400
    assert line.receive(whole(poll(0), 10.0)) == []
    assert len(line.receive(Heard(poll(0), 11.0, 38400))) == 1


def test_a_packet_in_two_pieces_is_one_packet(line: PeripheralLine) -> None:
    packet = poll(0)
    assert line.receive(whole(packet[:3], 10.0)) == []
    assert len(line.receive(whole(packet[3:], 10.0 + 5 * CHAR_S))) == 1


def test_a_packet_that_was_cut_off_does_not_spoil_the_next(line: PeripheralLine) -> None:
    assert line.receive(whole(b"\x53\x00\xf0\x03", 10.0)) == []
    assert len(line.receive(whole(poll(0), 10.1))) == 1


def test_garbage_meets_silence(line: PeripheralLine) -> None:
    damaged = bytearray(poll(0))
    damaged[-1] ^= 1
    assert line.receive(whole(bytes(damaged), 10.0)) == []
    assert len(line.receive(whole(b"\xff\x00\xff" + poll(0), 11.0))) == 1
