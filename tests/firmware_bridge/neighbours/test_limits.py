from __future__ import annotations

from firmware_bridge.neighbours.limits import (
    MOST_ADDRESSES,
    NEIGHBOUR,
    STRANGER,
    STRANGERS,
    Doorkeeper,
)


def test_strangers_use_up_nothing_of_the_neighbours() -> None:
    keeper = Doorkeeper(lambda: {"10.0.0.7"}, 0.0)
    strangers = sum(keeper.admits(f"10.0.1.{host}", 0.0) for host in range(250) for _ in range(30))
    assert strangers == STRANGERS.burst
    assert sum(keeper.admits("10.0.0.7", 0.0) for _ in range(500)) == NEIGHBOUR.burst
    assert keeper.admits("10.0.0.7", 1.0)


def test_one_stranger_leaves_room_for_another() -> None:
    keeper = Doorkeeper(lambda: (), 0.0)
    assert sum(keeper.admits("10.0.1.1", 0.0) for _ in range(500)) == STRANGER.burst
    assert keeper.admits("10.0.1.2", 0.0)


def test_however_many_addresses_call_few_are_remembered() -> None:
    keeper = Doorkeeper(lambda: (), 0.0)
    for host in range(10_000):
        keeper.admits(f"host {host}", 0.0)
    assert len(keeper._addresses) == MOST_ADDRESSES
