"""How old the last sign of life of a thread is."""

from firmware_bridge.devices.beat import Beat
from tests.building.clock import SetClock


def test_it_counts_from_the_last_stamp_and_not_before_the_first() -> None:
    clock = SetClock()
    beat = Beat(clock)
    clock.go_on(100.0)
    assert beat.age_s() == 0.0
    beat.stamp()
    clock.go_on(7.0)
    assert beat.age_s() == 7.0
