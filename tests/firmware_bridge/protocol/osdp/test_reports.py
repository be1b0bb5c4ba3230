"""The same happening is a reader's event or a board's, in words about what it is."""

import pytest

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardLinkChanged,
    BoardTampered,
    Event,
    InputChanged,
    InputState,
    LinkAlarm,
    LinkState,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
)
from firmware_bridge.protocol.osdp.reports import Reports
from tests.building.clock import SetClock

NOW = SetClock().moment()


def everything(kind: DeviceKind) -> list[Event]:
    told: list[Event] = []
    reports = Reports(kind, 3, told.append)
    reports.link(LinkState.DOWN, "The reader at /dev/reader is gone. Check this reader's cable.", NOW)
    reports.alarm(LinkAlarm.NAK, "The reader refused.", NOW)
    reports.tampered(NOW, tampered=True)
    reports.input(1, InputState.ACTIVE, NOW)
    return told


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_each_event_is_of_its_kind(kind: DeviceKind) -> None:
    reader = kind is DeviceKind.READER
    name = "reader" if reader else "module"
    link, alarm, tampered = (
        (ReaderLinkChanged, ReaderAlarmed, ReaderTampered)
        if reader
        else (BoardLinkChanged, BoardAlarmed, BoardTampered)
    )
    assert everything(kind) == [
        link(NOW, 3, LinkState.DOWN, f"The {name} at /dev/reader is gone. Check this {name}'s cable."),
        alarm(NOW, 3, LinkAlarm.NAK, f"The {name} refused."),
        tampered(NOW, 3, tampered=True),
        InputChanged(NOW, Point(kind, 3, 1), InputState.ACTIVE),
    ]
