"""A hostile or broken device in the place of one reader: no crash, bounded memory, neighbours unhurt, no storm."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    LinkAlarm,
    LinkState,
    OutputProved,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.frames import MAX_PACKET, Packet
from firmware_bridge.protocol.osdp.replies import Busy
from firmware_bridge.simulator.peripheral import Peripheral
from tests.building.adversaries import ADVERSARIES, attack
from tests.building.memory_line import MemoryLine, line_with, output

SEEDS = range(20 if os.environ.get("LONG") else 1)
SHARES = (1.0, 0.3)
MOST_OF_A_CODE = 6
"""In 20 seconds; the limits a minute are six changes of a link and five alarms of a kind."""


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", sorted(set(ADVERSARIES) - {"jabber"}))
def test_neighbours_do_not_feel_it_and_nobody_is_flooded_with_events(name: str, share: float, seed: int) -> None:
    found = attack(name, seed, share=share)

    assert found.invented == 0
    assert found.neighbours_down == 0
    assert found.arrived == found.presented
    assert found.held <= MAX_PACKET
    assert max(found.told.values(), default=0) <= MOST_OF_A_CODE, found.told
    assert found.returned


@pytest.mark.parametrize("seed", SEEDS)
def test_a_reader_that_never_stops_talking_is_named_and_all_is_well_after_it(seed: int) -> None:
    found = attack("jabber", seed)

    assert found.invented == 0
    assert found.held <= 2 * MAX_PACKET
    assert max(found.told.values()) <= MOST_OF_A_CODE, found.told
    assert found.told["READER_OFFLINE"] == 1
    assert found.returned


@pytest.mark.parametrize("name", ["replayed", "MAC errors", "clear refusals", "truncated"])
def test_a_whole_attack_on_one_reader_is_one_outage(name: str) -> None:
    assert attack(name, seed=5).told["READER_OFFLINE"] == 1


def test_a_wrong_key_is_one_alarm_however_long_it_lasts() -> None:
    line, readers = line_with({1: bytes(16), 2: bytes([2]) * 16}, panel_keys={1: bytes([1]) * 16, 2: bytes([2]) * 16})
    line.run(60.0)

    told = [type(event).__name__ for event in line.events if getattr(event, "reader", None) == 1]
    assert told == ["ReaderAlarmed"] or sorted(told) == ["ReaderAlarmed", "ReaderLinkChanged"]
    assert readers[2].secure
    assert not readers[1].secure


Tamper = Callable[[Packet, bytes], bytes]
VICTIM = 1
CARD = Bits(0x2F623AE, 26)


def tampered_with(tamper: Tamper, seconds: float) -> MemoryLine:
    """A line whose first reader's protected answers are tampered with for so long; only its events are kept."""
    line, _ = line_with({VICTIM: b"K" * 16, 2: b"L" * 16})
    line.run(3.0)
    line.events.clear()
    line.tamper = lambda asked, answer: (
        tamper(asked, answer) if asked.address == VICTIM and Packet.from_bytes(answer).mac else answer
    )
    line.run(seconds)
    return line


def with_false_mac(_: Packet, answer: bytes) -> bytes:
    return replace(Packet.from_bytes(answer), mac=bytes(4)).to_bytes()


def ack_in_clear(asked: Packet, _: bytes) -> bytes:
    return Packet(VICTIM, asked.sequence, 0x40, reply=True).to_bytes()


def refusal_in_clear(asked: Packet, _: bytes) -> bytes:
    return Packet(VICTIM, asked.sequence, 0x41, b"\x03", reply=True).to_bytes()


def alarms(line: MemoryLine) -> list[LinkAlarm]:
    return [event.alarm for event in line.happened(ReaderAlarmed)]


def test_false_answers_ahead_of_the_true_ones_are_told_once_and_keep_nobody_out() -> None:
    line = tampered_with(lambda asked, answer: with_false_mac(asked, answer) + answer, 120.0)

    assert alarms(line) == [LinkAlarm.GARBAGE]
    assert "forged" in line.happened(ReaderAlarmed)[0].detail
    assert line.happened(ReaderLinkChanged) == []


def test_an_old_answer_ahead_of_the_true_one_is_told_once() -> None:
    heard: list[bytes] = []

    def replayed(_: Packet, answer: bytes) -> bytes:
        heard.append(answer)
        return heard[-7] + answer if len(heard) > 7 else answer

    line = tampered_with(replayed, 120.0)

    assert alarms(line) == [LinkAlarm.GARBAGE]
    assert line.happened(ReaderLinkChanged) == []


@pytest.mark.parametrize("tamper", [with_false_mac, ack_in_clear, refusal_in_clear])
def test_a_fault_that_lasts_is_told_once_is_looked_at_ever_more_rarely_and_is_over_when_it_ends(tamper: Tamper) -> None:
    line = tampered_with(tamper, 60.0)
    assert [event.state for event in line.happened(ReaderLinkChanged)] == [LinkState.DOWN]
    assert len(alarms(line)) <= 1
    line.sent.clear()
    line.run(60.0)
    assert [event.state for event in line.happened(ReaderLinkChanged)] == [LinkState.DOWN]
    assert sum(Packet.from_bytes(frame).code == 0x76 for _, frame in line.sent) <= 12

    line.tamper = lambda _asked, answer: answer
    assert line.run_until(lambda: len(line.happened(ReaderLinkChanged)) == 2, 10.0)
    assert line.happened(ReaderLinkChanged)[1].state is LinkState.SECURE
    assert len(alarms(line)) <= 1


def busy_in_clear() -> bytes:
    return Packet(VICTIM, 0, Busy.CODE, reply=True).to_bytes()


def victims_line(baud: int) -> tuple[MemoryLine, dict[int, Peripheral]]:
    line, readers = line_with({VICTIM: b"K" * 16, 2: b"L" * 16}, baud=baud)
    line.run(3.0)
    line.events.clear()
    return line, readers


@pytest.mark.parametrize("baud", [9600, 38400, 115200])
def test_busy_in_the_clear_ahead_of_every_true_answer_delays_nothing_and_is_told_of_the_one_it_is_about(
    baud: int,
) -> None:
    line, readers = victims_line(baud)
    line.tamper = lambda asked, answer: busy_in_clear() + answer if asked.address == VICTIM else answer
    line.run(8.0)
    readers[VICTIM].head.present(CARD)
    assert line.run_until(lambda: bool(line.happened(CardPresented)), 0.3)
    line.bus.submit(DriveOutput(output(VICTIM), True, 5.0, Urgency.EMERGENCY), line.clock.moment())  # noqa: FBT003 - by position
    assert line.run_until(lambda: bool(line.happened(OutputProved)), 0.3)

    assert line.happened(ReaderLinkChanged) == []
    assert [(event.reader, event.alarm) for event in line.happened(ReaderAlarmed)] == [(VICTIM, LinkAlarm.CONFLICT)]
    assert "busy" in line.happened(ReaderAlarmed)[0].detail


@pytest.mark.parametrize("baud", [9600, 38400, 115200])
def test_a_true_answer_now_and_then_does_not_hide_that_somebody_says_busy(baud: int) -> None:
    line, _ = victims_line(baud)
    let_through_s = [line.clock.mono_s]

    def busy(asked: Packet, answer: bytes) -> bytes:
        if asked.address != VICTIM:
            return answer
        if line.clock.mono_s - let_through_s[0] < 4.5:
            return busy_in_clear()
        let_through_s[0] = line.clock.mono_s
        return answer

    line.tamper = busy
    assert line.run_until(lambda: bool(line.happened(ReaderLinkChanged)), 12.0)
    (down,) = line.happened(ReaderLinkChanged)
    assert (down.reader, down.state) == (VICTIM, LinkState.DOWN)


def acks_with_sums(asked: Packet) -> bytes:
    return Packet(VICTIM, asked.sequence, 0x40, reply=True, crc=False).to_bytes() * 3


@pytest.mark.parametrize("baud", [9600, 38400, 115200])
def test_forged_sums_do_not_change_the_check_of_a_session(baud: int) -> None:
    line, _ = victims_line(baud)
    line.tamper = lambda asked, answer: acks_with_sums(asked) + answer if asked.address == VICTIM else answer
    line.run(3.0)
    assert all(Packet.from_bytes(frame).crc for _, frame in line.sent)


@pytest.mark.parametrize("baud", [9600, 38400, 115200])
@pytest.mark.parametrize("strict", [False, True])
def test_forged_sums_before_a_session_are_over_soon_after_they_end(baud: int, strict: bool) -> None:
    line, readers = line_with({VICTIM: b"K" * 16, 2: b"L" * 16}, baud=baud)
    true = readers[VICTIM].receive
    if strict:  # it passes over what has no CRC
        readers[VICTIM].receive = lambda packet, now_s: true(packet, now_s) if packet.crc else None  # type: ignore[method-assign]  # as a strict device hears
    line.tamper = lambda asked, answer: acks_with_sums(asked)[:8] if asked.address == VICTIM else answer
    line.run(5.0)
    assert not all(Packet.from_bytes(frame).crc for _, frame in line.sent)

    line.tamper = lambda _asked, answer: answer
    assert line.run_until(lambda: readers[VICTIM].secure, 3.0)
    line.run(1.0)
    line.sent.clear()
    line.run(1.0)
    assert all(Packet.from_bytes(frame).crc for _, frame in line.sent)
