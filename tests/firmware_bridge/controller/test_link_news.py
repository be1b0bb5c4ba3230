"""A device that comes and goes all the time is told of with measure, and in the end as it is."""

from __future__ import annotations

from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import Event, LinkState, Moment, ReaderLinkChanged, TimePassed
from firmware_bridge.controller.link_news import MOST_CHANGES, WITHIN_S, LinkNews
from tests.building.clock import SetClock
from tests.firmware_bridge.controller.school import draft, policy_of

READER = (DeviceKind.READER, 1)


def codes(controller: Controller, event: Event) -> list[tuple[str, object]]:
    return [
        (command.code, command.detail.get("unreported"))
        for command in controller.handle(event)
        if isinstance(command, RecordEvent) and command.code.startswith("READER_O")
    ]


def changed(moment: Moment, number: int) -> ReaderLinkChanged:
    return ReaderLinkChanged(moment, 1, LinkState.DOWN if number % 2 else LinkState.SECURE, "")


def test_a_flapping_reader_is_told_a_few_times_and_then_as_it_stands() -> None:
    clock, controller = SetClock(), Controller()
    controller.start(clock.moment(), policy_of(draft()), None)
    told = []
    for number in range(40):
        told += codes(controller, changed(clock.moment(), number))
        clock.go_on(0.5)
    assert len(told) == MOST_CHANGES

    due_s = controller.next_deadline_s()
    assert due_s is not None
    clock.go_on(WITHIN_S)
    assert codes(controller, TimePassed(clock.moment())) == [("READER_OFFLINE", 40 - MOST_CHANGES)]
    clock.go_on(WITHIN_S)
    assert codes(controller, TimePassed(clock.moment())) == []


def test_changes_now_and_then_are_told_each() -> None:
    news = LinkNews()
    assert [news.take(READER, 20.0 * number) for number in range(12)] == [0] * 12
    assert news.next_deadline_s() is None
    assert news.due(1e9) == []
