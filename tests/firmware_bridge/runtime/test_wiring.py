from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.decision.building import DeviceKind, Point
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, PortKind, PortSettings
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import Event, OutputFailed, PortChanged
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.devices.osdp_port import OsdpPort
from firmware_bridge.devices.scanner_port import ScannerPort
from firmware_bridge.ports import Emit, Port
from firmware_bridge.runtime.wiring import PortPlan, Wiring, make_port, plan_ports
from firmware_bridge.store.keys import KeyStore
from tests.building.clock import SetClock
from tests.building.signed import DIGEST_KEY, DOORS, School, point

PORTS = {
    "A": PortSettings("A", PortKind.OSDP, "/dev/a", 9600),
    "R": PortSettings("R", PortKind.MODBUS, "/dev/r", 9600),
}
SCANNER = PortSettings("S", PortKind.SCANNER, "/dev/s", 9600, reader=3)


class NotedPort:
    """A port that only writes down what is asked of it."""

    def __init__(self, plan: PortPlan, log: list[str]) -> None:
        self.name = plan.settings.name
        self.plan = plan
        self._log = log

    def start(self) -> None:
        self._log.append(f"start {self.name}")

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        self._log.append(f"{type(command).__name__} {self.name}")

    def stop(self) -> None:
        self._log.append(f"stop {self.name}")


class Bench:
    """Wiring over noted ports."""

    def __init__(self, place: Path, ports: dict[str, PortSettings]) -> None:
        self.log: list[str] = []
        self.failed: list[Event] = []
        self.keys = KeyStore(place / "keys")
        self.keys.create()
        self.config = Config(place / "bridge.toml", place, ports, place / "sock")
        self.wiring = Wiring(self.config, self.keys, self._make, self.failed.append, SetClock())

    def _make(self, plan: PortPlan, _: Emit, __: Clock) -> Port:
        return NotedPort(plan, self.log)


POLICY = decode_policy(encode_policy(School().draft(1), DIGEST_KEY), DIGEST_KEY)


def drive(target: Point) -> DriveOutput:
    return DriveOutput(target, energised=True, lease_s=5.0, urgency=Urgency.GRANT)


def test_relay_boards_are_opened_before_readers_and_closed_after_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS)
    bench.wiring.connect(POLICY)
    bench.wiring.submit(drive(point(0)))
    bench.wiring.start()
    bench.wiring.start()
    bench.wiring.stop()
    assert bench.log == ["DriveOutput R", "start R", "start A", "stop A", "stop R"]


def test_each_command_finds_its_port(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS | {"S": SCANNER})
    bench.wiring.connect(POLICY)
    bench.wiring.submit(drive(point(2)))
    bench.wiring.submit(drive(Point(DeviceKind.READER, 2, 0)))
    bench.wiring.submit(ShowAtReader(1, Indication.LOCKED, None, silent=False))
    bench.wiring.submit(ShowAtReader(99, Indication.LOCKED, None, silent=False))
    assert bench.log == ["DriveOutput R", "DriveOutput A", "ShowAtReader A"]
    assert bench.failed == []


def test_an_output_without_a_port_is_reported_as_failed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"A": PORTS["A"]})
    bench.wiring.connect(POLICY)
    assert [doubt for doubt in bench.wiring.doubts if "Board 1" in doubt]
    bench.wiring.submit(drive(point(0)))
    (failed,) = bench.failed
    assert isinstance(failed, OutputFailed)
    assert failed.point == point(0)
    assert failed.why.endswith("do not have.")


def test_what_no_port_serves_is_said_in_a_sentence_each(tmp_path: Path) -> None:
    wrong = {"A": replace(PORTS["A"], kind=PortKind.MODBUS), "S": replace(SCANNER, reader=77)}
    bench = Bench(tmp_path, wrong)
    _, doubts = plan_ports(bench.config, POLICY, bench.keys)
    assert len(doubts) == len(DOORS) + 1 + 1
    assert all(doubt.endswith(".") for doubt in doubts)


def test_a_reader_gets_its_key_and_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS)
    bench.keys.keep_reader_key("A", 1, b"1" * 16)
    bench.keys.keep_reader_key("A", 2, b"2" * 16)
    (bench.keys.directory / "reader-A-2.key").chmod(0o644)
    plans, doubts = plan_ports(bench.config, POLICY, bench.keys)
    assert [reader.scbk for reader in plans["A"].readers] == [b"1" * 16, None, None]
    assert any("chmod 600" in doubt for doubt in doubts)


def test_a_policy_that_leaves_a_port_as_it_is_does_not_touch_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS)
    bench.wiring.connect(POLICY)
    bench.wiring.start()
    bench.log.clear()
    bench.wiring.connect(POLICY)
    bench.wiring.start()
    assert bench.log == []


@pytest.mark.parametrize(
    ("settings", "kind"),
    [(PORTS["A"], OsdpPort), (PORTS["R"], ModbusPort), (SCANNER, ScannerPort)],
    ids=["osdp", "modbus", "scanner"],
)
def test_each_kind_of_port_is_made(settings: PortSettings, kind: type) -> None:
    port = make_port(PortPlan(settings), lambda _: None, SetClock())
    assert isinstance(port, kind)
    assert port.name == settings.name
    port.stop()


class MortalPort(NotedPort):
    """A port whose thread can end."""

    def alive(self) -> bool:
        return "died" not in self._log


def test_a_port_whose_thread_ended_is_started_anew_and_that_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"R": PORTS["R"]})
    made: list[MortalPort] = []

    def make(plan: PortPlan, _: Emit, __: Clock) -> Port:
        made.append(MortalPort(plan, []))
        return made[-1]

    wiring = Wiring(bench.config, bench.keys, make, bench.failed.append, SetClock())
    wiring.connect(POLICY)
    wiring.start()
    wiring.revive()
    assert len(made) == 1
    made[0]._log.append("died")
    wiring.revive()
    wiring.revive()
    assert len(made) == 2
    assert made[1]._log == ["start R"]
    (told,) = bench.failed
    assert isinstance(told, PortChanged)
    assert (told.port, told.up) == ("R", False)
    wiring.submit(drive(point(0)))
    assert made[1]._log[-1] == "DriveOutput R"
