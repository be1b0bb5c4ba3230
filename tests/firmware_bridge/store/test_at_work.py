"""A disk that hangs, as those notice it who wait for it."""

from __future__ import annotations

from firmware_bridge.store.at_work import AtWork
from tests.building.clock import SetClock


def test_it_hangs_while_it_takes_too_long_and_no_longer(clock: SetClock) -> None:
    disk = AtWork(clock, 2.0)
    with disk.asking():
        clock.go_on(2.0)
        assert not disk.hangs
        clock.go_on(0.1)
        assert disk.hangs
    assert not disk.hangs


def test_a_disk_that_hangs_all_day_is_told_six_times_an_hour(clock: SetClock) -> None:
    told: list[tuple[float, int]] = []
    disk = AtWork(clock, 2.0, lambda took_s, unreported: told.append((took_s, unreported)))
    for _ in range(61):
        with disk.asking():
            clock.go_on(6.0)
        clock.go_on(54.0)
    assert told == [(6.0, 0)] * 6 + [(6.0, 54)]


def test_what_took_a_moment_too_long_is_no_event(clock: SetClock) -> None:
    told: list[float] = []
    disk = AtWork(clock, 2.0, lambda took_s, _: told.append(took_s))
    with disk.asking():
        clock.go_on(5.0)
    assert told == []
