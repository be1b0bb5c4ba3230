from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import cast

import pytest

from access_control.core.decision.building import DeviceKind, Point
from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from firmware_bridge.controller.commands import (
    AskEmergency,
    Command,
    DriveOutput,
    Indication,
    RaiseDirective,
    RecordEvent,
    RememberPassUsed,
    RememberPress,
    ShowAtReader,
    Urgency,
)
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import EmergencyAsked, Event, KeysPressed, Moment, TimePassed
from firmware_bridge.controller.status import BridgeStatus
from firmware_bridge.runtime.keeper import Keeper
from firmware_bridge.runtime.loop import Hands, Loop, Remember, Told
from firmware_bridge.runtime.watch import Watch
from firmware_bridge.runtime.wiring import Wiring
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.recorder import Recorder
from tests.building.clock import MONDAY, SetClock
from tests.building.processes import until

DIRECTIVE = Directive("d1", EmergencyAction.LOCKDOWN, "site", frozenset(), "bridge:b", "x", False, MONDAY)  # noqa: FBT003 - a record by position


def drive(index: int, urgency: Urgency) -> DriveOutput:
    return DriveOutput(Point(DeviceKind.BOARD, 1, index), energised=False, lease_s=0.0, urgency=urgency)


class Noting:
    """Ports, recorder, disk and brain that write down what they are asked, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.clock = SetClock()
        self.answers: Callable[[Event], Sequence[Command]] = lambda _: []
        self.events: list[Event] = []
        self.noticed: list[Moment] = []
        keeper = Keeper()
        keeper.start()
        hands = Hands(
            cast("Controller", self),
            cast("Wiring", self),
            cast("Recorder", self),
            keeper,
            self._write,
            self.clock,
            cast("Watch", self),
        )
        self.loop = Loop(hands, lambda command, _: self.log.append(f"kept {command.directive.id}"), lambda: None)

    # As wiring.

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        what = f"drive {command.point.index}" if isinstance(command, DriveOutput) else f"show {command.reader}"
        self.log.append(what)

    # As recorder.

    def hand_over(self, entry: Entry) -> None:
        self.log.append(f"record {entry.code}")
        self.last = entry

    def wait_for(self, entry: Entry) -> bool:
        self.log.append(f"wait {entry.code}")
        return True

    # As watch.

    def look(self, *_: object) -> None:
        return

    def notice(self, moment: Moment, *_: object) -> None:
        self.noticed.append(moment)

    # As disk.

    def _write(self, command: Remember) -> Callable[[], None]:
        return lambda: self.log.append(f"write {type(command).__name__}")

    # As brain.

    def handle(self, event: Event) -> list[Command]:
        self.events.append(event)
        return list(self.answers(event))

    def next_deadline_s(self) -> float | None:
        return None

    def status(self, mono_s: float) -> BridgeStatus:
        return BridgeStatus(mono_s, None, None, clock_trusted=True)


def test_a_grant_is_recorded_before_its_lock_moves_and_only_that_is_waited_for_and_a_lamp_comes_last() -> None:
    noting = Noting()
    commands: list[Command] = [
        RecordEvent("ACCESS_GRANTED", door=1),
        ShowAtReader(1, Indication.GRANTED, 3.0, silent=False),
        drive(0, Urgency.GRANT),
        RecordEvent("DOOR_OPENED", door=1),
    ]
    noting.loop.carry_out(commands, noting.clock.moment())
    assert noting.log == [
        "record ACCESS_GRANTED",
        "wait ACCESS_GRANTED",
        "drive 0",
        "record DOOR_OPENED",
        "show 1",
    ]
    assert (noting.last.at, noting.last.mono_s) == (MONDAY, 100.0)


def test_the_clock_is_judged_before_anything_is_decided_by_its_time() -> None:
    noting = Noting()
    before: list[list[Moment]] = []

    def answer(_: Event) -> list[Command]:
        before.append(list(noting.noticed))
        return []

    noting.answers = answer
    noting.loop.start()
    first = noting.clock.moment()
    noting.loop.put(TimePassed(first))
    noting.clock.at += timedelta(hours=9)
    second = noting.clock.moment()
    noting.loop.put(TimePassed(second))
    noting.loop.stop()
    assert before[:2] == [[first], [first, second]]


def test_the_locks_of_an_emergency_come_before_anything_is_written() -> None:
    noting = Noting()
    commands: list[Command] = [
        RecordEvent("SRP_LOCKDOWN_START"),
        RaiseDirective(DIRECTIVE),
        drive(0, Urgency.EMERGENCY),
        RememberPassUsed(1, 2),
        drive(1, Urgency.EMERGENCY),
    ]
    noting.loop.carry_out(commands, noting.clock.moment())
    assert noting.log[:2] == ["drive 0", "drive 1"]
    assert noting.log[2:] == [
        "record SRP_LOCKDOWN_START",
        "write RememberPassUsed",
        "wait SRP_LOCKDOWN_START",
        "write RaiseDirective",
        "kept d1",
    ]


def test_an_emergency_is_kept_after_its_event_and_the_press_after_the_emergency() -> None:
    noting = Noting()
    commands: list[Command] = [
        RaiseDirective(DIRECTIVE),
        RememberPress(4, "d1"),
        RecordEvent("SRP_LOCKDOWN_START"),
        drive(0, Urgency.EMERGENCY),
    ]
    noting.loop.carry_out(commands, noting.clock.moment())
    assert noting.log == [
        "drive 0",
        "record SRP_LOCKDOWN_START",
        "wait SRP_LOCKDOWN_START",
        "write RaiseDirective",
        "kept d1",
        "write RememberPress",
    ]


def test_what_a_panic_button_asks_for_begins_before_anything_is_written() -> None:
    noting = Noting()
    noting.answers = lambda _: [RaiseDirective(DIRECTIVE), drive(0, Urgency.EMERGENCY)]
    commands: list[Command] = [
        RecordEvent("PANIC_ACTIVATED"),
        AskEmergency(4, EmergencyAction.LOCKDOWN, "site", "input:4"),
        AskEmergency(5, EmergencyAction.HOLD, "site", "input:5"),
    ]
    noting.loop.carry_out(commands, noting.clock.moment())
    assert noting.log[:3] == ["drive 0", "drive 0", "record PANIC_ACTIVATED"]
    asked = [event for event in noting.events if isinstance(event, EmergencyAsked)]
    assert [(one.action, one.scope, one.by, one.drill, one.input) for one in asked] == [
        ("lockdown", "site", "input:4", False, 4),
        ("hold", "site", "input:5", False, 5),
    ]
    assert len({one.directive_id for one in asked}) == 2


def test_events_are_handled_in_order_and_time_passes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.runtime.loop.IDLE_S", 0.01)
    noting = Noting()
    noting.loop.start()
    for reader in range(20):
        noting.loop.put(KeysPressed(noting.clock.moment(), reader, "1"))
    until(lambda: any(isinstance(event, TimePassed) for event in noting.events), "time passes")
    noting.loop.stop()
    pressed = [event.reader for event in noting.events if isinstance(event, KeysPressed)]
    assert pressed == list(range(20))


def test_a_fault_of_the_brain_is_recorded_and_the_doors_go_on() -> None:
    noting = Noting()

    def answers(event: Event) -> Sequence[Command]:
        if isinstance(event, KeysPressed) and event.reader == 1:
            raise ZeroDivisionError("a mistake of ours")
        return [drive(5, Urgency.ROUTINE)] if isinstance(event, KeysPressed) else []

    noting.answers = answers
    noting.loop.start()
    for reader in (1, 2):
        noting.loop.put(KeysPressed(noting.clock.moment(), reader, "1"))
    noting.loop.stop()
    assert noting.log == ["record CONTROLLER_FAULT", "drive 5"]
    assert "a mistake of ours" in str(noting.last.detail["why"])


def test_the_status_is_answered_between_events_and_what_is_told_is_recorded() -> None:
    noting = Noting()
    noting.loop.start()
    noting.loop.put(Told(noting.clock.moment(), RecordEvent("KEYS_APPLIED")))
    status = noting.loop.status(30)
    assert status is not None
    assert status.mono_s == 100.0
    noting.loop.stop()
    assert noting.log == ["record KEYS_APPLIED"]
    assert noting.loop.status(0.01) is None


def test_a_fault_that_comes_at_once_again_neither_ends_the_thread_nor_fills_the_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noting = Noting()
    asked: list[int] = []

    def deadline() -> float:
        asked.append(1)
        if len(asked) < 40:
            raise ZeroDivisionError("a mistake of ours")
        return noting.clock.mono_s + 3600

    monkeypatch.setattr(noting, "next_deadline_s", deadline)
    noting.answers = lambda _: [drive(5, Urgency.ROUTINE)]
    noting.loop.start()
    noting.loop.put(KeysPressed(noting.clock.moment(), 1, "1"))
    until(lambda: "drive 5" in noting.log, "the bridge goes on")
    noting.loop.stop()
    assert noting.log.count("record CONTROLLER_FAULT") == 10
