"""What people have to know of a bridge, in words."""

from __future__ import annotations

from typing import Any

import pytest

from access_control.readers.status import BridgeNow
from access_control.web.bridge_alarms import bridge_alarms, events, how_many_missing, off, possessive


def bridge(name: str = "South bridge", **more: Any) -> BridgeNow:
    return BridgeNow("b1", name, 1, 2.0, 10.0, "All events here.", **more)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([(1204, 1209)], "events 1,204 to 1,209"),
        ([(7, 7)], "event 7"),
        ([(7, 7), (9, 12), (40, 40)], "events 7, 9 to 12 and 40"),
        ([(1, 1), (3, 3), (5, 5), (7, 7)], "events 1, 3, 5 and one more run"),
        ([(n, n) for n in range(1, 30, 2)], "events 1, 3, 5 and 12 more runs"),
    ],
)
def test_missing_numbers_are_named(runs: list[tuple[int, int]], said: str) -> None:
    assert events(runs) == said


def test_a_bridge_with_nothing_wrong_says_nothing() -> None:
    assert bridge_alarms(bridge()) == []


def test_a_gap_names_the_bridge_and_the_numbers_and_says_what_to_do() -> None:
    (one,) = bridge_alarms(bridge(missing=((1204, 1209),)))
    assert one.said == "South bridge: events 1,204 to 1,209 are missing"
    assert "not on record" in one.cause
    assert "Find out why at the bridge." in one.cause
    (one,) = bridge_alarms(bridge(missing=((7, 7),), lost_in_restore=True))
    assert one.said == "South bridge: event 7 is missing"
    assert "Restore a newer backup" in one.cause


def test_a_new_gap_is_another_alarm_and_an_old_one_that_closes_is_not() -> None:
    (before,) = bridge_alarms(bridge(missing=((3, 4), (7, 7))))
    (closed,) = bridge_alarms(bridge(missing=((7, 7),)))
    (another,) = bridge_alarms(bridge(missing=((7, 7), (9, 9))))
    assert before.key == closed.key != another.key


@pytest.mark.parametrize(
    ("off_s", "trusted", "said", "means"),
    [
        (-7.2, False, "South bridge's clock is 7 s slow", "Visitor passes and schedules wait until it is right."),
        (-3.0, True, "South bridge's clock is 3 s slow", "schedules come late"),
        (185.0, True, "South bridge's clock is 3 min 5 s fast", "schedules come early"),
    ],
)
def test_a_wrong_clock_is_said_with_what_it_means(off_s: float, *, trusted: bool, said: str, means: str) -> None:
    (one,) = bridge_alarms(bridge(clock_off_s=off_s, clock_trusted=trusted))
    assert one.said == said
    assert means in one.cause
    assert one.cause.endswith("Set it, or let it follow a time server.")


def test_a_clock_that_goes_on_drifting_stays_one_alarm() -> None:
    keys = {alarm.key for off_s in (-3.0, -8.0, 4.0) for alarm in bridge_alarms(bridge(clock_off_s=off_s))}
    assert len(keys) == 1


def test_missing_comes_before_the_clock() -> None:
    found = bridge_alarms(bridge(missing=((1, 2),), clock_off_s=5.0))
    assert ["missing" in one.said for one in found] == [True, False]


def test_short_words() -> None:
    assert how_many_missing([(3, 8), (10, 10)]) == "7 events are missing"
    assert how_many_missing([(10, 10)]) == "1 event is missing"
    assert off(-2.4) == "2 s slow"
    assert possessive("Lions") == "Lions'"
