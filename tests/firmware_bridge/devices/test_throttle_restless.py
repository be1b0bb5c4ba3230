"""A contact that changes faster than its port may tell proves nothing at the door, however long that goes on."""

from __future__ import annotations

from collections import Counter

import pytest

from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.events import Event, InputChanged, InputState
from firmware_bridge.devices.throttle import CHANGES_AT_ONCE, Throttle
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import wired

TURN_S = 0.02
"""How often the port looks at its board."""
LONG_S = 8.0


class Line:
    """The front door's contact, its port's throttle and the controller."""

    def __init__(self) -> None:
        self.play = Playbook()
        self.told: Counter[str] = Counter()
        self.seen: Counter[tuple[str, str]] = Counter()
        """For how many turns the door was where, and how secure."""
        self._passed: list[Event] = []
        self._throttle = Throttle(self._passed.append)
        self._state = InputState.NORMAL

    def turn(self, state: InputState) -> None:
        """The port's thread goes round once."""
        said = self.play.wait(TURN_S)
        if state is not self._state:
            self._state = state
            self._throttle(InputChanged(self.play.moment, wired(1, 0), state))
        self._throttle.flush(self.play.moment)
        said += [command for event in self._passed for command in self.play.tell(event)]
        self._passed.clear()
        self.told.update(str(command.code) for command in said if isinstance(command, RecordEvent))
        door = self.play.door("front")
        self.seen[door.position.value, door.security.value] += 1

    def stay(self, state: InputState, seconds: float) -> None:
        for _ in range(round(seconds / TURN_S)):
            self.turn(state)

    def chatter(self, seconds: float, each_s: float) -> None:
        """Change every ``each_s`` seconds, or as near to it as the port's turns allow."""
        for n in range(round(seconds / TURN_S)):
            self.turn(InputState.NORMAL if int(n * TURN_S / each_s) % 2 else InputState.ACTIVE)


@pytest.mark.parametrize("each_s", [0.02, 0.033, 0.047, 0.07, 0.12])
def test_a_contact_that_chatters_for_long_is_unknown_until_it_holds_still(each_s: float) -> None:
    line = Line()
    line.chatter(3.0, each_s)
    assert line.told["INPUT_UNREADABLE"] == 1
    assert line.told.total() <= 2 * CHANGES_AT_ONCE  # it may hold still for its debounce time and change too often
    line.seen.clear()
    line.told.clear()
    line.chatter(LONG_S, each_s)
    assert set(line.seen) == {("unknown", "unknown")}
    assert not line.told
    line.stay(InputState.NORMAL, 1.5)
    assert line.play.door("front").position == "closed"
    assert line.told["INPUT_TROUBLE_CLEARED"] == 1


def test_a_contact_that_never_holds_still_forces_nothing() -> None:
    line = Line()
    line.chatter(LONG_S, 0.02)
    line.stay(InputState.NORMAL, 1.5)
    assert line.told == {"INPUT_UNREADABLE": 1, "INPUT_TROUBLE_CLEARED": 1}
    assert line.play.door("front").security == "secured"


def test_a_door_that_stands_open_after_its_contact_chattered_for_long_is_forced() -> None:
    line = Line()
    line.chatter(LONG_S, 0.02)
    line.stay(InputState.ACTIVE, 1.5)
    assert line.told == {"INPUT_UNREADABLE": 1, "INPUT_TROUBLE_CLEARED": 1, "DOOR_FORCED": 1}
    assert line.play.door("front").position == "open"


def test_a_door_that_opens_and_closes_as_people_do_is_never_unknown() -> None:
    line = Line()
    for _ in range(10):
        line.stay(InputState.ACTIVE, 0.4)
        line.stay(InputState.NORMAL, 0.4)
    assert {position for position, _ in line.seen} == {"open", "closed"}
    assert "INPUT_UNREADABLE" not in line.told


def test_a_contact_that_chatters_again_and_again_is_told_a_few_times() -> None:
    line = Line()
    for _ in range(10):
        line.chatter(1.0, 0.02)
        line.stay(InputState.NORMAL, 2.0)
    assert 1 <= line.told["INPUT_UNREADABLE"] <= 6
    assert line.told.total() <= 12
