"""The wall clock is set, jumps for summer time or comes to a leap day: doors go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from access_control.core.decision.model import Timetable
from access_control.readers.timetables import Calendar, Interval
from firmware_bridge.controller.commands import DriveOutput
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import CardPresented, Event, LinkState, ReaderLinkChanged, TimePassed
from firmware_bridge.controller.memory import Memory
from tests.building.clock import SetClock
from tests.firmware_bridge.controller.school import START, card, draft, output, policy_of

CHICAGO = ZoneInfo("America/Chicago")
FRONT = 1
NEVER = Timetable()


class Door:
    """The front door's lock, as the bridge drives it."""

    def __init__(self, clock: SetClock, hours: Timetable = NEVER) -> None:
        self.clock = clock
        self.released = False
        self.controller = Controller(Memory(clock_trusted=True))
        made = draft()
        doors = [replace(door, scheduled_unlock=hours) if door.id == FRONT else door for door in made.doors]
        horizon = int(clock.at.timestamp()) + 800 * 86_400
        made = replace(made, doors=doors, made_at=clock.at, horizon=horizon)
        self._see(self.controller.start(clock.moment(), policy_of(made), None))
        self.tell(ReaderLinkChanged(clock.moment(), FRONT, LinkState.SECURE))

    def tell(self, event: Event) -> None:
        self._see(self.controller.handle(event))

    def wait(self, seconds: float) -> None:
        """Let time pass as the bridge's thread does it: deadline by deadline."""
        until_s = self.clock.mono_s + seconds
        while self.clock.mono_s < until_s:
            deadline_s = self.controller.next_deadline_s()
            next_s = until_s if deadline_s is None else min(until_s, max(deadline_s, self.clock.mono_s + 0.01))
            self.clock.go_on(next_s - self.clock.mono_s)
            self.tell(TimePassed(self.clock.moment()))

    def _see(self, commands: object) -> None:
        assert isinstance(commands, list)
        for command in commands:
            if isinstance(command, DriveOutput) and command.point == output(FRONT):
                self.released = command.energised


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-1), timedelta(hours=1), timedelta(days=3000)])
def test_an_unlock_lasts_as_long_as_it_should_whatever_the_wall_clock_does(jump: timedelta) -> None:
    door = Door(SetClock(at=START))
    door.tell(CardPresented(door.clock.moment(), FRONT, card("ada")))
    assert door.released
    door.clock.at += jump
    door.wait(2.0)
    assert door.released
    door.wait(30.0)
    assert not door.released


SCHOOL_HOURS = [Interval(7 * 60 + 30, 8 * 60 + 30, weekday=day) for day in range(7)]


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7), date(2028, 2, 29), date(2027, 12, 31)])
def test_hours_begin_and_end_by_the_clock_on_the_wall_on_days_that_are_not_like_others(day: date) -> None:
    first = day - timedelta(days=1)
    hours = Calendar(CHICAGO, {}, first, 4).timetable(SCHOOL_HOURS)
    door = Door(SetClock(at=datetime(first.year, first.month, first.day, 12, tzinfo=UTC)), hours)
    moved, before = [], door.released
    for _ in range(3 * 24 * 2):
        door.wait(1800.0)
        if door.released != before:
            before = door.released
            moved.append(f"{door.clock.at.astimezone(CHICAGO):%H:%M} {'open' if before else 'locked'}")
    # The bridge is started at six or seven in the morning of the first day.
    assert moved == ["07:30 open", "08:30 locked"] * 3
