"""What is declared (Policy and settings) beside what answered (the running bridge, and a scan): one report.

Pure: records in, plain JSON values out. ``remarks`` is what an installer has to look at, a sentence each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from access_control.core.decision.building import Board, DeviceKind, Door, FireAction, Point, Reader, UnlockWhen
from access_control.core.wire.policy_wiring import inputs_within_reach, within_reach
from firmware_bridge.config import PortSettings
from firmware_bridge.local.declared import Declared, DeclaredInput, head_of

LINKS: Final = {
    "secure": "answers, protected",
    "up": "answers",
    "clear": "answers, HAS NO KEY",
    "down": "SILENT",
}
NOT_KNOWN: Final = "not known"
_WORN: Final = 0.9
_POSITIONS: Final = {"closed": "closed", "open": "open", "unknown": "NOT READ"}
_COMMANDS: Final = {"lock": "locked", "unlock": "unlocked", "relay_off": "without power"}

Shape = dict[str, Any]
Ports = Mapping[str, PortSettings]


def wiring_report(declared: Declared, ports: Ports, status: Shape | None, scan: Shape | None = None) -> Shape:
    """The whole report. Without a ``status`` nothing is known of what answers.

    Args:
        declared: What the Policy says.
        ports: The ports of the settings.
        status: What the running bridge says.
        scan: What ``firmware-bridge scan --json`` printed.
    """
    seen = _Seen(status)
    return {
        "bridge": declared.bridge,
        "policy": declared.policy,
        "running": status is not None,
        "ports": [_port(port, seen) for port in ports.values()],
        "readers": [_reader(reader, declared, seen) for reader in declared.readers],
        "boards": [_board(board, seen) for board in declared.boards],
        "points": list(_points(declared, seen)),
        "alarm_inputs": [_alarm_input(given, seen) for given in declared.inputs],
        "remarks": [
            *_about_ports(declared, ports, seen),
            *_about_devices(declared, seen),
            *_about_scan(declared, ports, scan),
            *_about_doors(declared),
            *_about_relays(declared, seen),
        ],
    }


class _Seen:
    """The status of a bridge, by what it is about."""

    def __init__(self, status: Shape | None) -> None:
        status = status or {}
        self.running = bool(status)
        self.ports = {port["name"]: port for port in status.get("ports", ())}
        self.readers = {reader["reader"]: reader for reader in status.get("readers", ())}
        self.boards = {board["board"]: board for board in status.get("boards", ())}
        self.inputs = {given["input"]: given for given in status.get("inputs", ())}
        self.wires = {wire["point"]: wire for wire in status.get("wires", ())}
        self.doors = {door["door"]: door for door in status.get("doors", ())}
        self.relays = {relay["point"]: relay for relay in status.get("relays", ())}

    def device(self, kind: DeviceKind, number: int) -> Shape | None:
        return (self.readers if kind is DeviceKind.READER else self.boards).get(number)

    def wire(self, point: Point) -> str:
        """The circuit of an input as it was measured."""
        found = self.wires.get(str(point))
        if found is None or found["state"] == "unknown":
            return "NOT READ" if self.running else NOT_KNOWN
        return str(found["state"] if found["state"] in {"closed", "open"} else found["state"].upper())

    def alarm(self, number: int) -> str:
        """What an alarm input says."""
        found = self.inputs.get(number)
        if found is None:
            return NOT_KNOWN
        if found["active"]:
            return "ALARM"
        return "at rest" if found["state"] == "normal" else "NOT READ"

    def link(self, kind: DeviceKind, number: int) -> str:
        found = self.device(kind, number)
        return NOT_KNOWN if found is None else LINKS[found["link"]]


def _port(port: PortSettings, seen: _Seen) -> Shape:
    known = seen.ports.get(port.name)
    answers = NOT_KNOWN if known is None else "open" if known["up"] else "NOT OPEN"
    return {"name": port.name, "kind": port.kind.value, "path": port.path, "baud": port.baud, "answers": answers}


def _reader(reader: Reader, declared: Declared, seen: _Seen) -> Shape:
    return {
        "reader": reader.id,
        "name": reader.name,
        "door": door_number(declared, reader.door),
        "port": reader.port,
        "address": reader.address,
        "head": reader.head,
        "answers": seen.link(DeviceKind.READER, reader.id),
    }


def _board(board: Board, seen: _Seen) -> Shape:
    return {
        "board": board.id,
        "name": board.name,
        "port": board.port,
        "address": board.address,
        "outputs": board.outputs,
        "inputs": board.inputs,
        "answers": seen.link(DeviceKind.BOARD, board.id),
    }


def door_number(declared: Declared, door: int) -> str:
    """What is painted on a door's frame."""
    return next((each.number for each in declared.doors if each.id == door), f"(no. {door})")


def uses(door: Door) -> Iterator[tuple[str, str, Point]]:
    """The points of a door: whether it is an output or input, what for, and which."""
    yield "output", "lock", door.lock.output
    inputs = (("contact", door.contact), ("exit", door.rex), ("latch", door.latch), ("fire", door.lock.fire_input))
    for use, point in inputs:
        if point is not None:
            yield "input", use, point


def _points(declared: Declared, seen: _Seen) -> Iterator[Shape]:
    found = [(point, way, use, door) for door in declared.doors for way, use, point in uses(door)]
    for point, way, use, door in sorted(found, key=lambda each: (each[0].kind, each[0].device, each[1], each[0].index)):
        now = _now(door, use, point, seen)
        relay = seen.relays.get(str(point)) if way == "output" else None
        rest = "" if way == "output" else _at_rest(closed=point in door.rests_closed)
        yield {
            "point": str(point),
            "way": way,
            "use": use,
            "door": door.number,
            "name": door.name,
            "at_rest": rest,
            "measured": "" if way == "output" else seen.wire(point),
            "now": now,
            "cycles": "" if relay is None else f"{relay['cycles']} of {relay['rated']}",
        }


def _alarm_input(given: DeclaredInput, seen: _Seen) -> Shape:
    return {
        "alarm_input": given.id,
        "name": given.name,
        "kind": given.kind.value,
        "point": str(given.point),
        "at_rest": _at_rest(closed=given.rests_closed),
        "measured": seen.wire(given.point),
        "now": seen.alarm(given.id),
    }


def _at_rest(*, closed: bool) -> str:
    return "closed (nc)" if closed else "open"


def _now(door: Door, use: str, point: Point, seen: _Seen) -> str:
    status = seen.doors.get(door.id)
    if status is None:
        return NOT_KNOWN
    if use == "contact":
        return _POSITIONS.get(status["position"], NOT_KNOWN)
    if use == "lock":
        proved = "proved" if status["proved"] else "NOT PROVED"
        return f"{_COMMANDS[status['command']]}, {proved}"
    device = seen.device(point.kind, point.device)
    return "read" if device is not None and device["link"] in {"secure", "up"} else "NOT READ"


def _about_ports(declared: Declared, ports: Ports, seen: _Seen) -> Iterator[str]:
    for port in seen.ports.values():
        if not port["up"]:
            yield f"Port {port['name']} is not open. {port['why']}"
        elif port["why"]:
            yield port["why"]
    named = {reader.port for reader in declared.readers} | {board.port for board in declared.boards}
    for name in sorted(named - ports.keys()):
        yield f"Port {name} is named in the Policy, and the settings have none of that name."
    for name in sorted(name for name, port in ports.items() if name not in named and port.reader is None):
        yield f"Port {name} is in the settings, and the Policy has nothing on it."


def _about_devices(declared: Declared, seen: _Seen) -> Iterator[str]:
    for reader in declared.readers:
        status = seen.readers.get(reader.id)
        place = f"Reader {reader.id} ({reader.name}), port {reader.port}, address {reader.address}{head_of(reader)}"
        if status is not None and status["link"] == "down":
            yield f"{place}: declared and silent. {status['why']}".strip()
        elif status is not None and status["link"] == "clear":
            yield f"{place}: it answers but has no key, so no card is taken from it. Commission it."
    for board in declared.boards:
        status = seen.boards.get(board.id)
        if status is not None and status["link"] == "down":
            place = f"Board {board.id} ({board.name}), port {board.port}, address {board.address}"
            yield f"{place}: declared and silent. {status['why']}".strip()


def _about_scan(declared: Declared, ports: Ports, scan: Shape | None) -> Iterator[str]:
    if scan is None:
        return
    port = ports.get(scan.get("port") or "") or next((p for p in ports.values() if p.path == scan["path"]), None)
    devices: list[Reader | Board] = [*declared.readers, *declared.boards]
    known = {device.address: device for device in devices if port is not None and device.port == port.name}
    where = scan["path"] if port is None else f"Port {port.name}"
    for found in scan["found"]:
        place = f"{where}, address {found['address']}"
        who = f"serial number {found['serial']}, {found['maker']}" if "serial" in found else found["why"]
        if found["address"] not in known:
            yield f"{place}: answers at {found['baud']} baud and is not declared ({who})."
        elif not found["readable"]:
            yield f"{place}: {found['why']}."
        elif port is not None and found["baud"] != port.baud:
            yield f"{place}: answers at {found['baud']} baud, and the settings say {port.baud}."
    met = {found["address"] for found in scan["found"]}
    for address in sorted(known.keys() - met if scan.get("complete") else ()):
        yield f"{where}, address {address}: {known[address].name} is declared and was not found by the scan."


def _about_doors(declared: Declared) -> Iterator[str]:
    for door in declared.doors:
        place, lock = f"Door {door.number} ({door.name})", door.lock
        if on_unsecured_side(door, declared.readers):
            yield f"{place}: its lock is switched on the unsecured side, at {lock.output}."
        for what in sorted(inputs_within_reach(door, {reader.id: reader for reader in declared.readers})):
            yield f"{place}: its {what} is wired to a reader, where somebody outside can short or cut it."
        if (lock.bench_override or "").strip():
            yield f"{place}: accepted with a bench override: {lock.bench_override}"
        if lock.unlock_when is UnlockWhen.RELAY_OFF:
            yield f"{place}: it unlocks when its relay is off, so it stands unlocked when the bridge stops."
        if lock.fire_action is FireAction.RELEASE and lock.fire_input is None:
            yield f"{place}: fire releases it in its own wires alone; with no fire input named, no fire shows here."
        if door.contact is None:
            yield f"{place}: it has no contact, so it is never shown as secured and always on the walk list."
        if door.out_of_service:
            yield f"{place}: it is out of service."
        if not any(reader.door == door.id for reader in declared.readers):
            yield f"{place}: it has no reader."


def _about_relays(declared: Declared, seen: _Seen) -> Iterator[str]:
    for door in declared.doors:
        relay = seen.relays.get(str(door.lock.output))
        if relay is not None and relay["cycles"] >= _WORN * relay["rated"]:
            often = f"was switched {relay['cycles']} times and is rated for {relay['rated']}"
            place = f"Door {door.number} ({door.name}): its relay {door.lock.output}"
            yield f"{place} {often}. Exchange it soon: a worn contact welds."


def on_unsecured_side(door: Door, readers: Sequence[Reader]) -> bool:
    """Whether somebody outside can reach the wires of a door's lock: the rule by which a Policy is refused."""
    return within_reach(door.lock.output, {reader.id: reader for reader in readers}) or not door.lock.secure_side
