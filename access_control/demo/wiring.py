"""The files that bridges and simulators start from: what an installer would write, and what the buildings are.

Commissioning is done beforehand: each reader and its bridge are given the same key of their own, as
``firmware-bridge commission`` would do over the line, reader by reader.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Final

from access_control.demo import plan
from access_control.demo.places import SidePlaces
from access_control.demo.plan import BOARDS_OF, SCANNER, DoorPlan, Side, doors_of

Plain = dict[str, object]
Line = tuple[str, str, int]
KEY_BYTES: Final = 16


def lines_of(side: Side) -> tuple[Line, ...]:
    """The serial lines of a building: name, kind and speed."""
    lines: list[Line] = [(name, "osdp", plan.READERS_BAUD) for name in plan.READER_LINES]
    lines.append((plan.BOARD_LINE, "modbus", plan.BOARDS_BAUD))
    if side is Side.MAIN:
        lines.append((plan.SCANNER_LINE, "scanner", plan.SCANNER_BAUD))
    return tuple(lines)


def write_bridge_toml(places: SidePlaces, service: str, listens: int) -> None:
    """Write the bridge's settings, as an installer would.

    Args:
        places: The building's.
        service: The service's address.
        listens: The port at which the bridge listens for the other one.
    """
    text = [f'state_dir = "{places.bridge_state}"', f'control_socket = "{places.bridge_socket}"']
    text += ["", "[service]", f'url = "{service}"']
    text += ["", "[neighbours]", f'listen = "127.0.0.1:{listens}"', f'address = "127.0.0.1:{listens}"']
    for name, kind, baud in lines_of(places.side):
        text += ["", f"[ports.{name}]", f'kind = "{kind}"', f'path = "{places.line(name)}"', f"baud = {baud}"]
        text += [f"reader = {SCANNER}"] if kind == "scanner" else []
    places.bridge_toml.write_text("\n".join(text) + "\n")


def write_building(places: SidePlaces) -> None:
    """Write the building down for the simulator."""
    doors = doors_of(places.side)
    building: Plain = {
        "lines": {
            name: {"kind": kind, "path": str(places.line(name)), "baud": baud, "grain_ms": 1}
            for name, kind, baud in lines_of(places.side)
        },
        "readers": [{"id": door.id, "line": door.port, "address": door.address} for door in doors],
        "boards": [
            {
                "id": board,
                "line": plan.BOARD_LINE,
                "address": place,
                "outputs": plan.BOARD_OUTPUTS,
                "inputs": plan.BOARD_INPUTS,
            }
            for place, board in enumerate(BOARDS_OF[places.side], 1)
        ],
        "scanners": [{"reader": SCANNER, "line": plan.SCANNER_LINE}] if places.side is Side.MAIN else [],
        "doors": [_door(door) for door in doors],
        "control": str(places.simulator_socket),
        "relay_log": str(places.relay_log),
        "memory": str(places.reader_memory),
    }
    places.building.write_text(json.dumps(building, indent=1))


def _door(door: DoorPlan) -> Plain:
    readers = [door.id, SCANNER] if door.id == plan.MAIN_ENTRANCE else [door.id]
    return {
        "id": door.id,
        "name": door.name,
        "lock": door.lock.value,
        "output": door.output,
        "unlock_when": "relay_on",
        "contact": door.contact,
        "rex": door.rex,
        "readers": readers,
    }


def commission(places: SidePlaces) -> None:
    """Give each reader of a building a key of its own, and its bridge the same."""
    keys = places.bridge_state / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    remembered = {}
    for door in doors_of(places.side):
        key = secrets.token_bytes(KEY_BYTES).hex()
        _secret(keys / f"reader-{door.port}-{door.address}.key", key)
        remembered[str(door.id)] = {"key": key, "address": door.address, "baud": plan.READERS_BAUD}
    _secret(places.reader_memory, json.dumps(remembered))


def _secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
