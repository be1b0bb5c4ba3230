"""The line's order of turns, and what bad manners on it may and may not do."""

import itertools
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    Event,
    LinkAlarm,
    LinkState,
    OutputFailed,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.protocol.osdp.bus import REPLACED, UNKNOWN_READER, Bus
from firmware_bridge.protocol.osdp.frames import MAX_PACKET, Packet
from firmware_bridge.protocol.osdp.setup import ReaderSetup
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from tests.building.clock import SetClock
from tests.building.memory_line import MemoryLine, line_with, output

CARD = Bits(0x2F623AE, 26)
CHARACTER_S = 10 / 9600


def key_of(number: int) -> bytes:
    return bytes([number]) * 16


def connected(*numbers: int, seed: int = 1) -> tuple[MemoryLine, dict[int, Peripheral]]:
    """A line on which every reader has its session and was asked everything."""
    line, readers = line_with({number: key_of(number) for number in numbers}, seed=seed)
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(2.0)
    line.events.clear()
    line.sent.clear()
    return line, readers


def order(number: int, *, on: bool, urgency: Urgency, expires: float | None = None) -> DriveOutput:
    return DriveOutput(output(number), on, 5.0, urgency, expires)


def to(frame: bytes) -> int:
    return Packet.from_bytes(frame).address


def code(frame: bytes) -> int:
    return Packet.from_bytes(frame).code


def link_of(line: MemoryLine, number: int) -> LinkState | None:
    states = [event.state for event in line.happened(ReaderLinkChanged) if event.reader == number]
    return states[-1] if states else None


def test_readers_are_polled_in_turn() -> None:
    line, _ = connected(1, 2, 3)
    line.run(0.4)

    polled = [to(frame) for _, frame in line.sent]
    assert polled[:6] in ([1, 2, 3] * 2, [2, 3, 1] * 2, [3, 1, 2] * 2)


def test_two_characters_of_silence_lie_before_every_question() -> None:
    line, _ = connected(1, 2)
    line.run(0.3)

    quick = 14 + 14 + 2
    gaps = [later - earlier for (earlier, _), (later, _) in zip(line.sent, line.sent[1:], strict=False)]
    assert min(gaps) >= quick * CHARACTER_S - 1e-9


def test_the_answer_to_a_card_goes_out_in_the_very_next_slot() -> None:
    line, readers = connected(1, 2, 3, 4)

    def grant(event: Event) -> None:
        if isinstance(event, CardPresented):
            line.bus.submit(order(event.reader, on=True, urgency=Urgency.GRANT), event.moment)

    line.on_event = grant
    assert line.run_until(lambda: bool(line.sent))
    readers[3].head.present(CARD)
    assert line.run_until(lambda: readers[3].head.outputs == [True], 1.0)

    assert [code(frame) for _, frame in line.sent[-2:]] == [0x60, 0x68]
    assert {to(frame) for _, frame in line.sent[-2:]} == {3}


def test_the_slot_after_a_card_waits_a_moment_for_an_answer_from_another_thread() -> None:
    line, readers = connected(1, 2)
    readers[2].head.present(CARD)
    assert line.run_until(lambda: bool(line.happened(CardPresented)), 1.0)
    slots = len(line.sent)
    line.run(0.003)
    assert len(line.sent) == slots

    line.bus.submit(order(2, on=True, urgency=Urgency.GRANT), line.clock.moment())
    line.run(0.001)

    assert code(line.sent[-1][1]) == 0x68


def test_a_refused_card_does_not_keep_the_line_waiting() -> None:
    line, readers = connected(1, 2)
    readers[2].head.present(CARD)
    assert line.run_until(lambda: bool(line.happened(CardPresented)), 1.0)
    slots = len(line.sent)
    line.bus.submit(ShowAtReader(2, Indication.REFUSED, 2.0, silent=False), line.clock.moment())
    line.run(2.2 * CHARACTER_S)

    assert len(line.sent) == slots + 1


def test_the_line_goes_on_if_no_answer_to_a_card_comes() -> None:
    line, readers = connected(1, 2)
    readers[2].head.present(CARD)
    assert line.run_until(lambda: bool(line.happened(CardPresented)), 1.0)
    slots = len(line.sent)
    line.run(0.1)

    assert len(line.sent) > slots


def test_a_lockdown_goes_before_every_answer_and_every_poll() -> None:
    line, _ = connected(1, 2, 3, 4)
    for number in (1, 2):
        line.bus.submit(order(number, on=True, urgency=Urgency.GRANT), line.clock.moment())
    for number in (3, 4):
        line.bus.submit(order(number, on=False, urgency=Urgency.EMERGENCY), line.clock.moment())
    line.sent.clear()
    line.run(0.4)

    moved = [to(frame) for _, frame in line.sent if code(frame) == 0x68]
    assert {*moved[:2]} == {3, 4}
    assert {*moved[2:4]} == {1, 2}


def test_one_errand_a_round_leaves_polls_their_pace() -> None:
    line, _ = connected(1, 2, 3, 4)
    for number in (1, 2, 3, 4):
        line.bus.submit(ShowAtReader(number, Indication.HELD_PRE_ALARM, None, silent=False), line.clock.moment())
    line.sent.clear()
    line.run(2.0)

    codes = [code(frame) for _, frame in line.sent]
    errands = [place for place, what in enumerate(codes) if what != 0x60]
    assert len(errands) == 8
    assert min(later - earlier for earlier, later in itertools.pairwise(errands)) > 4


def test_a_dead_reader_is_hardly_felt_and_its_neighbours_go_on() -> None:
    line, readers = connected(1, 2, 3, 4)
    line.run(2.0)
    good = len(line.sent)
    readers[4].set_faults(ReaderFaults(dead=True))
    line.run(5.0)
    line.sent.clear()
    line.run(2.0)

    served = [frame for _, frame in line.sent if to(frame) != 4]
    assert len(served) > 0.85 * good
    assert link_of(line, 4) is LinkState.DOWN
    assert link_of(line, 1) is None


def test_a_cut_line_is_noticed_within_a_second_and_all_come_back_together() -> None:
    line, readers = connected(1, 2, 3, 4, 5, 6, 7, 8)
    line.manners.cut = True
    assert line.run_until(lambda: all(link_of(line, n) is LinkState.DOWN for n in readers), 1.0)

    line.run(20.0)
    line.manners.cut = False

    assert line.run_until(lambda: all(link_of(line, n) is LinkState.SECURE for n in readers), 3.0)


def test_a_short_cut_is_no_event_at_all() -> None:
    line, _ = connected(1, 2)
    line.manners.cut = True
    line.run(0.3)
    line.manners.cut = False
    line.run(2.0)

    assert line.happened(ReaderLinkChanged) == []


def test_a_slow_reader_that_answers_too_late_gets_its_time() -> None:
    line, readers = connected(1, 2)
    readers[2].set_faults(ReaderFaults(dead=True))
    line.run(3.0)
    assert link_of(line, 2) is LinkState.DOWN

    readers[2].set_faults(ReaderFaults())
    line.manners.turn_around_s = 0.12

    assert line.run_until(lambda: link_of(line, 2) is LinkState.SECURE, 3.0)


def test_one_reader_that_returns_has_the_others_looked_for() -> None:
    line, readers = connected(1, 2, 3)
    line.manners.cut = True
    line.run(10.0)
    line.manners.cut = False
    assert line.run_until(lambda: link_of(line, 1) is LinkState.SECURE, 2.5)

    assert all(session.silence.back_off_s < 0.5 for session in line.bus._by_id.values())
    assert line.run_until(lambda: all(link_of(line, n) is LinkState.SECURE for n in readers), 0.6)


def test_noise_is_reported_once_a_minute() -> None:
    line, _ = connected(1)
    line.manners.garbage = 1.0
    line.run(30.0)

    assert [event.alarm for event in line.happened(ReaderAlarmed)] == [LinkAlarm.GARBAGE]


def test_a_little_noise_now_and_then_is_no_alarm() -> None:
    line, _ = connected(1)
    for _ in range(20):
        line.manners.garbage = 1.0
        line.run(0.05)
        line.manners.garbage = 0.0
        line.run(60.0)

    assert line.happened(ReaderAlarmed) == []


def test_a_chattering_device_cannot_hold_the_line_for_ever() -> None:
    line, _ = connected(1)
    line.run(0.1)
    slots = len(line.sent)
    until_s = line.clock.mono_s + 5.0
    while line.clock.mono_s < until_s and len(line.sent) < slots + 3:
        line.bus.receive(b"\x53\x81\xa0\x05\x05", line.clock.moment())
        line.clock.go_on(0.01)
        frame = line.bus.advance(line.clock.moment())
        if frame:
            line.sent.append((line.clock.mono_s, frame))

    assert len(line.sent) >= slots + 1


def test_our_own_echo_is_ignored() -> None:
    line, readers = connected(1)
    line.tamper = lambda asked, answer: asked.to_bytes() + answer
    readers[1].head.present(CARD)
    line.run(0.5)

    assert len(line.happened(CardPresented)) == 1
    assert line.happened(ReaderAlarmed) == []


def test_answers_from_strangers_are_ignored() -> None:
    line, _ = connected(1)
    line.tamper = lambda _asked, answer: Packet(9, 1, 0x40, reply=True).to_bytes() + answer
    line.run(0.5)

    assert line.happened(ReaderLinkChanged) == []


# -- commands and settings


def test_a_command_for_a_reader_that_is_not_here_fails_at_once() -> None:
    line, _ = connected(1)
    line.bus.submit(order(9, on=True, urgency=Urgency.GRANT), line.clock.moment())
    line.bus.submit(ShowAtReader(9, Indication.GRANTED, 1.0, silent=False), line.clock.moment())
    line.run(0.1)

    assert [event.why for event in line.happened(OutputFailed)] == [UNKNOWN_READER]


def test_readers_that_stay_keep_their_session() -> None:
    line, readers = connected(1, 2)
    kept, exchanged = ReaderSetup(1, 1, key_of(1)), ReaderSetup(2, 2, b"N" * 16)
    readers[2].key = b"N" * 16
    line.bus.reconfigure([kept, exchanged], line.clock.moment())
    line.run(2.0)

    assert next((event.reader, event.state, event.why) for event in line.happened(ReaderLinkChanged)) == (
        2,
        LinkState.DOWN,
        REPLACED,
    )
    assert link_of(line, 1) is None
    assert link_of(line, 2) is LinkState.SECURE


def test_an_answer_from_a_reader_that_was_just_taken_out_means_nothing() -> None:
    line, _ = connected(1, 2)
    assert line.run_until(lambda: bool(line.sent))
    asked = to(line.sent[-1][1])
    kept = 3 - asked
    line.bus.reconfigure([ReaderSetup(kept, kept, key_of(kept))], line.clock.moment())
    line.sent.clear()
    line.run(0.5)

    assert {to(frame) for _, frame in line.sent} == {kept}
    assert link_of(line, kept) is None


@pytest.mark.parametrize("twin", [ReaderSetup(1, 2), ReaderSetup(2, 1)])
def test_two_readers_cannot_share_an_id_or_an_address(twin: ReaderSetup) -> None:
    with pytest.raises(ValueError, match="share"):
        Bus([ReaderSetup(1, 1), twin], 9600, os.urandom)


def test_a_line_without_readers_has_nothing_to_do() -> None:
    clock = SetClock()
    bus = Bus([], 9600, os.urandom)

    assert bus.advance(clock.moment()) == b""
    assert bus.deaf_until_s() < clock.mono_s
    assert bus.wake_s() == float("inf")
    assert bus.next_deadline_s() == float("inf")


def test_commands_expire_without_a_line() -> None:
    clock = SetClock()
    bus = Bus([ReaderSetup(1, 1, key_of(1))], 9600, os.urandom)
    bus.submit(order(1, on=True, urgency=Urgency.GRANT, expires=101.0), clock.moment())
    assert bus.next_deadline_s() == 101.0

    clock.go_on(1.0)
    bus.pass_time(clock.moment())

    assert [type(event) for event in bus.events] == [OutputFailed]


def test_at_the_end_every_lock_that_was_used_goes_off() -> None:
    line, readers = connected(1, 2)
    for number in (1, 2):
        line.bus.submit(order(number, on=True, urgency=Urgency.ROUTINE), line.clock.moment())
    line.run(0.5)
    line.bus.all_off(line.clock.moment())
    assert not line.bus.settled()

    assert line.run_until(line.bus.settled, 1.0)
    assert [reader.head.outputs for reader in readers.values()] == [[False], [False]]


def test_while_the_line_carries_a_packet_nobody_needs_to_listen() -> None:
    clock = SetClock()
    bus = Bus([ReaderSetup(1, 1, key_of(1))], 9600, random.Random(1).randbytes)
    frame = bus.advance(clock.moment())
    sent_s = clock.mono_s + len(frame) * CHARACTER_S

    assert bus.deaf_until_s() == pytest.approx(sent_s + 8 * CHARACTER_S)
    clock.go_on(0.01)
    bus.receive(b"\x53\x81\x14\x00", clock.moment())
    assert bus.deaf_until_s() == pytest.approx(clock.mono_s + 15 * CHARACTER_S)
    assert bus.advance(clock.moment()) == b""
    clock.go_on(0.01)
    bus.receive(b"\x05", clock.moment())
    assert bus.deaf_until_s() == pytest.approx(sent_s + 20 * CHARACTER_S)  # what came late lay somewhere


def test_inside_a_session_an_acknowledgement_is_slept_through_to_its_end() -> None:
    line, _ = connected(1, 2)
    line.manners.cut = True
    line.sent.clear()
    assert line.run_until(lambda: bool(line.sent))
    sent_s, frame = line.sent[-1]
    end_s = sent_s + (len(frame) + 14) * CHARACTER_S

    assert code(frame) == 0x60
    assert end_s <= line.bus.deaf_until_s() + 1e-9 <= end_s + CHARACTER_S


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=300), st.floats(0, 0.3)), max_size=30))
def test_random_bytes_never_break_the_panel_and_never_pile_up(noise: list[tuple[bytes, float]]) -> None:
    clock = SetClock()
    bus = Bus([ReaderSetup(1, 1, key_of(1)), ReaderSetup(2, 2)], 9600, random.Random(1).randbytes)
    for data, pause_s in noise:
        bus.receive(data, clock.moment())
        clock.go_on(pause_s)
        bus.advance(clock.moment())
        assert bus.wake_s() < clock.mono_s + MAX_PACKET * CHARACTER_S + 2.0
        assert len(bus._decoder._held) <= MAX_PACKET
    assert CardPresented not in map(type, bus.events)
