"""What a reader that dies and returns does to its neighbours, in exact time; ``bench faults`` measures it on ptys."""

from __future__ import annotations

import itertools
import os
from math import ceil
from random import Random

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import CardPresented, Event, OutputProved
from firmware_bridge.simulator.peripheral import Peripheral, ReaderFaults
from tests.building.memory_line import MemoryLine, line_with, output

LONG = bool(os.environ.get("LONG"))
REPLY_S = 0.2
"""The longest that a reader may take to answer."""
DEAD = 1


class Cards:
    """A line on which every card is answered by a lock command."""

    def __init__(self, baud: int, readers: int) -> None:
        self.chance = Random(baud + readers)
        self.readers: dict[int, Peripheral]
        keys: dict[int, bytes | None] = {n: bytes((n,)) * 16 for n in range(1, readers + 1)}
        self.line, self.readers = line_with(keys, baud=baud)
        self.line.on_event = self._answer
        assert self.line.run_until(lambda: all(reader.secure for reader in self.readers.values()))
        self.line.run(2.0)

    def _answer(self, event: Event) -> None:
        if isinstance(event, CardPresented):
            command = DriveOutput(
                output(event.reader),
                energised=False,
                lease_s=0.0,
                urgency=Urgency.GRANT,
                expires_mono_s=event.moment.mono_s + 2.0,
            )
            self.line.bus.submit(command, self.line.clock.moment())

    def neighbour_s(self) -> float:
        """From a card at a neighbour until its command is acknowledged."""
        line: MemoryLine = self.line
        line.events.clear()
        begun_s = line.clock.mono_s
        self.readers[self.chance.randrange(DEAD + 1, len(self.readers) + 1)].head.present(
            Bits(self.chance.getrandbits(26), 26)
        )
        assert line.run_until(lambda: bool(line.happened(OutputProved)), 5.0)
        return line.clock.mono_s - begun_s

    def pause(self, longest_s: float) -> None:
        """So long at most, by chance."""
        self.line.run(self.chance.uniform(0.0, longest_s))


def p95(times: list[float]) -> float:
    return sorted(times)[ceil(0.95 * len(times)) - 1]


@pytest.mark.parametrize(("baud", "readers"), [(9600, 4), (9600, 8), (115200, 4), (115200, 8)])
def test_neighbours_hardly_feel_it_and_it_is_back_within_two_seconds(baud: int, readers: int) -> None:
    cards = Cards(baud, readers)
    alive, dying, dead, back = [], [], [], []
    for _ in range(400 if LONG else 80):
        cards.pause(0.3)
        alive.append(cards.neighbour_s())
    for _ in range(40 if LONG else 8):
        cards.readers[DEAD].set_faults(ReaderFaults(dead=True))
        cards.pause(0.7)
        dying.append(cards.neighbour_s())
        cards.line.run(1.5)
        for _ in range(10):
            cards.pause(0.3)
            dead.append(cards.neighbour_s())
        begun_s = cards.line.clock.mono_s
        cards.readers[DEAD].restart(begun_s)
        cards.readers[DEAD].set_faults(ReaderFaults())
        assert cards.line.run_until(lambda: cards.readers[DEAD].secure, 5.0)
        back.append(cards.line.clock.mono_s - begun_s)
        cards.line.run(1.0)

    assert p95(dead) <= 2.0 * p95(alive)
    assert max(*dying, *dead) <= max(alive) + REPLY_S
    assert max(back) <= 2.0


@pytest.mark.parametrize("baud", [9600, 115200])
@pytest.mark.parametrize("count", [4, 8, 16])
def test_probes_of_half_a_bus_take_a_tenth_of_the_line_and_all_come_back(baud: int, count: int) -> None:
    keys = {n: bytes((n,)) * 16 for n in range(1, count + 1)}
    line, readers = line_with(dict(keys), baud=baud)
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(1.0)
    dead = [n for n in readers if n % 2]
    for n in dead:
        readers[n].set_faults(ReaderFaults(dead=True))
    line.run(10.0)
    line.sent.clear()
    line.run(40.0 if LONG else 20.0)

    probed = [frame[1] & 0x7F in dead for _, frame in line.sent]
    took = [after_s - at_s for (at_s, _), (after_s, _) in itertools.pairwise(line.sent)]
    probing_s = sum(seconds for seconds, probe in zip(took, probed, strict=False) if probe)
    assert 0.01 < probing_s / sum(took) < 0.1
    assert not any(a and b for a, b in itertools.pairwise(probed))

    for n in dead:
        readers[n].restart(line.clock.mono_s)
        readers[n].set_faults(ReaderFaults())
    assert line.run_until(lambda: all(readers[n].secure for n in dead), 10.0)


@pytest.mark.parametrize("baud", [9600, 115200])
def test_each_of_the_dead_half_is_probed_every_three_seconds(baud: int) -> None:
    line, readers = line_with({n: bytes((n,)) * 16 for n in range(1, 17)}, baud=baud)
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(1.0)
    dead = range(1, 9)
    for n in dead:
        readers[n].set_faults(ReaderFaults(dead=True))
    line.run(10.0)
    line.sent.clear()
    line.run(12.0)

    for n in dead:
        probes_s = [at_s for at_s, frame in line.sent if frame[1] & 0x7F == n]
        assert max(later - earlier for earlier, later in itertools.pairwise(probes_s)) < 3.1
