"""The bridge in this process, with ports that only take notes: what is on disk decides what the first commands are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.controller.commands import (
    DriveOutput,
    RememberCancelled,
    RememberFire,
    RememberPassUsed,
    ShowAtReader,
)
from firmware_bridge.controller.events import CardPresented, LinkState, ReaderLinkChanged
from firmware_bridge.local.client import BridgeRefusedError, LocalClient
from firmware_bridge.ports import Emit, Port
from firmware_bridge.runtime.bridge import Bridge, StartError, Surroundings, _remembered, _write
from firmware_bridge.runtime.wiring import PortPlan
from tests.building.processes import read_events, until
from tests.building.signed import ADA, BEN, DOORS, FRONT, ROOM, Installation, School, card, point


@dataclass
class Site:
    """An installation, and what its ports were asked since the last start."""

    installation: Installation
    clock: Clock = field(default_factory=SystemClock)
    boot: str | None = None
    asked: list[str] = field(default_factory=list)
    commands: list[DriveOutput | ShowAtReader] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[Bridge]:
        self.asked.clear()
        self.commands.clear()
        around = Surroundings(self.clock, self._make) if self.boot is None else self._elsewhere()
        with Bridge(read_config(self.installation.settings), around) as bridge:
            yield bridge

    def _elsewhere(self) -> Surroundings:
        return Surroundings(self.clock, self._make, lambda: self.boot or "")

    def _make(self, plan: PortPlan, _: Emit, __: Clock) -> Port:
        return NotedPort(plan.settings.name, self)

    def client(self) -> LocalClient:
        return LocalClient(self.installation.state / "control.sock")

    def apply(self, *documents: bytes) -> None:
        with self.client() as client:
            for document in documents:
                client.apply(document)

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.status()

    def codes(self) -> list[str]:
        return [event.code for event in read_events(self.installation.state / "outbox.db")]

    def driven(self) -> list[DriveOutput]:
        return [command for command in self.commands if isinstance(command, DriveOutput)]


class NotedPort:
    def __init__(self, name: str, site: Site) -> None:
        self.name = name
        self._site = site

    def start(self) -> None:
        self._site.asked.append(f"start {self.name}")

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        self._site.asked.append(f"submit {self.name}")
        self._site.commands.append(command)

    def stop(self) -> None:
        self._site.asked.append(f"stop {self.name}")


@pytest.fixture
def site(place: Path) -> Site:
    installation = Installation(place)
    installation.install()
    return Site(installation)


def read_card(bridge: Bridge, site: Site, reader: int, person: int) -> None:
    bridge.emit(ReaderLinkChanged(site.clock.moment(), reader, LinkState.SECURE))
    bridge.emit(CardPresented(site.clock.moment(), reader, card(person)))


def test_at_the_start_each_door_is_driven_before_any_port_is_open(site: Site) -> None:
    school = School()
    with site.running():
        site.apply(school.keys(), school.policy(), school.orders())
    with site.running():
        first_start = site.asked.index("start R")
        assert [asked for asked in site.asked[:first_start] if asked == "submit R"] == ["submit R"] * len(DOORS)
        assert site.asked.index("start R") < site.asked.index("start A")
        assert {(command.point, command.energised) for command in site.driven()} == {
            (point(door - 1), False) for door in DOORS
        }
    assert site.asked[-2:] == ["stop A", "stop R"]


def test_a_lockdown_raised_here_is_in_force_at_the_next_start(site: Site) -> None:
    school = School()
    with site.running(), site.client() as client:
        for document in (school.keys(), school.policy()):
            client.apply(document)
        answer = client.start_emergency("local:principal")
        assert answer["kept"]
    with site.running() as bridge:
        read_card(bridge, site, FRONT, BEN)
        until(lambda: "DENIED_LOCKDOWN" in site.codes(), "the student is refused")
        (emergency,) = site.status()["emergencies"]
        assert (emergency["directive"], emergency["restored"]) == (answer["directive"], True)
        site.apply(school.release(answer["directive"]))
        assert site.status()["emergencies"] == []


def test_an_unlock_action_from_the_office_moves_the_lock_once(site: Site) -> None:
    school = School()
    with site.running() as bridge:
        site.apply(school.keys(), school.policy())
        action = school.unlock_once(FRONT, site.clock.moment().at)
        site.apply(action)
        until(lambda: any(command.energised for command in site.driven()), "the lock is released")
        with pytest.raises(BridgeRefusedError, match="carried out before"):
            site.apply(action)
        assert bridge.recorder.flush(30)
    assert "UNLOCK_ACTION_DONE" in site.codes()


def test_people_at_the_desk_acknowledge_and_reset_only_doors_that_there_are(site: Site) -> None:
    school = School()
    with site.running(), site.client() as client:
        for document in (school.keys(), school.policy()):
            client.apply(document)
        assert client.acknowledge(ROOM, "local:facilities")["ok"]
        assert client.reset_fire(ROOM, "local:facilities")["ok"]
        for ask in (client.acknowledge, client.reset_fire):
            with pytest.raises(BridgeRefusedError, match="There is no door 77"):
                ask(77, "local:facilities")
    assert {"DOOR_ALARM_ACKNOWLEDGED", "ACTION_REFUSED"} <= set(site.codes())


def test_who_follows_hears_events_and_changes(site: Site) -> None:
    school = School()
    with site.running() as bridge:
        site.apply(school.keys(), school.policy())
        with site.client() as client:
            lines = client.follow()
            status = next(line for line in lines if "status" in line)["status"]  # an event may come before it
            assert len(status["doors"]) == len(DOORS)
            read_card(bridge, site, FRONT, ADA)
            heard = [next(line for line in lines if "event" in line)["event"]["code"] for _ in range(2)]
            assert "ACCESS_GRANTED" in [*heard, *(line["event"]["code"] for line in _some(lines, "event", heard))]
            assert "status" in next(line for line in lines if "status" in line)


def _some(lines: Iterator[dict[str, Any]], key: str, heard: list[str]) -> Iterator[dict[str, Any]]:
    """The next few lines of one kind, unless what was heard is enough."""
    if "ACCESS_GRANTED" not in heard:
        found = (line for line in lines if key in line)
        yield next(found)


@dataclass
class Moved:
    """The machine's clock, off by so much."""

    by: timedelta

    def moment(self) -> Any:
        now = SystemClock().moment()
        return type(now)(now.at + self.by, now.mono_s)

    def monotonic_s(self) -> float:
        return SystemClock().monotonic_s()


@pytest.mark.parametrize(
    ("change", "believed"),
    [
        (lambda _: None, True),
        (lambda site: setattr(site, "boot", "another boot"), False),
        (lambda site: setattr(site, "clock", Moved(timedelta(days=-1))), False),
        (lambda site: setattr(site, "clock", Moved(timedelta(minutes=1))), True),
    ],
    ids=["same boot", "rebooted", "set back", "a little later"],
)
def test_the_clock_is_believed_only_in_the_boot_that_proved_it(
    site: Site, change: Callable[[Site], None], believed: bool
) -> None:
    school = School()
    with site.running():
        site.apply(school.keys(), school.policy())
        assert site.status()["clock_trusted"]
    change(site)
    with site.running():
        assert site.status()["clock_trusted"] is believed


def test_fires_passes_and_cancelled_overrides_are_remembered(site: Site) -> None:
    with site.running() as bridge:
        memory = bridge.documents._memory
        now = int(site.clock.moment().at.timestamp())
        for command in (
            RememberFire(2, held=True),
            RememberFire(3, held=True),
            RememberFire(2, held=False),
            RememberPassUsed(77, now + 60),
            RememberCancelled("override 1"),
        ):
            _write(command, memory, bridge.documents)
        years_ahead = _remembered(memory, now + 10 * 365 * 86_400, trusted=False)
        remembered = _remembered(memory, now, trusted=True)
    assert remembered.fire_held == {3}
    assert remembered.passes_used == {77: now + 60}
    assert years_ahead.passes_used == {77: now + 60}
    assert remembered.cancelled == {"override 1"}


def test_what_cannot_start_closes_what_it_opened(site: Site) -> None:
    with site.running(), pytest.raises(StartError, match="already runs"), site.running():
        pass
    socket = site.installation.state / "control.sock"
    socket.mkdir()
    with pytest.raises(StartError, match="cannot be made"), site.running():
        pass
    socket.rmdir()
    with site.running():
        assert site.status()["doors"] == []


def test_a_state_directory_that_is_not_there_is_one_sentence(place: Path) -> None:
    (place / "bridge.toml").write_text('state_dir = "nowhere"\n')
    bridge = Bridge(read_config(place / "bridge.toml"), Surroundings(SystemClock()))
    with pytest.raises(StartError, match="firmware-bridge init"):
        bridge.start()
