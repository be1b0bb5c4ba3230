"""A device that comes and goes all the time is told of with measure, and in the end as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from access_control.core.decision.model import DeviceKind, Revision
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    BoardTampered,
    Event,
    LinkState,
    Moment,
    PolicyAccepted,
    ReaderLinkChanged,
    ReaderTampered,
    TimePassed,
)
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


@pytest.mark.parametrize(("switch", "who"), [(ReaderTampered, (1, 1, None)), (BoardTampered, (None, None, 1))])
def test_a_tamper_switch_that_never_rests_is_told_a_few_times_a_minute_and_in_the_end_as_it_stands(
    switch: type[ReaderTampered | BoardTampered], who: tuple[int | None, ...]
) -> None:
    clock, controller = SetClock(), Controller()
    controller.start(clock.moment(), policy_of(draft()), None)
    told: list[RecordEvent] = []

    def tell(event: Event) -> None:
        told.extend(command for command in controller.handle(event) if isinstance(command, RecordEvent))

    for _ in range(10 * 60 * 5):
        tell(switch(clock.moment(), 1, tampered=True))
        clock.go_on(0.1)
        tell(switch(clock.moment(), 1, tampered=False))
        clock.go_on(0.1)
        tell(TimePassed(clock.moment()))
    assert len(told) <= 11 * (MOST_CHANGES + 1)
    tell(switch(clock.moment(), 1, tampered=True))
    for _ in range(3):
        clock.go_on(WITHIN_S)
        tell(TimePassed(clock.moment()))
    last = told[-1]
    assert (last.code, (last.door, last.reader, last.detail.get("board"))) == ("TAMPER", who)
    assert sum(1 + int(str(event.detail.get("unreported") or 0)) for event in told) >= 2 * 10 * 60 * 5


def test_a_reader_that_a_policy_takes_away_is_not_told_as_opened_any_more() -> None:
    clock, controller = SetClock(), Controller()
    controller.start(clock.moment(), policy_of(draft()), None)
    for number in range(40):
        controller.handle(ReaderTampered(clock.moment(), 5, tampered=bool(number % 2)))
    fewer = [reader for reader in draft().readers if reader.id != 5]
    controller.handle(
        PolicyAccepted(clock.moment(), policy_of(replace(draft(), readers=fewer, revision=Revision(1, 2))))
    )
    clock.go_on(WITHIN_S)
    told = controller.handle(TimePassed(clock.moment()))
    assert not [command for command in told if isinstance(command, RecordEvent) and command.code.startswith("TAMPER")]


def test_changes_now_and_then_are_told_each() -> None:
    news = LinkNews()
    assert [news.take(READER, 20.0 * number) for number in range(12)] == [0] * 12
    assert news.next_deadline_s() is None
    assert news.due(1e9) == []
