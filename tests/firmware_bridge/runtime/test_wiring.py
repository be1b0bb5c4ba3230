from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.decision.building import READER_POINTS, DeviceKind, Point
from access_control.core.decision.model import Board, Policy
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config, PortKind, PortSettings
from firmware_bridge.controller.commands import DriveOutput, Indication, ShowAtReader, Urgency
from firmware_bridge.controller.events import Event, OutputFailed, PortChanged
from firmware_bridge.devices.em4100_port import Em4100Port
from firmware_bridge.devices.lcus_port import LcusPort
from firmware_bridge.devices.modbus_port import ModbusPort
from firmware_bridge.devices.numato_port import NumatoPort
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
WITH_MODULE = replace(POLICY, boards={number: replace(one, osdp=True) for number, one in POLICY.boards.items()})


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


@pytest.mark.parametrize("kind", [PortKind.LCUS, PortKind.NUMATO])
def test_a_usb_board_has_its_port_for_itself(tmp_path: Path, kind: PortKind) -> None:
    draft = School().draft(1)
    boards = [Board(1, "First", "R", 1, 4, 4), Board(2, "Second", "R", 2, 4, 0)]
    policy = decode_policy(encode_policy(replace(draft, boards=boards), DIGEST_KEY), DIGEST_KEY)
    bench = Bench(tmp_path, PORTS | {"R": replace(PORTS["R"], kind=kind)})
    plans, doubts = plan_ports(bench.config, policy, bench.keys)
    assert [board.id for board in plans["R"].boards] == [1]
    assert [doubt for doubt in doubts if "Second" in doubt and "not served" in doubt]
    assert any("has no inputs" in doubt for doubt in doubts) is (kind is PortKind.LCUS)
    bench.wiring.connect(policy)
    bench.wiring.start()
    bench.wiring.stop()
    assert bench.log == ["start R", "start A", "stop A", "stop R"]


def test_a_reader_gets_its_key_and_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS)
    bench.keys.keep_reader_key("A", 1, b"1" * 16)
    bench.keys.keep_reader_key("A", 2, b"2" * 16)
    (bench.keys.directory / "reader-A-2.key").chmod(0o644)
    plans, doubts = plan_ports(bench.config, POLICY, bench.keys)
    assert [reader.scbk for reader in plans["A"].readers] == [b"1" * 16, None, None]
    assert any("chmod 600" in doubt for doubt in doubts)


def test_a_module_has_as_many_inputs_as_the_policy_says_and_a_reader_what_readers_have_at_most(tmp_path: Path) -> None:
    modules = [Board(1, "Module", "A", 40, 8, 24, osdp=True)]
    policy = decode_policy(encode_policy(replace(School().draft(1), boards=modules), DIGEST_KEY), DIGEST_KEY)
    bench = Bench(tmp_path, PORTS)
    plans, _ = plan_ports(bench.config, policy, bench.keys)
    assert [module.inputs for module in plans["A"].modules] == [24]
    assert {reader.inputs for reader in plans["A"].readers} == {READER_POINTS}


def test_heads_behind_one_address_are_one_device_with_one_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS)
    bench.keys.keep_reader_key("A", 1, b"1" * 16)
    first = POLICY.readers[1]
    two = replace(POLICY, readers={**POLICY.readers, 40: replace(first, id=40, head=1)})
    plans, _ = plan_ports(bench.config, two, bench.keys)
    assert [(reader.id, reader.heads) for reader in plans["A"].readers] == [(1, ((0, 1), (1, 40))), (2, ()), (3, ())]

    bench.wiring.connect(two)
    bench.wiring.submit(ShowAtReader(40, Indication.LOCKED, None, silent=False))
    assert bench.log == ["ShowAtReader A"]


def test_boards_on_an_osdp_port_are_peripherals_with_keys_of_their_own(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PORTS | {"R": replace(PORTS["R"], kind=PortKind.OSDP)})
    bench.keys.keep_reader_key("R", 1, b"1" * 16)
    plans, doubts = plan_ports(bench.config, WITH_MODULE, bench.keys)
    assert doubts == ()
    (module,) = plans["R"].modules
    assert (module.device, module.address, module.scbk) == ((DeviceKind.BOARD, 1), 1, b"1" * 16)
    assert plans["R"].boards == ()

    bench.wiring.connect(WITH_MODULE)
    bench.wiring.submit(drive(point(0)))
    bench.wiring.start()
    bench.wiring.stop()
    assert bench.log == ["DriveOutput R", "start R", "start A", "stop A", "stop R"]


@pytest.mark.parametrize(
    ("policy", "kind", "said"),
    [(POLICY, PortKind.OSDP, "is no OSDP module"), (WITH_MODULE, PortKind.MODBUS, "is an OSDP module")],
    ids=["a Modbus board on an OSDP line", "a module on a Modbus line"],
)
def test_a_board_that_speaks_another_language_than_its_port_is_said_and_left_alone(
    tmp_path: Path, policy: Policy, kind: PortKind, said: str
) -> None:
    bench = Bench(tmp_path, PORTS | {"R": replace(PORTS["R"], kind=kind)})
    plans, doubts = plan_ports(bench.config, policy, bench.keys)
    assert (plans["R"].modules, plans["R"].boards) == ((), ())
    (doubt,) = doubts
    assert said in doubt
    assert f"port R is of kind {kind.value}" in doubt


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
    [
        (PORTS["A"], OsdpPort),
        (PORTS["R"], ModbusPort),
        (SCANNER, ScannerPort),
        (replace(PORTS["R"], kind=PortKind.LCUS), LcusPort),
        (replace(PORTS["R"], kind=PortKind.NUMATO), NumatoPort),
        (replace(SCANNER, kind=PortKind.EM4100), Em4100Port),
    ],
    ids=["osdp", "modbus", "scanner", "lcus", "numato", "em4100"],
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

    def silent_s(self) -> float:
        return 60.0 if "hangs" in self._log else 0.0


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
    made[0]._log.append("hangs")
    assert wiring.hanging() == ("R",)
    made[0]._log[-1] = "died"
    assert wiring.hanging() == ()
    wiring.revive()
    wiring.revive()
    assert len(made) == 2
    assert made[1]._log == ["start R"]
    (told,) = bench.failed
    assert isinstance(told, PortChanged)
    assert (told.port, told.up) == ("R", False)
    wiring.submit(drive(point(0)))
    assert made[1]._log[-1] == "DriveOutput R"
