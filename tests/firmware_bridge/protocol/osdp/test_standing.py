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


def test_an_alarm_is_told_once_until_the_reader_was_well_again() -> None:
    told: list[Event] = []
    standing = Standing(Reports(DeviceKind.READER, 7, told.append))
    for refusal in (WRONG_KEY, WRONG_KEY, NO_SECURITY):
        standing.alarm(refusal, NOW)
    assert [type(event) for event in told] == [ReaderAlarmed, ReaderAlarmed]

    standing.announce(LinkState.SECURE, "", NOW)
    standing.alarm(WRONG_KEY, NOW)

    assert told[-1] == ReaderAlarmed(NOW, 7, WRONG_KEY.alarm, WRONG_KEY.why)
