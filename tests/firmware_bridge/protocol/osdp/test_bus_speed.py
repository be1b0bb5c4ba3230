"""How soon cards are answered and a whole line is locked, in exact time, beside what the bytes alone need.

The limits are docs/osdp.md's: a lockdown of N readers (47 N + 2) characters, the middle card (15.5 N + 63), the
unluckiest (31 N + 63). What a machine adds to them is measured by ``bench latency`` on ptys.
"""

from __future__ import annotations

import itertools
import os
from math import ceil
from random import Random

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import CardPresented, Event
from firmware_bridge.protocol.osdp.commands import SetOutputs
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.setup import LinkTiming
from firmware_bridge.simulator.peripheral import Peripheral
from tests.building.memory_line import MemoryLine, line_with, output

LONG = bool(os.environ.get("LONG"))
BAUDS = (9600, 38400, 115200)
NUMBERS = (1, 4, 8, 16)
READ_BACK_S = 6.0
"""So long after a command its output is asked for: in that round questions come between the polls."""


class Timed:
    """A line on which every card is answered by a lock command, and when the last bit of each command was sent."""

    def __init__(self, baud: int, readers: int, timing: LinkTiming | None = None) -> None:
        self.line: MemoryLine
        self.readers: dict[int, Peripheral]
        keys: dict[int, bytes | None] = {n: bytes((n,)) * 16 for n in range(1, readers + 1)}
        self.line, self.readers = line_with(keys, baud=baud, timing=timing)
        self.character_s = 10 / baud
        self.round_s = 31 * readers * self.character_s
        self.chance = Random(baud + readers)
        self.line.on_event = self._answer
        assert self.line.run_until(lambda: all(reader.secure for reader in self.readers.values()), 30.0)
        self.line.run(READ_BACK_S)

    def characters(self, seconds: float) -> float:
        """So many characters would fit into that time."""
        return seconds / self.character_s

    def some_time(self, longest_s: float) -> None:
        """Let so much time pass at most, by chance."""
        self.line.run(self.chance.uniform(0.0, longest_s))

    def drive(self, reader: int, urgency: Urgency, expires_s: float | None = None) -> None:
        """A lock command, now."""
        command = DriveOutput(output(reader), energised=False, lease_s=0.0, urgency=urgency, expires_mono_s=expires_s)
        self.line.bus.submit(command, self.line.clock.moment())

    def card_s(self, reader: int, after: float) -> float:
        """Seconds from a card to the last bit of the lock command; ``after`` a share of a round since a poll began."""
        assert self.line.run_until(lambda: bool(self.line.sent) and self.line.sent[-1][1][1] == reader)
        self.line.run(after * self.round_s)
        self.line.sent.clear()
        begun_s = self.line.clock.mono_s
        self.readers[reader].head.present(Bits(self.chance.getrandbits(26), 26))
        assert self.line.run_until(lambda: bool(self.commands()), 5.0)
        return self.commands()[0][0] - begun_s

    def lockdown_s(self, *, lights: bool) -> float:
        """Seconds from the order to lock every door to the last bit of the last command."""
        line = self.line
        line.sent.clear()
        begun_s = line.clock.mono_s
        for reader in self.readers:
            self.drive(reader, Urgency.EMERGENCY)
            if lights:
                line.bus.submit(ShowAtReader(reader, Indication.LOCKDOWN, None, silent=True), line.clock.moment())
        assert line.run_until(lambda: len(self.commands()) == len(self.readers), 5.0)
        return self.commands()[-1][0] - begun_s

    def commands(self) -> list[tuple[float, int]]:
        """When the last bit of each lock command was sent, and to whom."""
        return [
            (at_s + len(frame) * self.character_s, frame[1])
            for at_s, frame in self.line.sent
            if Packet.from_bytes(frame).code == SetOutputs.CODE
        ]

    def _answer(self, event: Event) -> None:
        if isinstance(event, CardPresented):
            self.drive(event.reader, Urgency.GRANT, event.moment.mono_s + 2.0)


def share(times: list[float], part: float) -> float:
    return sorted(times)[ceil(part * len(times)) - 1]


def cards(timed: Timed, count: int) -> list[float]:
    """The characters that would fit in between so many cards, spread evenly over a round, and their commands."""
    moments = [place / count for place in range(count)]
    timed.chance.shuffle(moments)
    readers = itertools.cycle(timed.readers)
    return [timed.characters(timed.card_s(reader, after)) for reader, after in zip(readers, moments, strict=False)]


@pytest.mark.parametrize("lights", [False, True], ids=["", "lights"])
@pytest.mark.parametrize("readers", NUMBERS)
@pytest.mark.parametrize("baud", BAUDS)
def test_a_lockdown_takes_what_its_bytes_need(baud: int, readers: int, lights: bool) -> None:
    timed = Timed(baud, readers)
    times = []
    for again in range(60 if LONG else 15):
        timed.line.run(READ_BACK_S if again % 5 == 0 and (LONG or again == 5) else 2 * timed.round_s)
        timed.some_time(timed.round_s)
        times.append(timed.lockdown_s(lights=lights))

        # Nothing but lock commands: no poll, light or question between them.
        assert len(timed.line.sent) == readers
        assert {reader for _, reader in timed.commands()} == set(timed.readers)

    assert timed.characters(share(times, 0.5)) <= 1.05 * (47 * readers + 2)
    assert timed.characters(max(times)) <= 46 * readers + 46  # the longest question there is was under way


@pytest.mark.parametrize("readers", NUMBERS)
@pytest.mark.parametrize("baud", BAUDS)
def test_a_card_is_answered_as_soon_as_its_bytes_allow(baud: int, readers: int) -> None:
    times = cards(Timed(baud, readers, LinkTiming(read_back_s=3600.0)), 400 if LONG else 100)

    assert share(times, 0.5) <= 1.05 * (15.5 * readers + 63)
    assert share(times, 0.99) <= 1.05 * (31 * readers + 63)


@pytest.mark.parametrize("baud", BAUDS)
def test_a_question_about_an_output_delays_no_card_by_more_than_itself(baud: int) -> None:
    times = cards(Timed(baud, 8), 400 if LONG else 100)

    assert share(times, 0.5) <= 1.15 * (15.5 * 8 + 63)
    assert max(times) <= 31 * 8 + 63 + 47


def test_lock_commands_follow_one_another_after_the_question_under_way() -> None:
    timed = Timed(115200, 8)
    timed.line.run(timed.round_s)
    took = timed.lockdown_s(lights=True)
    begun = [at_s for at_s, _ in timed.line.sent]

    # OUT and ACK are 30 and 14 characters, and two are silent before each question.
    assert [timed.characters(later - earlier) for earlier, later in itertools.pairwise(begun)] == [
        pytest.approx(46.0, abs=0.2)
    ] * 7
    assert timed.characters(took) <= 46 * 8 - 16 + 28 + 2


def test_a_reader_whose_answer_is_lost_does_not_hold_the_others_up() -> None:
    timed = Timed(9600, 8)
    timed.line.run(timed.round_s)
    # Its command is repeated when it has had its time, and nothing is said to anybody else but lock commands.
    timed.line.tamper = lambda asked, answer: b"" if asked.code == SetOutputs.CODE and asked.address == 3 else answer
    timed.lockdown_s(lights=True)
    codes = {Packet.from_bytes(frame).code for _, frame in timed.line.sent}

    assert codes == {SetOutputs.CODE}


def test_while_an_answer_is_waited_for_the_lines_thread_sleeps_unless_another_lock_is_to_move() -> None:
    timed = Timed(9600, 2)
    line, bus, seen = timed.line, timed.line.bus, list[Event]()
    line.on_event = seen.append
    timed.readers[2].head.present(Bits(0x2F623AE, 26))
    assert line.run_until(lambda: any(isinstance(event, CardPresented) for event in seen), 1.0)
    opens_s = seen[-1].moment.mono_s + 2 * timed.character_s
    assert bus.wake_s() == pytest.approx(opens_s + LinkTiming().answer_hold_s)

    timed.drive(1, Urgency.EMERGENCY)
    assert bus.wake_s() == pytest.approx(opens_s)
