"""Noise that comes by itself, sparse or dense: the line is not kept by it, time goes on, and it is told."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    LineJabbers,
    LinkAlarm,
    LinkState,
    OutputLapsed,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.frames import Packet
from tests.building.memory_line import MemoryLine, line_with, output

SPEEDS = (9600, 38400, 115200)
KEYS: dict[int, bytes | None] = {1: b"K" * 16, 2: b"L" * 16}
SET_OUTPUTS = 0x68


def connected(baud: int) -> MemoryLine:
    line, readers = line_with(KEYS, baud=baud)
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(2.0)
    line.events.clear()
    return line


def emergency(line: MemoryLine, number: int) -> float:
    """Order it; when that was."""
    moment = line.clock.moment()
    line.bus.submit(DriveOutput(output(number), True, 5.0, Urgency.EMERGENCY), moment)  # noqa: FBT003 - as elsewhere
    return moment.mono_s


def ordered(line: MemoryLine, number: int, since_s: float) -> bool:
    """Whether an output command to it was on the wire since then."""
    packets = [Packet.from_bytes(frame) for at_s, frame in line.sent if at_s >= since_s]
    return any(packet.address == number and packet.code == SET_OUTPUTS for packet in packets)


def down(line: MemoryLine, number: int) -> bool:
    states = [event.state for event in line.happened(ReaderLinkChanged) if event.reader == number]
    return states[-1:] == [LinkState.DOWN]


def heard(line: MemoryLine, since_s: float) -> set[int]:
    """Whose answers came through since then."""
    return {address for at_s, address in line.arrived if at_s >= since_s}


@pytest.mark.parametrize("baud", SPEEDS)
@settings(deadline=None, max_examples=6 + 200 * int(os.environ.get("LONG", "0")))
@given(st.floats(0.2, 1.0), st.sampled_from((1, 2, 4, 16)), st.sampled_from((b"", b"\0", b"\x53", b"\x53\x81\xa0\x05")))
def test_whatever_the_noise_an_emergency_is_sent_whoever_is_not_heard_is_down_and_it_is_told_once(
    baud: int, share: float, lump: int, words: bytes
) -> None:
    line = connected(baud)
    begun_s = line.clock.mono_s
    line.noisy(5.0, share=share, lump=lump, words=words)
    line.run(0.3)
    asked_s = emergency(line, 1)
    sent = line.run_until(lambda: ordered(line, 1, asked_s), 2.0)
    assert sent or heard(line, begun_s) == {2}  # then the line is well, and 1 as any that does not answer
    line.run_until(lambda: all(down(line, number) for number in KEYS), begun_s + 4.0 - line.clock.mono_s)

    assert all(down(line, number) for number in set(KEYS) - heard(line, begun_s))
    begins = [event for event in line.happened(LineJabbers) if event.jabbers]
    assert begins or heard(line, begun_s)
    assert begins or LinkAlarm.GARBAGE in [event.alarm for event in line.happened(ReaderAlarmed)]
    if begins:
        asked_s = emergency(line, 2)
        assert line.run_until(lambda: ordered(line, 2, asked_s), 0.5)
        line.run(begun_s + 8.0 - line.clock.mono_s)
        assert [event.jabbers for event in line.happened(LineJabbers)] == [True, False]
        assert not any(down(line, number) for number in KEYS)


@pytest.mark.parametrize("baud", SPEEDS)
def test_bytes_closer_than_the_pause_before_a_question_do_not_keep_the_line(baud: int) -> None:
    line = connected(baud)
    line.noisy(8.0, share=1 / 1.95, words=b"\0")
    line.sent.clear()
    line.run(0.3)
    assert line.sent
    line.run(3.0)
    assert [event.jabbers for event in line.happened(LineJabbers)] == [True]


@pytest.mark.parametrize("baud", SPEEDS)
def test_noise_that_looks_like_beginnings_of_packets_is_told_where_answers_come_through(baud: int) -> None:
    line = connected(baud)
    line.noisy(3.0, share=0.2, lump=16, words=b"\x53\x81\xa0\x05")
    line.run(3.0)
    assert heard(line, line.clock.mono_s - 3.0)
    assert LinkAlarm.GARBAGE in [event.alarm for event in line.happened(ReaderAlarmed)]


@pytest.mark.parametrize("baud", SPEEDS)
def test_a_lease_ends_in_sparse_noise(baud: int) -> None:
    line = connected(baud)
    line.bus.submit(DriveOutput(output(1), True, 1.0, Urgency.GRANT), line.clock.moment())  # noqa: FBT003 - as elsewhere
    line.run(0.5)
    line.noisy(4.0, share=0.55, words=b"\0")
    line.run(1.0)
    assert line.happened(OutputLapsed)


@pytest.mark.parametrize("baud", SPEEDS)
def test_answers_that_are_all_garbled_are_no_noise_that_comes_by_itself(baud: int) -> None:
    line = connected(baud)
    line.tamper = lambda _asked, answer: bytes(len(answer))
    line.run(20.0)

    assert line.happened(LineJabbers) == []
    assert all(down(line, number) for number in KEYS)
    line.tamper = lambda _asked, answer: answer
    assert line.run_until(lambda: not any(down(line, number) for number in KEYS), 3.0)
