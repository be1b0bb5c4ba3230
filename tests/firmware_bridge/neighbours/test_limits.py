from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.neighbours.limits import (
    MOST_ADDRESSES,
    NEIGHBOUR,
    STRANGER,
    STRANGERS,
    Bucket,
    Doorkeeper,
    Rate,
)


@given(st.lists(st.floats(0, 5), max_size=200))
def test_never_more_than_the_burst_and_the_rate_together(waits: list[float]) -> None:
    rate, now_s, passed = Rate(5, 2.0), 100.0, 0
    bucket = Bucket(rate, now_s)
    for wait_s in waits:
        now_s += wait_s
        passed += bucket.take(now_s)
        assert passed <= rate.burst + rate.each_s * (now_s - 100.0) + 1e-6


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(Rate(1, 1.0), 10.0)
    assert bucket.take(10.0)
    assert not bucket.take(5.0)


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
