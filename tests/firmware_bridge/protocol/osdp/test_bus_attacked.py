"""A hostile or broken device in the place of one reader: no crash, bounded memory, neighbours unhurt, no storm."""

from __future__ import annotations

import os

import pytest

from firmware_bridge.protocol.osdp.frames import MAX_PACKET
from tests.building.adversaries import ADVERSARIES, attack
from tests.building.memory_line import line_with

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
