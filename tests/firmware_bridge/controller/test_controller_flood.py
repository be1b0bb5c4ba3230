"""Whoever has a card emulator, a screen full of codes or a keypad and an afternoon does not fill the record."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    CardPresented,
    Event,
    KeysPressed,
    LinkState,
    ReaderLinkChanged,
    TextScanned,
)
from firmware_bridge.controller.memory import Memory
from tests.building.clock import SetClock
from tests.firmware_bridge.controller.school import START, card, draft, policy_of

SECONDS = 60
EACH_SECOND = 20
MOST = 40
"""Events in a minute of it: five guesses, the pause, ten more of each kind; what was left out is counted in them."""


def flooded(kind: str, reader: int) -> Counter[str]:
    clock, chance = SetClock(at=START), Random(f"{kind} {reader}")
    controller = Controller(Memory(clock_trusted=True))
    controller.start(clock.moment(), policy_of(draft()), None)
    controller.handle(ReaderLinkChanged(clock.moment(), reader, LinkState.SECURE))
    told: Counter[str] = Counter()
    for _ in range(SECONDS * EACH_SECOND):
        clock.go_on(1 / EACH_SECOND)
        commands = controller.handle(_one(kind, reader, clock, chance))
        told.update(command.code for command in commands if isinstance(command, RecordEvent))
    return told


def _one(kind: str, reader: int, clock: SetClock, chance: Random) -> Event:
    moment = clock.moment()
    match kind:
        case "cards":
            return CardPresented(moment, reader, Bits(chance.getrandbits(26), 26))
        case "badges with wrong numbers":
            bits = card("stranger")
            return CardPresented(moment, reader, Bits(bits.value ^ 1 << chance.randrange(1, 17), bits.length))
        case "cards of any length":
            length = chance.randrange(1, 200)
            return CardPresented(moment, reader, Bits(chance.getrandbits(length), length))
        case "codes":
            return TextScanned(moment, reader, chance.randbytes(40).hex())
        case _:
            return KeysPressed(moment, reader, "".join(chance.choices("0123456789*#", k=8)))


@pytest.mark.parametrize("reader", [1, 2, 77])
@pytest.mark.parametrize("kind", ["cards", "badges with wrong numbers", "cards of any length", "codes", "keys"])
def test_a_thousand_a_minute_are_a_few_events(kind: str, reader: int) -> None:
    told = flooded(kind, reader)
    assert sum(told.values()) <= MOST, told
    assert "CONTROLLER_FAULT" not in told
    assert not any("GRANTED" in code for code in told)
