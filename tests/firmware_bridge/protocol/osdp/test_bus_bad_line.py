"""A line that loses, doubles, garbles and invents: what arrives all the same. Longer with ``LONG=1``."""

from __future__ import annotations

import os
import random

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import CardPresented
from tests.building.memory_line import line_with, output

ROUNDS = 5 + 100 * int(os.environ.get("LONG", "0"))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_on_a_bad_line_every_card_arrives_once_and_every_lock_moves(seed: int) -> None:
    line, readers = line_with({number: bytes([number]) * 16 for number in (1, 2, 3)}, seed=seed)
    assert line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(2.0)
    line.events.clear()
    chance = random.Random(seed)
    line.manners.lost = line.manners.garbled = line.manners.garbage = line.manners.doubled = 0.03
    line.manners.bytewise = chance.random() < 0.5
    shown = set()
    for number in range(20):
        which = chance.randrange(1, 4)
        card = Bits(number, 26)
        shown.add((which, card))
        readers[which].head.present(card)
        order = DriveOutput(output(which), number % 2 == 0, 5.0, Urgency.EMERGENCY, None)
        line.bus.submit(order, line.clock.moment())
        line.run(1.0)

    line.manners = type(line.manners)()
    line.run(5.0)

    seen = [(event.reader, event.bits) for event in line.happened(CardPresented)]
    assert len(seen) == len(set(seen))
    assert set(seen) == shown
    assert line.bus.settled()
