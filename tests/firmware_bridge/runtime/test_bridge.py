"""The bridge in this process, with ports that only take notes: what is on disk decides what the first commands are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access_control.core.decision.model import AlarmInput, DoorClass, EmergencyAction, InputKind, Revision
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    CardPresented,
    ClockJudged,
    InputChanged,
    InputState,
    LinkState,
    PolicyConfirmed,
    ReaderLinkChanged,
    TimePassed,
)
from firmware_bridge.local.client import BridgeRefusedError, LocalClient
from firmware_bridge.ports import Emit, Port
from firmware_bridge.runtime.bridge import Bridge, StartError, Surroundings
from firmware_bridge.runtime.wiring import PortPlan
from firmware_bridge.uplink.polling import lasting
from firmware_bridge.uplink.service_time import ServiceTime
from tests.building.clock import SetClock
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


def with_panic_button(school: School) -> bytes:
    button = AlarmInput(1, "Office", InputKind.PANIC, point(3), action=EmergencyAction.LOCKDOWN, scope="site")
    return school.policy(draft=replace(school.draft(1), inputs=[button]))


def test_a_panic_button_starts_one_emergency_a_press_even_over_a_restart(site: Site) -> None:
    school = School()
    with site.running():
        site.apply(school.keys(), with_panic_button(school))

    def pressed(bridge: Bridge, state: InputState = InputState.ACTIVE) -> None:
        bridge.emit(BoardLinkChanged(site.clock.moment(), 1, LinkState.UP))
        bridge.emit(InputChanged(site.clock.moment(), point(3), state))

    for _ in range(2):  # the first was pressed while the bridge was away; the second start finds it pressed still
        with site.running() as bridge:
            pressed(bridge)
            until(lambda: bool(site.status()["inputs"][0]["active"]), "the button is seen")
            (emergency,) = site.status()["emergencies"]
            assert emergency["action"] == "lockdown"
    with site.running() as bridge:
        (emergency,) = site.status()["emergencies"]
        pressed(bridge, InputState.NORMAL)
        until(lambda: not site.status()["inputs"][0]["active"], "the button is let go")
        assert len(site.status()["emergencies"]) == 1, "letting go ends nothing"
        site.apply(school.release(emergency["directive"]))
        pressed(bridge)
        until(lambda: len(site.status()["emergencies"]) == 1, "the next press starts another")
        assert site.status()["emergencies"][0]["directive"] != emergency["directive"]
    assert site.codes().count("SRP_LOCKDOWN_START") == 2


def test_a_fire_that_ends_while_the_bridge_is_dead_is_told_at_the_next_start(site: Site) -> None:
    school = School()
    panel = AlarmInput(1, "Fire panel", InputKind.FIRE, point(3))
    with site.running() as bridge:
        site.apply(school.keys(), school.policy(draft=replace(school.draft(1), inputs=[panel])))
        bridge.emit(BoardLinkChanged(site.clock.moment(), 1, LinkState.UP))
        bridge.emit(InputChanged(site.clock.moment(), point(3), InputState.ACTIVE))
        until(lambda: "FIRE_INPUT_ON" in site.codes(), "the alarm is told")
    assert "FIRE_INPUT_OFF" not in site.codes()
    for _ in range(2):  # the second start has nothing left to tell
        with site.running() as bridge:
            bridge.emit(BoardLinkChanged(site.clock.moment(), 1, LinkState.UP))
            bridge.emit(InputChanged(site.clock.moment(), point(3), InputState.NORMAL))
            until(lambda: "FIRE_INPUT_OFF" in site.codes(), "its end is told")
    assert site.codes().count("FIRE_INPUT_OFF") == 1


def test_how_old_the_policy_is_outlives_a_restart_and_is_told_once(place: Path) -> None:
    school = School()
    clock = SetClock(at=school.made_at)
    site = Site(Installation(place), clock, "a boot")
    site.installation.install()
    with site.running() as bridge:
        bridge.emit(ClockJudged(clock.moment(), trusted=True))
        site.apply(school.keys(), school.policy(draft=replace(school.draft(1), age_limits={DoorClass.EXTERIOR: 30})))
        until(lambda: site.status()["policy_age"] is not None, "the Policy is in force")
        bridge.emit(PolicyConfirmed(clock.moment(), Revision(1, 1)))
        clock.go_on(16 * 86_400)
        bridge.emit(TimePassed(clock.moment()))
        until(lambda: "POLICY_AGEING" in site.codes(), "half the time is told")
    with site.running() as bridge:
        assert site.status()["policy_age"]["steps"] == {"exterior": 50}
        clock.go_on(15 * 86_400)
        bridge.emit(TimePassed(clock.moment()))
        until(lambda: "POLICY_TOO_OLD" in site.codes(), "the end is told")
        bridge.emit(PolicyConfirmed(clock.moment(), Revision(1, 1)))
        until(lambda: "POLICY_CONFIRMED" in site.codes(), "it is confirmed again")
    assert site.codes().count("POLICY_AGEING") == 1


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
        (lambda site: setattr(site, "clock", Moved(timedelta(hours=10))), False),
        (lambda site: setattr(site, "clock", Moved(timedelta(seconds=-3))), True),
    ],
    ids=["same boot", "rebooted", "set back", "set ahead", "off by less than anybody minds"],
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


@contextmanager
def proved(place: Path) -> Iterator[tuple[Bridge, Site, SetClock]]:
    """A running bridge with whose clock the service has just agreed."""
    clock = SetClock(at=School().made_at)
    site = Site(Installation(place), clock, "a boot")
    site.installation.install(clock)
    with site.running() as bridge:
        bridge._loop.put(ServiceTime(clock.moment(), clock.moment(), clock.at))
        until(lambda: site.status()["clock_trusted"], "the service agrees with the clock")
        yield bridge, site, clock


def test_a_doubt_outlives_a_restart_and_ends_once_the_clock_is_right_again(place: Path) -> None:
    with proved(place) as (_, site, clock):
        clock.at += timedelta(hours=10)
        clock.go_on(2)
        until(lambda: not site.status()["clock_trusted"], "the jump is noticed")
    clock.go_on(5)
    with site.running():
        assert not site.status()["clock_trusted"]
        clock.go_on(90)
        clock.at -= timedelta(hours=10)
        clock.go_on(2)
        until(lambda: site.status()["clock_trusted"], "it is where it should be")


def test_a_clock_that_the_service_contradicted_is_not_believed_after_a_restart_either(place: Path) -> None:
    with proved(place) as (bridge, site, clock):
        bridge._loop.put(ServiceTime(clock.moment(), clock.moment(), clock.at - timedelta(minutes=1)))
        until(lambda: not site.status()["clock_trusted"], "the service contradicts it")
    clock.go_on(5)
    with site.running():
        assert not site.status()["clock_trusted"]


def test_how_often_relays_were_switched_outlasts_a_stop(site: Site) -> None:
    school = School()
    with site.running() as bridge:
        site.apply(school.keys(), school.policy())
        bridge._loop._hands.controller._devices.cycles.counts["board 1.0"] = 41
    with site.running():
        assert [relay for relay in site.status()["relays"] if relay["point"] == "board 1.0"] == [
            {"point": "board 1.0", "cycles": 41, "rated": 100000}
        ]


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
    with pytest.raises(StartError, match="firmware-bridge enroll"):
        bridge.start()


def test_a_status_that_only_grew_older_is_no_news_for_the_service(place: Path) -> None:
    school = School()
    with proved(place) as (bridge, site, clock):
        site.apply(school.keys(), with_panic_button(school))
        read_card(bridge, site, FRONT, BEN)
        bridge.emit(BoardLinkChanged(clock.moment(), 1, LinkState.UP))
        for state in (InputState.NORMAL, InputState.ACTIVE):
            bridge.emit(InputChanged(clock.moment(), point(3), state))
        clock.go_on(1)
        until(lambda: bool(site.status()["emergencies"]), "the button is seen")
        before = site.status()
        clock.go_on(3)
        after = site.status()
        assert before["wires"]
        assert (after != before, lasting(after)) == (True, lasting(before))
