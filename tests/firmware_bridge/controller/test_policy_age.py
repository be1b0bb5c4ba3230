"""A Policy that nobody confirms any more: said in time, once, and timed rights stop where the school wants it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from access_control.core.decision.model import DoorClass, Policy, Revision, Timetable
from access_control.core.wire.policy import Level
from firmware_bridge.controller.commands import Command, DriveOutput, RecordEvent, RememberPolicyAge
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    CardPresented,
    ClockJudged,
    Event,
    InputChanged,
    InputState,
    LinkState,
    PolicyAccepted,
    PolicyConfirmed,
    ReaderLinkChanged,
    TimePassed,
)
from firmware_bridge.controller.memory import KeptAge, Memory
from tests.building.clock import SetClock
from tests.firmware_bridge.controller.school import ALWAYS, DOORS, START, T0, card, draft, policy_of, wired

DAY = 86_400
LIMITS = {DoorClass.EXTERIOR: 30, DoorClass.INTERIOR: 60}


def school(n: int = 1, **changed: object) -> Policy:
    """Students have hours at every door and the front stands open by its hours, always within them; rooms: no limit."""
    made = draft()
    hours = Timetable(starts=(T0,), ends=(T0 + 390 * DAY,))
    levels = [Level(1, dict.fromkeys(DOORS.values(), ALWAYS)), Level(2, dict.fromkeys(DOORS.values(), hours))]
    doors = [replace(door, scheduled_unlock=hours) if door.id == DOORS["front"] else door for door in made.doors]
    fields = {"levels": levels, "doors": doors, "age_limits": LIMITS, "revision": Revision(1, n), **changed}
    return policy_of(replace(made, **fields))  # type: ignore[arg-type]  # a test knows its fields


@dataclass
class Alone:
    """A bridge that hears nothing, over as many runs as a test wants."""

    clock: SetClock = field(default_factory=lambda: SetClock(at=START))
    policy: Policy = field(default_factory=school)
    kept: KeptAge | None = None
    told: list[str] = field(default_factory=list)
    drives: list[DriveOutput] = field(default_factory=list)

    def start(self, *, trusted: bool = True) -> None:
        self.controller = Controller(Memory(clock_trusted=trusted, policy_age=self.kept))
        self._take(self.controller.start(self.clock.moment(), self.policy, None))

    def restart(self, *, reboot: bool = False, off_days: float = 0) -> None:
        """Stop without warning and start again; a reboot's monotonic clock begins anew."""
        self.clock.at += timedelta(days=off_days)
        if reboot:
            assert self.kept is not None
            self.kept = replace(self.kept, mono_s=None)
            self.clock.mono_s = 5.0
        else:
            self.clock.mono_s += off_days * DAY
        self.start(trusted=not reboot)

    def tell(self, event: Event) -> list[Command]:
        said = self.controller.handle(event)
        self._take(said)
        return said

    def days(self, number: float) -> None:
        """Let days pass, looking around each quarter of a day."""
        for _ in range(round(number * 4)):
            self.clock.go_on(DAY / 4)
            self.tell(TimePassed(self.clock.moment()))

    def confirm(self, n: int = 1) -> None:
        self.tell(PolicyConfirmed(self.clock.moment(), Revision(1, n)))

    def presents(self, door: str, person: str) -> str:
        number = DOORS[door]
        self.tell(ReaderLinkChanged(self.clock.moment(), number, LinkState.SECURE))
        said = self.tell(CardPresented(self.clock.moment(), number, card(person)))
        return next(one.code for one in said if isinstance(one, RecordEvent) and one.door == number)

    def _take(self, said: list[Command]) -> None:
        for command in said:
            match command:
                case RememberPolicyAge():
                    self.kept = command.age
                case RecordEvent() if command.code.startswith("POLICY_") and command.code != "POLICY_APPLIED":
                    words = (command.code, command.detail.get("door_class"), command.detail.get("percent"))
                    self.told.append(" ".join(str(word) for word in words if word is not None))
                case DriveOutput():
                    self.drives.append(command)
                case _:
                    pass


@pytest.fixture
def bridge() -> Alone:
    found = Alone()
    found.start()
    return found


def test_months_alone_are_told_once_a_step_for_each_class_of_doors(bridge: Alone) -> None:
    bridge.days(100)
    assert bridge.told == [
        "POLICY_AGEING exterior 50",
        "POLICY_AGEING exterior 80",
        "POLICY_TOO_OLD exterior 100",
        "POLICY_AGEING interior 50",
        "POLICY_AGEING interior 80",
        "POLICY_TOO_OLD interior 100",
    ]


@pytest.mark.parametrize(
    ("days", "door", "person", "code"),
    [
        (29, "front", "ben", "ACCESS_GRANTED"),
        (31, "front", "ben", "DENIED_POLICY_OLD"),  # outside, with hours
        (31, "hall", "ben", "ACCESS_GRANTED"),  # inside there are thirty days more
        (61, "hall", "ben", "DENIED_POLICY_OLD"),
        (300, "room12", "ben", "ACCESS_GRANTED"),  # no limit at rooms
        (61, "front", "ada", "ACCESS_GRANTED"),  # always
        (61, "front", "olga", "GRANTED_RESPONDER"),
    ],
)
def test_hours_are_over_by_class_and_always_and_responders_go_on(
    bridge: Alone, days: int, door: str, person: str, code: str
) -> None:
    bridge.days(days)
    assert bridge.presents(door, person) == code


def test_a_timed_unlock_ends_at_the_limit_and_is_back_when_the_policy_is_confirmed(bridge: Alone) -> None:
    front = bridge.controller.status(bridge.clock.mono_s).door(DOORS["front"])
    assert front.slot.name == "SCHEDULE"
    bridge.days(30.25)
    assert bridge.controller.status(bridge.clock.mono_s).door(DOORS["front"]).slot.name == "DEFAULT"
    bridge.confirm()
    assert bridge.controller.status(bridge.clock.mono_s).door(DOORS["front"]).slot.name == "SCHEDULE"
    assert bridge.told[-1] == "POLICY_CONFIRMED"
    bridge.confirm()
    assert bridge.told.count("POLICY_CONFIRMED") == 1


def test_leaving_works_however_old_the_policy_is(bridge: Alone) -> None:
    bridge.days(380)
    bridge.drives.clear()
    bridge.tell(InputChanged(bridge.clock.moment(), wired(DOORS["hall"], 1), InputState.ACTIVE))
    assert [drive.energised for drive in bridge.drives if drive.point.index == DOORS["hall"]] == [False]


def test_a_policy_that_is_confirmed_now_and_then_never_gets_old(bridge: Alone) -> None:
    for _ in range(40):
        bridge.days(7)
        bridge.confirm()
    assert bridge.told == []


def test_word_of_another_policy_confirms_nothing(bridge: Alone) -> None:
    bridge.days(10)
    bridge.confirm(n=2)
    bridge.days(6)
    assert bridge.told == ["POLICY_AGEING exterior 50"]


def test_a_restart_goes_on_counting_and_says_nothing_twice(bridge: Alone) -> None:
    bridge.days(20)
    bridge.restart(off_days=1)
    bridge.days(2)
    bridge.restart()
    assert bridge.told == ["POLICY_AGEING exterior 50"]
    bridge.days(7)
    assert bridge.told[1:] == ["POLICY_AGEING exterior 80", "POLICY_TOO_OLD exterior 100", "POLICY_AGEING interior 50"]
    bridge.restart()
    assert bridge.presents("front", "ben") == "DENIED_POLICY_OLD"
    assert len(bridge.told) == 4


def test_a_restart_in_which_the_policy_became_too_old_opens_nothing_for_a_moment(bridge: Alone) -> None:
    bridge.days(25)
    bridge.drives.clear()
    bridge.restart(off_days=10)
    assert [drive.energised for drive in bridge.drives if drive.point.index == DOORS["front"]] == [False]


def test_a_reboot_without_a_clock_makes_the_policy_neither_young_nor_old(bridge: Alone) -> None:
    bridge.days(31)
    bridge.restart(reboot=True, off_days=-2000)  # the battery of its clock is dead
    assert bridge.presents("front", "ada") == "ACCESS_GRANTED"
    bridge.tell(ClockJudged(bridge.clock.moment(), trusted=True))  # wrongly, but nothing is counted by it downwards
    assert bridge.presents("front", "ben") == "DENIED_POLICY_OLD"
    bridge.days(1)
    assert bridge.presents("front", "ben") == "DENIED_POLICY_OLD"
    assert bridge.told.count("POLICY_TOO_OLD exterior 100") == 1


def test_time_without_power_counts_once_the_service_has_proved_the_clock(bridge: Alone) -> None:
    bridge.days(5)
    bridge.restart(reboot=True, off_days=40)
    assert bridge.presents("front", "ada") == "ACCESS_GRANTED"
    bridge.days(0.25)
    assert bridge.told == []  # nobody knows how long it was off
    bridge.tell(ClockJudged(bridge.clock.moment(), trusted=True))
    assert bridge.told == []
    bridge.days(0.25)
    assert bridge.told == ["POLICY_TOO_OLD exterior 100", "POLICY_AGEING interior 50"]


def test_a_summer_without_power_is_no_news_when_the_service_confirms_at_once(bridge: Alone) -> None:
    bridge.days(5)
    bridge.restart(reboot=True, off_days=70)
    bridge.confirm()
    bridge.tell(ClockJudged(bridge.clock.moment(), trusted=True))
    bridge.days(10)
    assert bridge.told == []


@pytest.mark.parametrize("years", [-1, 1])
def test_a_wall_clock_that_jumps_makes_no_policy_old(bridge: Alone, years: int) -> None:
    bridge.days(3)
    bridge.clock.at += timedelta(days=365 * years)
    bridge.days(11)
    assert bridge.told == []
    bridge.days(2)
    assert bridge.told == ["POLICY_AGEING exterior 50"]


def test_a_newer_policy_is_as_old_as_its_date_says_but_not_older_than_the_one_before_it(bridge: Alone) -> None:
    bridge.days(20)
    carried = school(2, made_at=START + timedelta(days=18))
    bridge.tell(PolicyAccepted(bridge.clock.moment(), carried))
    assert bridge.told == ["POLICY_AGEING exterior 50", "POLICY_CONFIRMED"]
    bridge.confirm(n=2)
    made_long_ago = school(3, made_at=START)
    bridge.tell(PolicyAccepted(bridge.clock.moment(), made_long_ago))
    bridge.days(10)
    assert len(bridge.told) == 2


def test_a_first_policy_counts_from_the_day_it_was_made() -> None:
    bridge = Alone(clock=SetClock(at=START + timedelta(days=26)))
    bridge.start()
    bridge.days(0.25)
    assert bridge.told == ["POLICY_AGEING exterior 80"]


def test_the_status_says_how_old_it_is_where_there_is_a_limit(bridge: Alone) -> None:
    bridge.days(25)
    age = bridge.controller.status(bridge.clock.mono_s).policy_age
    assert age is not None
    assert round(age.policy_age_s / DAY, 1) == 25
    assert age.limits == {"exterior": 30, "interior": 60}
    assert age.steps == {"exterior": 80, "interior": 0}
    bridge.clock.go_on(5 * DAY)
    later = bridge.controller.status(bridge.clock.mono_s).policy_age
    assert later is not None
    assert later.steps == {"exterior": 100, "interior": 50}


def test_what_is_kept_on_the_disk_is_little(bridge: Alone) -> None:
    kept = 0
    for _ in range(1800):
        bridge.clock.go_on(2)
        moment = bridge.clock.moment()
        kept += sum(isinstance(one, RememberPolicyAge) for one in bridge.tell(PolicyConfirmed(moment, Revision(1, 1))))
    assert 5 <= kept <= 7
