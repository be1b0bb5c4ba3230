"""A Policy that gets old while the bridge runs: said in time, and each door does what it should, never silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from access_control.core.decision.model import Timetable
from access_control.core.wire.policy import Level
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import CardPresented, ClockJudged, LinkState, ReaderLinkChanged, TimePassed
from firmware_bridge.controller.memory import Memory
from tests.building.clock import SetClock
from tests.firmware_bridge.controller.school import ALWAYS, START, T0, card, draft, policy_of

DAY = 86_400
HORIZON_DAYS = 400


def begun(clock: SetClock, *, trusted: bool = True) -> Controller:
    controller = Controller(Memory(clock_trusted=trusted))
    made = draft()
    # Students have hours at the front door and the hall, on every day until the horizon.
    days = range(HORIZON_DAYS)
    hours = Timetable(starts=tuple(T0 + n * DAY for n in days), ends=tuple(T0 + n * DAY + 8 * 3600 for n in days))
    levels = [Level(1, dict.fromkeys(range(1, 6), ALWAYS)), Level(2, {1: hours, 2: hours, 3: ALWAYS})]
    controller.start(clock.moment(), policy_of(replace(made, levels=levels)), None)
    return controller


def said(controller: Controller, event: object) -> list[tuple[str, object]]:
    return [
        (command.code, command.detail.get("days"))
        for command in controller.handle(event)  # type: ignore[arg-type]  # any event
        if isinstance(command, RecordEvent)
    ]


def test_a_bridge_that_runs_for_a_year_without_its_service_says_so_four_times() -> None:
    clock = SetClock(at=START)
    controller = begun(clock)
    told = []
    for _ in range(HORIZON_DAYS + 20):
        clock.go_on(DAY)
        told += [found for found in said(controller, TimePassed(clock.moment())) if found[0] == "HORIZON_NEAR"]
    assert told == [("HORIZON_NEAR", days) for days in (89, 29, 6, 0)]


def test_a_restart_says_it_again_and_a_clock_that_is_not_believed_says_nothing() -> None:
    clock = SetClock(at=START + timedelta(days=HORIZON_DAYS - 3))
    assert ("HORIZON_NEAR", 3) in said(begun(clock), TimePassed(clock.moment()))
    doubting = begun(clock, trusted=False)
    assert said(doubting, TimePassed(clock.moment())) == []
    assert ("HORIZON_NEAR", 3) in said(doubting, ClockJudged(clock.moment(), trusted=True))


@pytest.mark.parametrize(
    ("door", "person", "code"),
    [
        (1, "ben", "DENIED_PAST_HORIZON"),  # outside, with hours
        (2, "ben", "DENIED_PAST_HORIZON"),  # inside, with hours
        (3, "ben", "ACCESS_GRANTED"),  # a room, always
        (1, "ada", "ACCESS_GRANTED"),
        (1, "olga", "GRANTED_RESPONDER"),
    ],
)
def test_past_its_end_hours_are_over_and_always_and_responders_go_on(door: int, person: str, code: str) -> None:
    clock = SetClock(at=START + timedelta(days=HORIZON_DAYS + 1))
    controller = begun(clock)
    controller.handle(ReaderLinkChanged(clock.moment(), door, LinkState.SECURE))
    assert code in [found[0] for found in said(controller, CardPresented(clock.moment(), door, card(person)))]
