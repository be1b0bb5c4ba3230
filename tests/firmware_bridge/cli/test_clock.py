"""``clock`` against a running bridge that followed a time server a year ahead, and is right again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line
from firmware_bridge.clock import Clock
from firmware_bridge.config import read_config
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.local.client import LocalClient
from firmware_bridge.ports import Emit
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.runtime.wiring import PortPlan
from firmware_bridge.uplink.service_time import ServiceTime
from tests.building.clock import SetClock
from tests.building.processes import read_events, until
from tests.building.signed import Installation, School

YEAR = timedelta(days=365)


class SilentPort:
    """A port with nothing behind it."""

    def __init__(self, plan: PortPlan, _: Emit, __: Clock) -> None:
        self.name = plan.settings.name

    def start(self) -> None:
        pass

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        pass

    def stop(self) -> None:
        pass


class Misled:
    """A bridge that believed a wrong time, with its service, and has a document that was made then."""

    def __init__(self, place: Path) -> None:
        self.school = School()
        self.clock = SetClock(at=self.school.made_at + timedelta(days=1))
        self.installation = Installation(place)
        self.installation.install(self.clock)

    @contextmanager
    def running(self, boot: str = "a boot") -> Iterator[Bridge]:
        around = Surroundings(self.clock, SilentPort, lambda: boot)
        with Bridge(read_config(self.installation.settings), around) as bridge:
            yield bridge

    def service_agrees(self, bridge: Bridge) -> None:
        moment = self.clock.moment()
        bridge._loop.put(ServiceTime(moment, moment, moment.at))

    def believed(self) -> bool:
        with LocalClient(self.installation.state / "control.sock") as client:
            return bool(client.status()["clock_trusted"])

    def mislead(self, bridge: Bridge) -> None:
        self.clock.at += YEAR
        self.service_agrees(bridge)
        until(self.believed, "service and bridge follow the same wrong time")
        with LocalClient(self.installation.state / "control.sock") as client:
            client.apply(self.school.keys())
            client.apply(School(made_at=self.school.made_at + YEAR).policy())
        self.clock.go_on(61)
        self.clock.at -= YEAR
        self.clock.go_on(2)
        until(lambda: not self.believed(), "it is set right, and that is before what is known")

    def accept(self, *more: str) -> int:
        return command_line(["clock", "--config", str(self.installation.settings), *more])


def test_a_wrong_time_that_was_believed_is_got_rid_of_for_good(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    misled = Misled(place)
    with misled.running() as bridge:
        misled.mislead(bridge)
        misled.service_agrees(bridge)
        assert misled.accept() == 0
        shown = capsys.readouterr().out
        assert "and is NOT believed. It and the service agree, but both are before 2027-11-02" in shown
        assert "The service's clock agrees with it." in shown
        assert not misled.believed(), "showing changes nothing"
        assert misled.accept("--accept", "--by", "local:ina") == 0
        assert "The clock is believed from now on." in capsys.readouterr().out
        assert misled.believed()
        assert misled.accept("--accept") == 1
        assert "believed already" in capsys.readouterr().err
        assert bridge.recorder.flush(30)
    (event,) = [
        event for event in read_events(misled.installation.state / "outbox.db") if event.code == "CLOCK_ACCEPTED"
    ]
    assert (event.detail["by"], event.detail["service"]) == ("local:ina", "agrees")
    misled.clock.go_on(30)
    with misled.running():
        assert misled.believed(), "the Policy from the future blocks no restart"
    misled.clock.go_on(30)
    misled.clock.mono_s = 5
    with misled.running("another boot") as bridge:
        misled.service_agrees(bridge)
        until(misled.believed, "nor a reboot")


def test_without_the_service_a_word_has_to_be_typed(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    misled = Misled(place)
    with misled.running() as bridge:
        misled.mislead(bridge)
        misled.clock.go_on(11)
        for typed, code in (("", 1), ("y\n", 1), ("accept\n", 0)):
            monkeypatch.setattr("sys.stdin", io.StringIO(typed))
            assert misled.accept("--accept") == code
            assert misled.believed() is (code == 0)
    assert "Look at a clock that you trust" in capsys.readouterr().out
