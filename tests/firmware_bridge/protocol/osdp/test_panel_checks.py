"""Peripherals that know 8-bit sums only: found out, and spoken to with Secure Channel all the same."""

import os

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import CardPresented, LinkState, ReaderLinkChanged
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.simulator.config import CheckKind, ReaderConfig
from firmware_bridge.simulator.peripheral import Peripheral
from firmware_bridge.simulator.reader_head import ReaderHead
from tests.building.memory_line import MemoryLine, line_with, output

KEY = b"K" * 16
CARD = Bits(0x2F623AE, 26)


def states(line: MemoryLine) -> list[LinkState]:
    return [event.state for event in line.happened(ReaderLinkChanged)]


def crcs(line: MemoryLine) -> list[bool]:
    return [Packet.from_bytes(frame).crc for _, frame in line.sent]


@pytest.mark.parametrize("check", [CheckKind.SUM_ONLY, CheckKind.SUM_BACK])
def test_a_reader_with_sums_comes_up_with_secure_channel_reads_cards_and_moves_its_lock(check: CheckKind) -> None:
    line, readers = line_with({1: KEY}, check=check)
    assert line.run_until(lambda: states(line) == [LinkState.SECURE])
    line.run(1.0)
    line.sent.clear()
    readers[1].head.present(CARD)
    line.bus.submit(DriveOutput(output(1), True, 5.0, Urgency.GRANT), line.clock.moment())  # noqa: FBT003 - as elsewhere
    line.run(0.5)

    assert [card.bits for card in line.happened(CardPresented)] == [CARD]
    assert readers[1].head.outputs == [True]
    assert not any(crcs(line))
    sealed = [Packet.from_bytes(frame) for _, frame in line.sent]
    assert all(packet.mac for packet in sealed)


@pytest.mark.parametrize("seed", range(2 + 30 * int(os.environ.get("LONG", "0"))))
def test_a_bad_line_never_makes_the_bridge_speak_sums_to_a_reader_that_knows_a_crc(seed: int) -> None:
    line, _ = line_with({1: KEY, 2: KEY}, seed=seed)
    line.manners.lost = line.manners.garbled = line.manners.garbage = line.manners.doubled = 0.2
    line.run(8.0)

    assert all(crcs(line))


def test_a_key_exchanged_reader_that_says_it_knows_no_crc_is_believed_in_its_session() -> None:
    line, readers = line_with({1: KEY}, check=CheckKind.SUM_BACK)
    line.run(2.0)

    assert readers[1].secure
    assert crcs(line)[0]
    assert not crcs(line)[-1]


def test_a_reader_at_which_nothing_arrives_whole_is_said_to_be_down_and_tried_for_ever() -> None:
    line, readers = line_with({1: KEY})
    line.tamper = lambda asked, _answer: Packet(asked.address, asked.sequence, 0x41, b"\x01", reply=True).to_bytes()
    line.run(5.0)
    assert states(line) == [LinkState.DOWN]
    assert "Nothing arrives whole" in line.happened(ReaderLinkChanged)[0].why
    assert set(crcs(line)) == {True, False}

    line.tamper = lambda _asked, answer: answer
    assert line.run_until(lambda: states(line)[-1] is LinkState.SECURE, 5.0)
    assert readers[1].secure


def test_a_reader_that_was_exchanged_for_another_is_spoken_to_with_a_crc_again() -> None:
    line, readers = line_with({1: KEY}, check=CheckKind.SUM_ONLY)
    line.run(2.0)
    old = readers[1]
    new = Peripheral(ReaderHead(ReaderConfig(2, "A", 1, KEY), old.head._world))
    line.peers.clear()
    line.run(2.0)
    line.peers.append(new)
    line.run(2.0)

    assert new.secure
    assert crcs(line)[-1]
