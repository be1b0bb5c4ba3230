"""What is declared and silent, what answers and is not declared, and doors that an installer must know about."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.building import DeviceKind, Door, Lock, LockKind, Point, UnlockWhen
from firmware_bridge.config import PortKind, PortSettings
from firmware_bridge.local.declared import Declared, declared_by, declared_shape, read_declared
from firmware_bridge.local.wiring_report import wiring_report
from tests.firmware_bridge.controller.school import alarms, changed, draft, policy_of

PORTS = {
    "A": PortSettings("A", PortKind.OSDP, "/dev/a", 9600),
    "B": PortSettings("B", PortKind.MODBUS, "/dev/b", 9600),
}


@pytest.fixture(scope="module")
def declared() -> Declared:
    return declared_by(policy_of(draft()))


def status(*, readers: dict[int, str] | None = None, board: str = "up") -> dict[str, Any]:
    links = dict.fromkeys(range(1, 6), "secure") | (readers or {})
    door = {"position": "closed", "proved": True, "command": "lock"}
    return {
        "ports": [{"name": "A", "up": True, "why": ""}, {"name": "B", "up": True, "why": ""}],
        "readers": [{"reader": id_, "link": link, "why": "It is quiet."} for id_, link in links.items()],
        "boards": [{"board": 1, "link": board, "why": ""}],
        "doors": [{"door": id_, **door} for id_ in range(1, 6)],
    }


def remarks(declared: Declared, status: dict[str, Any] | None, scan: dict[str, Any] | None = None) -> str:
    return "\n".join(wiring_report(declared, PORTS, status, scan)["remarks"])


def test_what_is_declared_survives_the_control_socket(declared: Declared) -> None:
    shape = declared_shape(declared)
    assert read_declared(json.loads(json.dumps(shape))) == declared
    assert not any(door.scheduled_unlock.starts for door in declared.doors)


def test_every_point_is_listed_with_what_it_does_now(declared: Declared) -> None:
    report = wiring_report(declared, PORTS, status())
    assert {row["answers"] for row in report["readers"]} == {"answers, protected"}
    points = {(row["way"], row["point"]): (row["use"], row["door"], row["now"]) for row in report["points"]}
    assert points["output", "board 1.1"] == ("lock", "1", "locked, proved")
    assert points["input", "board 1.3"] == ("contact", "1", "closed")
    assert points["input", "board 1.11"] == ("latch", "3", "read")
    assert {row["use"] for row in report["points"] if row["point"] == "board 1.30"} == {"fire"}


def test_how_often_a_relay_was_switched_stands_beside_what_it_is_rated_for(declared: Declared) -> None:
    relays = [
        {"point": "board 1.1", "cycles": 95000, "rated": 100000},
        {"point": "board 1.2", "cycles": 12, "rated": 100000},
    ]
    report = wiring_report(declared, PORTS, status() | {"relays": relays})
    cycles = {row["point"]: row["cycles"] for row in report["points"] if row["way"] == "output"}
    assert (cycles["board 1.1"], cycles["board 1.2"], cycles["board 1.3"]) == ("95000 of 100000", "12 of 100000", "")
    (worn,) = [said for said in report["remarks"] if "rated" in said]
    assert worn.startswith("Door 1 (Front): its relay board 1.1 was switched 95000 times")


def test_a_line_that_is_never_quiet_is_to_be_looked_at(declared: Declared) -> None:
    loud = [{"name": "A", "up": True, "why": "On the line of port A something never stops sending."}]
    assert "something never stops sending" in remarks(declared, status() | {"ports": loud})


def test_inputs_say_how_they_rest_and_what_was_measured() -> None:
    contact = Point(DeviceKind.BOARD, 1, 3)
    wired = declared_by(changed(doors={1: {"rests_closed": frozenset({contact})}}))
    wires = [{"point": "board 1.3", "state": "closed"}, {"point": "board 1.11", "state": "cut"}]
    rows = wiring_report(wired, PORTS, status() | {"wires": wires})["points"]
    points = {row["point"]: row for row in rows if row["way"] == "input"}
    assert (points["board 1.3"]["at_rest"], points["board 1.3"]["measured"]) == ("closed (nc)", "closed")
    assert (points["board 1.11"]["at_rest"], points["board 1.11"]["measured"]) == ("open", "CUT")
    assert points["board 1.30"]["measured"] == "NOT READ"
    assert {(row["at_rest"], row["measured"]) for row in rows if row["way"] == "output"} == {("", "")}


def test_alarm_inputs_are_listed_with_what_they_say() -> None:
    declared = declared_by(changed(inputs=alarms()))
    first, second, third = (given.id for given in declared.inputs[:3])
    seen = [
        {"input": first, "active": True, "state": "active"},
        {"input": second, "active": False, "state": "normal"},
        {"input": third, "active": False, "state": "cut"},
    ]
    wires = [{"point": str(declared.inputs[0].point), "state": "closed"}]
    rows = wiring_report(declared, PORTS, status() | {"inputs": seen, "wires": wires})["alarm_inputs"]
    assert [row["kind"] for row in rows][:6] == [given.kind for given in declared.inputs][:6]
    assert [row["now"] for row in rows[:4]] == ["ALARM", "at rest", "NOT READ", "not known"]
    assert rows[0]["measured"] == "closed"
    assert "closed (nc)" in {row["at_rest"] for row in rows}
    assert {row["measured"] for row in wiring_report(declared, PORTS, None)["alarm_inputs"]} == {"not known"}


def test_without_a_bridge_nothing_is_said_about_what_answers(declared: Declared) -> None:
    report = wiring_report(declared, PORTS, None)
    rows = [row for part in ("ports", "readers", "boards") for row in report[part]]
    assert {row["answers"] for row in rows} | {row["now"] for row in report["points"]} == {"not known"}
    assert "silent" not in "\n".join(report["remarks"])


def test_declared_and_silent(declared: Declared) -> None:
    said = remarks(declared, status(readers={2: "down", 3: "clear"}, board="down"))
    assert "Reader 2 (hall), port A, address 2: declared and silent. It is quiet." in said
    assert "Reader 3 (room12), port A, address 3: it answers but has no key" in said
    assert "Board 1 (Relay board), port B, address 1: declared and silent." in said
    points = wiring_report(declared, PORTS, status(board="down"))["points"]
    assert {row["now"] for row in points if row["use"] == "exit"} == {"NOT READ"}


def test_ports_that_do_not_match(declared: Declared) -> None:
    closed = status() | {"ports": [{"name": "A", "up": False, "why": "It is not there."}]}
    assert "Port A is not open. It is not there." in remarks(declared, closed)
    other = {"A": PORTS["A"], "C": replace(PORTS["B"], name="C")}
    said = "\n".join(wiring_report(declared, other, status())["remarks"])
    assert "Port B is named in the Policy, and the settings have none of that name." in said
    assert "Port C is in the settings, and the Policy has nothing on it." in said


def met(address: int, baud: int = 9600, **more: Any) -> dict[str, Any]:
    return {"address": address, "baud": baud, "readable": True, "maker": "X", "serial": address * 11, "why": "", **more}


def test_what_a_scan_met(declared: Declared) -> None:
    found = [met(1), met(2, 38400), met(3, readable=False, why="somebody answers"), met(9)]
    scan = {"port": "A", "path": "/dev/a", "complete": True, "found": found}
    said = remarks(declared, status(), scan)
    assert "Port A, address 9: answers at 9600 baud and is not declared (serial number 99, X)." in said
    assert "Port A, address 2: answers at 38400 baud, and the settings say 9600." in said
    assert "Port A, address 3: somebody answers." in said
    assert "Port A, address 4: shed is declared and was not found by the scan." in said
    assert "address 1:" not in said
    assert "was not found" not in remarks(declared, status(), scan | {"complete": False})
    by_path = remarks(declared, status(), scan | {"port": None})
    assert by_path == said
    assert "/dev/x, address 1: answers" in remarks(declared, status(), scan | {"port": None, "path": "/dev/x"})


def test_boards_that_a_scan_met(declared: Declared) -> None:
    found = [met(7, why="a Modbus board") | {"outputs": 8}]
    del found[0]["serial"]
    said = remarks(declared, status(), {"port": "B", "path": "/dev/b", "complete": True, "found": found})
    assert "Port B, address 7: answers at 9600 baud and is not declared (a Modbus board)." in said
    assert "Port B, address 1: Relay board is declared and was not found by the scan." in said


def test_doors_to_know_about(declared: Declared) -> None:
    def changed(door: Door) -> Door:
        if door.id == 1:
            return replace(door, lock=Lock(LockKind.STRIKE, Point(DeviceKind.READER, 1, 0), bench_override="Bench 3."))
        if door.id == 2:
            return replace(door, lock=replace(door.lock, fire_input=None))
        if door.id == 5:
            return replace(door, out_of_service=True, lock=replace(door.lock, secure_side=False))
        return door

    doors = [changed(door) for door in declared.doors]
    readers = [reader for reader in declared.readers if reader.door != 4]
    said = remarks(Declared(declared.bridge, declared.policy, doors, readers, declared.boards), status())
    assert "Door 1 (Front): its lock is switched on the unsecured side, at reader 1.0." in said
    assert "Door 1 (Front): accepted with a bench override: Bench 3." in said
    assert "Door 5 (Gate): its lock is switched on the unsecured side, at board 1.5." in said
    assert "Door 5 (Gate): it is out of service." in said
    assert "Door 4 (Shed): it has no contact" in said
    assert "Door 4 (Shed): it has no reader." in said
    assert "Door 2 (Hall): it unlocks when its relay is off" in said
    assert "Door 2 (Hall): fire releases it in its own wires alone" in said
    assert said.count("fire releases it in its own wires") == 1
    assert next(door for door in declared.doors if door.id == 2).lock.unlock_when is UnlockWhen.RELAY_OFF


def test_inputs_of_an_outside_door_that_hang_behind_a_reader(declared: Declared) -> None:
    at_reader = Point(DeviceKind.READER, 1, 0)
    doors = [replace(door, contact=at_reader) if door.id in {1, 3} else door for door in declared.doors]
    said = remarks(Declared(declared.bridge, declared.policy, doors, declared.readers, declared.boards), status())
    assert "Door 1 (Front): its contact is wired to a reader, where somebody outside can short or cut it." in said
    assert said.count("is wired to a reader") == 1, "a room's reader hangs inside"
