"""What people have to know of a bridge, in words."""

from __future__ import annotations

from typing import Any

import pytest

from access_control.core.decision.model import DoorClass, InputKind
from access_control.readers.policy_age import ClassAge
from access_control.readers.status import BridgeNow
from access_control.readers.status_said import DiskSaid, InputSaid
from access_control.web.bridge_alarms import INPUT_WORDS, bridge_alarms, events, how_many_missing, off, possessive


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


def test_old_rules_are_one_alarm_that_says_what_stops_where_and_when() -> None:
    half = ClassAge(DoorClass.EXTERIOR, 50, 16, 30)
    (one,) = bridge_alarms(bridge(ages=(half,)))
    assert one.said == "South bridge's rules are not confirmed for 16 days"
    assert one.cause == "In 14 days that stops what has hours at outside doors. Restore its connection."
    over = (ClassAge(DoorClass.EXTERIOR, 100, 61, 30), ClassAge(DoorClass.INTERIOR, 80, 59, 60))
    (later,) = bridge_alarms(bridge(ages=over))
    assert "At outside doors whoever has hours is refused and timed unlocks stay locked." in later.cause
    assert "In 1 day that stops" in later.cause
    assert later.key != one.key  # it is another thing to see to, although the first was seen


@pytest.mark.parametrize(
    ("read_only", "said", "todo"),
    [
        (True, "bridge's disk can only be read", "Exchange it."),
        (False, "disk takes no events", "Make room on it."),
    ],
)
def test_a_disk_that_takes_nothing_is_named_with_what_that_means(read_only: bool, said: str, todo: str) -> None:
    (one,) = bridge_alarms(bridge(disk=DiskSaid(trouble=True, read_only=read_only, waiting=7)))
    assert said in one.said
    assert "passes for a single entry" in one.cause
    assert "7 events" in one.cause
    assert one.cause.endswith(todo)


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


def given(number: int, kind: str, name: str, *, active: bool = True, state: str = "active", why: str = "") -> InputSaid:
    return InputSaid(number, name, kind, active, state, why)


def test_alarm_inputs_stand_until_they_end_the_worst_first() -> None:
    found = bridge_alarms(
        bridge(
            inputs=(
                given(1, "battery_low", "Cabinet battery"),
                given(2, "mains_fail", "Cabinet supply", state="unknown", why="Its device does not answer."),
                given(3, "panic", "Office button"),
                given(4, "panic", "Gym button", active=False, state="cut", why="Its wire is cut."),
                given(5, "key_box_tamper", "Key box", active=False, state="normal"),
            ),
            missing=((7, 7),),
        )
    )
    assert [one.said for one in found] == [
        "Office button: panic button pressed",
        "Cabinet supply: mains failed",
        "Cabinet battery: battery low",
        "Gym button cannot be read",
        "South bridge: event 7 is missing",
    ]
    assert found[0].cause == "At South bridge. Go there. What it started ends only by a release."
    assert found[3].cause == ("At South bridge. Its wire is cut. This panic button tells nothing until that is mended.")
    assert len({one.key for one in found}) == len(found)


def test_every_kind_has_words_and_one_of_a_newer_bridge_too() -> None:
    assert set(INPUT_WORDS) == set(InputKind)
    kinds = [*InputKind, "flood"]
    found = bridge_alarms(bridge(inputs=tuple(given(n, kind, f"No. {n}") for n, kind in enumerate(kinds))))
    assert len(found) == len(kinds)
    (odd,) = bridge_alarms(bridge(inputs=(given(1, "flood", "Cellar"),)))
    assert odd.said == "Cellar: alarm"
    (unread,) = bridge_alarms(bridge(inputs=(given(1, "flood", "Cellar", active=False, state="cut", why="Cut."),)))
    assert "This alarm input tells nothing" in unread.cause
