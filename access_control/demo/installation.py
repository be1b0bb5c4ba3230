"""The files that the demo's programs start from: what an installer would write, and what the simulated building is."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from access_control.demo.building import (
    BOARD_LINE,
    BOARDS,
    BOARDS_BAUD,
    DOORS,
    READER_LINES,
    READERS,
    READERS_BAUD,
    SCANNER,
    SCANNER_BAUD,
    SCANNER_LINE,
)

SOCKET_LIMIT: Final = 90  # bytes of a path; the system takes about 104 for a socket

Plain = dict[str, object]


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are. ``short`` holds sockets and lines, whose paths must be short; the rest is under ``state``."""

    state: Path
    short: Path

    @classmethod
    def under(cls, state: Path) -> Places:
        """Make the folders; a state folder whose path is too long for sockets gets a temporary one beside it."""
        state = state.resolve()
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        short = state / "run"
        if len(bytes(short / "simulator.sock")) > SOCKET_LIMIT:
            short = Path(tempfile.mkdtemp(prefix="school-"))
        shutil.rmtree(short, ignore_errors=True)
        short.mkdir(mode=0o700)
        return cls(state, short)

    @property
    def bridge_toml(self) -> Path:
        """The bridge's settings."""
        return self.state / "bridge.toml"

    @property
    def building(self) -> Path:
        """The simulated building."""
        return self.state / "building.json"

    @property
    def bridge_state(self) -> Path:
        """The bridge's own folder."""
        return self.state / "bridge"

    @property
    def outbox(self) -> Path:
        """The bridge's own record of events."""
        return self.bridge_state / "outbox.db"

    @property
    def bridge_socket(self) -> Path:
        """Where the bridge listens."""
        return self.short / "bridge.sock"

    @property
    def simulator_socket(self) -> Path:
        """Where the simulator listens."""
        return self.short / "simulator.sock"

    @property
    def relay_log(self) -> Path:
        """What the relays really did."""
        return self.state / "relays.jsonl"

    def line(self, name: str) -> Path:
        """A serial line."""
        return self.short / f"line-{name}"

    def log(self, name: str) -> Path:
        """What a program printed."""
        return self.state / f"{name}.log"

    def clear_away(self) -> None:
        """Remove what is of no use once the programs have ended."""
        shutil.rmtree(self.short, ignore_errors=True)


LINES: Final = (
    *((name, "osdp", READERS_BAUD) for name in READER_LINES),
    (BOARD_LINE, "modbus", BOARDS_BAUD),
    (SCANNER_LINE, "scanner", SCANNER_BAUD),
)


def write_bridge_toml(places: Places) -> None:
    """Write the bridge's settings, as an installer would."""
    text = [
        f'state_dir = "{places.bridge_state}"',
        f'control_socket = "{places.bridge_socket}"',
    ]
    for name, kind, baud in LINES:
        text += ["", f"[ports.{name}]", f'kind = "{kind}"', f'path = "{places.line(name)}"', f"baud = {baud}"]
        text += [f"reader = {SCANNER}"] if kind == "scanner" else []
    places.bridge_toml.write_text("\n".join(text) + "\n")


def write_building(places: Places) -> None:
    """Write the building down for the simulator; its readers are fresh from the box."""
    building = {
        "lines": {
            name: {"kind": kind, "path": str(places.line(name)), "baud": baud, "grain_ms": 1}
            for name, kind, baud in LINES
        },
        "readers": [{"id": r.id, "line": r.port, "address": r.address} for r in READERS if r.formats],
        "boards": [
            {"id": b.id, "line": b.port, "address": b.address, "outputs": b.outputs, "inputs": b.inputs} for b in BOARDS
        ],
        "scanners": [{"reader": SCANNER, "line": SCANNER_LINE}],
        "doors": [_door(number) for number in range(len(DOORS))],
        "control": str(places.simulator_socket),
        "relay_log": str(places.relay_log),
        "memory": str(places.state / "readers.json"),
    }
    places.building.write_text(json.dumps(building, indent=1))


def _door(number: int) -> Plain:
    door = DOORS[number]
    return {
        "id": door.id,
        "name": door.name,
        "lock": door.lock.kind.value,
        "output": str(door.lock.output),
        "unlock_when": door.lock.unlock_when.value,
        "contact": str(door.contact),
        "rex": str(door.rex),
        "readers": [reader.id for reader in READERS if reader.door == door.id],
    }
