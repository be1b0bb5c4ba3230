"""A school of 64 doors on 4 bridges: its rows, and the files that its programs start from."""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from access_control.core.decision.model import DoorClass, LockKind
from access_control.database.engine import Database, open_database
from access_control.database.schema import upgrade
from access_control.people.grants import grant_role
from access_control.people.operators import add_operator
from access_control.people.passwords import random_password
from access_control.people.permissions import DISTRICT, Role
from access_control.readers.enrolment import add_bridge
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.readers.models import Building, Door, Reader, Schedule, Site
from access_control.readers.statements import issue_statement

BRIDGES: Final = 4
PORTS: Final = ("A", "B")
READERS: Final = 8
BAUD: Final = 38400
DOORS: Final = BRIDGES * len(PORTS) * READERS
ALWAYS: Final = 1
LOGIN: Final = "bench"


@dataclass(frozen=True, slots=True)
class Wiring:
    """A door, whose reader has the same number and holds its lock and its contact."""

    door: int
    port: str
    address: int

    @property
    def open_before(self) -> bool:
        """Every second one stands unlocked by its schedule until a lockdown."""
        return self.address % 2 == 0


@dataclass(frozen=True, slots=True)
class Wing:
    """One building: a bridge, a simulator, 16 doors."""

    number: int
    folder: Path

    @property
    def doors(self) -> tuple[Wiring, ...]:
        """Its doors."""
        first = (self.number - 1) * len(PORTS) * READERS + 1
        return tuple(
            Wiring(first + port * READERS + address, name, address)
            for port, name in enumerate(PORTS)
            for address in range(READERS)
        )

    @property
    def bridge_toml(self) -> Path:
        """The bridge's settings."""
        return self.folder / "bridge.toml"

    @property
    def building(self) -> Path:
        """The simulated building."""
        return self.folder / "building.json"

    @property
    def relay_log(self) -> Path:
        """What the relays really did."""
        return self.folder / "relays.jsonl"

    @property
    def bridge_socket(self) -> Path:
        """Where the bridge listens."""
        return self.folder / "b.sock"

    @property
    def simulator_socket(self) -> Path:
        """Where the simulator listens."""
        return self.folder / "s.sock"


@dataclass(frozen=True, slots=True)
class BenchSchool:
    """An open school; ``codes`` are its bridges' one-time codes, in the order of ``wings``."""

    database: Database
    keys: SchoolKeys
    wings: tuple[Wing, ...]
    codes: tuple[str, ...]
    password: str
    service_toml: Path


@contextmanager
def bench_school(folder: Path, at: datetime, port: int) -> Iterator[BenchSchool]:
    """Make one in an empty folder, whose path must be short enough for sockets."""
    state = folder / "service"
    state.mkdir(mode=0o700)
    keys = make_keys(state / "keys")
    wings = tuple(Wing(number, folder / f"w{number}") for number in range(1, BRIDGES + 1))
    password = random_password()
    database = open_database(f"sqlite:///{state / 'school.db'}")
    try:
        upgrade(database)
        with database.writing() as session:
            codes = _rows(session, keys, at, wings, password)
        for wing in wings:
            wing.folder.mkdir(mode=0o700)
            _write_files(wing, f"http://127.0.0.1:{port}")
        yield BenchSchool(database, keys, wings, codes, password, _service_toml(folder, port))
    finally:
        database.close()


def _rows(session: Session, keys: SchoolKeys, at: datetime, wings: tuple[Wing, ...], password: str) -> tuple[str, ...]:
    site = str(uuid.uuid4())
    session.add(Site(id=site, code=7, name="Maple Hollow", timezone="America/Chicago"))
    session.flush()
    session.add_all(Building(id=wing.number, site_id=site, name=f"Wing {wing.number}") for wing in wings)
    session.add(Schedule(id=ALWAYS, name="Always", always=True))
    session.flush()
    made = add_operator(session, at, login=LOGIN, name="Hannah Whitfield", password=password, by="cli")
    grant_role(session, at, operator_id=made.id, role=Role.ADMINISTRATOR, scope=DISTRICT, ends_at=None, by="cli")
    codes = []
    for wing in wings:
        added = add_bridge(session, keys, at, name=f"Bridge {wing.number}", building_id=wing.number, by="cli")
        codes.append(added.text)
        session.add_all(_door(wing, wiring, added.bridge_id) for wiring in wing.doors)
        session.flush()
        session.add_all(_reader(wiring) for wiring in wing.doors)
    issue_statement(session, keys, at)
    return tuple(codes)


def _door(wing: Wing, wiring: Wiring, bridge: str) -> Door:
    """A classroom or a corridor door: a lock that hangs on its own reader may only be inside."""
    return Door(
        id=wiring.door,
        building_id=wing.number,
        bridge_id=bridge,
        number=str(100 + wiring.door),
        name=f"Room {100 + wiring.door}",
        door_class=DoorClass.INTERIOR if wiring.address == READERS - 1 else DoorClass.ROOM,
        lock_kind=LockKind.LOCKSET,
        lock_output=f"reader {wiring.door}.0",
        contact=f"reader {wiring.door}.0",
        unlock_schedule_id=ALWAYS if wiring.open_before else None,
    )


def _reader(wiring: Wiring) -> Reader:
    return Reader(
        id=wiring.door,
        door_id=wiring.door,
        name=f"Reader {wiring.door}",
        port=wiring.port,
        address=wiring.address,
        formats=["H10301"],
    )


def _service_toml(folder: Path, port: int) -> Path:
    file = folder / "service.toml"
    file.write_text(
        f'state_dir = "{folder / "service"}"\n'
        f'database_url = "sqlite:///{folder / "service" / "school.db"}"\n'
        f"listen_port = {port}\n"
        f'public_url = "http://127.0.0.1:{port}"\n'
        'log_level = "warning"\n'
    )
    return file


def _write_files(wing: Wing, service: str) -> None:
    """The bridge's settings, the building, and a key of its own for each reader, which its bridge has as well."""
    state = wing.folder / "bridge"
    text = [f'state_dir = "{state}"', f'control_socket = "{wing.bridge_socket}"', "[service]", f'url = "{service}"']
    for name in PORTS:
        text += [f"[ports.{name}]", 'kind = "osdp"', f'path = "{wing.folder / name}"', f"baud = {BAUD}"]
    wing.bridge_toml.write_text("\n".join(text) + "\n")
    keys = state / "keys"
    keys.mkdir(mode=0o700, parents=True)
    readers = []
    for wiring in wing.doors:
        key = secrets.token_bytes(16).hex()
        file = os.open(keys / f"reader-{wiring.port}-{wiring.address}.key", os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(file, "w") as opened:
            opened.write(key)
        readers.append({"id": wiring.door, "line": wiring.port, "address": wiring.address, "key": key})
    wing.building.write_text(json.dumps(_building(wing, readers)))


def _building(wing: Wing, readers: list[dict[str, object]]) -> dict[str, object]:
    return {
        "lines": {name: {"kind": "osdp", "path": str(wing.folder / name), "baud": BAUD} for name in PORTS},
        "readers": readers,
        "doors": [
            {
                "id": wiring.door,
                "name": f"Room {100 + wiring.door}",
                "lock": "lockset",
                "output": f"reader {wiring.door}.0",
                "contact": f"reader {wiring.door}.0",
                "readers": [wiring.door],
            }
            for wiring in wing.doors
        ],
        "control": str(wing.simulator_socket),
        "relay_log": str(wing.relay_log),
    }
