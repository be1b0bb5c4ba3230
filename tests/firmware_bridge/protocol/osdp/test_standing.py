"""Each change of a link is told once, each alarm once an episode."""

from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.events import Event, LinkState, ReaderAlarmed, ReaderLinkChanged
from firmware_bridge.protocol.osdp.handshake import NO_SECURITY, WRONG_KEY
from firmware_bridge.protocol.osdp.reports import Reports
from firmware_bridge.protocol.osdp.standing import Standing
from tests.building.clock import SetClock

NOW = SetClock().moment()


def test_a_change_is_told_once() -> None:
    told: list[Event] = []
    standing = Standing(Reports(DeviceKind.READER, 7, told.append))
    before = standing.link

    standing.announce(LinkState.SECURE, "", NOW)
    standing.announce(LinkState.SECURE, "", NOW)

    assert told == [ReaderLinkChanged(NOW, 7, LinkState.SECURE)]
    assert (before, standing.link) == (LinkState.DOWN, LinkState.SECURE)


def test_an_alarm_is_told_once_until_the_reader_was_well_for_a_minute() -> None:
    told: list[Event] = []
    clock = SetClock()
    standing = Standing(Reports(DeviceKind.READER, 7, told.append))
    for refusal in (WRONG_KEY, WRONG_KEY, NO_SECURITY):
        standing.alarm(refusal, clock.moment())
    assert [type(event) for event in told] == [ReaderAlarmed, ReaderAlarmed]

    for lasted_s in (1.0, 59.0):
        standing.announce(LinkState.SECURE, "", clock.moment())
        clock.go_on(lasted_s)
        standing.announce(LinkState.DOWN, "", clock.moment())
        clock.go_on(3600.0)
        standing.alarm(WRONG_KEY, clock.moment())
    assert len([event for event in told if isinstance(event, ReaderAlarmed)]) == 2

    standing.announce(LinkState.SECURE, "", clock.moment())
    clock.go_on(60.0)
    standing.announce(LinkState.DOWN, "", clock.moment())
    standing.alarm(WRONG_KEY, clock.moment())
    assert told[-1] == ReaderAlarmed(clock.moment(), 7, WRONG_KEY.alarm, WRONG_KEY.why)


def test_what_goes_on_beside_a_session_is_one_alarm_and_another_after_a_quiet_minute() -> None:
    told: list[Event] = []
    clock = SetClock()
    standing = Standing(Reports(DeviceKind.READER, 7, told.append))
    standing.announce(LinkState.SECURE, "", clock.moment())
    for _ in range(200):
        standing.alarm(NO_SECURITY, clock.moment())
        clock.go_on(50.0)
    assert len(told) == 2

    clock.go_on(60.0)
    standing.alarm(NO_SECURITY, clock.moment())
    assert len(told) == 3
