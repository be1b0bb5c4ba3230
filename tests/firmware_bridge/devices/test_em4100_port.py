"""Readers for 125 kHz tags over a pty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import (
    CardPresented,
    LinkAlarm,
    LinkState,
    Moment,
    OutputFailed,
    PortChanged,
    ReaderAlarmed,
    ReaderLinkChanged,
)
from firmware_bridge.devices.em4100_port import ALARM_EVERY_S, Em4100Port, TagEar
from firmware_bridge.protocol.em4100 import REPEAT_S, Checksum, Framing, frame
from firmware_bridge.simulator.line import Line, LineFaults
from tests.firmware_bridge.devices.modbus_rack import Said

READER = 7
TAG, OTHER = bytes.fromhex("04006A1C2B"), bytes.fromhex("0F00123456")
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Rig:
    """A reader's cable, and the port at its end."""

    def __init__(self, path: Path) -> None:
        self.said = Said()
        self.line = Line(path, 9600, half_duplex=False)
        self.port = Em4100Port("T", str(path), 9600, READER, Checksum.XOR, emit=self.said, clock=SystemClock())

    def wait_card(self, tag: bytes) -> CardPresented:
        return self.said.wait(CardPresented, lambda event: event.bits == bits(tag))


def bits(tag: bytes) -> Bits:
    return Bits(int.from_bytes(tag), 40)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path / "T")
    with rig.line:
        rig.port.start()
        rig.said.wait(ReaderLinkChanged, lambda event: event.state is LinkState.UP)
        yield rig
        rig.port.stop()


@pytest.mark.parametrize("framing", Framing)
def test_a_tag_that_is_held_there_is_one_card(rig: Rig, framing: Framing) -> None:
    for i in range(6):
        rig.line.transmit(frame(TAG, framing), i * 0.06)
    rig.line.transmit(frame(OTHER, framing), 0.4)
    assert rig.wait_card(TAG).reader == READER
    rig.wait_card(OTHER)
    assert [event.bits for event in rig.said.events if isinstance(event, CardPresented)] == [bits(TAG), bits(OTHER)]


def test_bytes_that_come_one_by_one_and_with_noise_between_are_understood(rig: Rig) -> None:
    rig.line.set_faults(LineFaults(byte_wise=True))
    rig.line.transmit(b"\x02\x30\x34noise")
    rig.line.transmit(frame(TAG, Framing.RDM6300), 0.05)
    rig.wait_card(TAG)


def test_a_reader_that_is_unplugged_is_missed_and_taken_back(rig: Rig) -> None:
    rig.line.stop()
    assert "gone" in rig.said.wait(PortChanged, lambda event: not event.up).why
    rig.said.wait(ReaderLinkChanged, lambda event: event.state is LinkState.DOWN)
    rig.said.forget()
    rig.line.start()
    rig.said.wait(ReaderLinkChanged, lambda event: event.state is LinkState.UP)
    rig.line.transmit(frame(TAG, Framing.RDM6300))
    rig.wait_card(TAG)


def test_it_has_no_outputs(rig: Rig) -> None:
    rig.port.submit(DriveOutput(Point(DeviceKind.READER, READER, 0), energised=True, lease_s=5, urgency=Urgency.GRANT))
    assert "no outputs" in rig.said.wait(OutputFailed).why


def at(second: float) -> Moment:
    return Moment(START, second)


def test_a_tag_is_a_new_card_once_it_was_away_for_long_enough() -> None:
    ear = TagEar(READER, Checksum.XOR)
    sent = frame(TAG, Framing.RDM6300)
    assert len(ear.hear(sent, at(1.0))) == 1
    ear.begin()
    assert ear.hear(sent, at(1.0 + REPEAT_S - 0.1)) == []
    assert ear.hear(sent, at(1.0 + 2 * REPEAT_S - 0.2)) == []
    assert len(ear.hear(sent, at(1.0 + 3 * REPEAT_S))) == 1
    assert ear.silent_at_s() is None


def test_tags_that_do_not_add_up_are_one_alarm_and_not_a_storm() -> None:
    ear = TagEar(READER, Checksum.SUM)
    told = [event for i in range(100) for event in ear.hear(frame(TAG, Framing.RDM6300), at(i * 0.065))]
    (alarm,) = told
    assert isinstance(alarm, ReaderAlarmed)
    assert (alarm.reader, alarm.alarm) == (READER, LinkAlarm.GARBAGE)
    assert "other checksum" in alarm.detail
    assert len(ear.hear(frame(TAG, Framing.RDM6300), at(ALARM_EVERY_S + 1))) == 1


def test_a_megabyte_of_nonsense_is_one_alarm_and_the_next_tag_is_read() -> None:
    ear = TagEar(READER, Checksum.XOR)
    told = [event for i in range(256) for event in ear.hear(b"U" * 4096, at(i * 0.03))]
    (alarm,) = told
    assert isinstance(alarm, ReaderAlarmed)
    assert "no tag" in alarm.detail
    (card,) = ear.hear(frame(TAG, Framing.ID12), at(9.0))
    assert isinstance(card, CardPresented)
