"""A real bridge with 5,000 people and a service over TLS, at its full size with 64 secured readers on eight lines."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.model import DoorClass, LockKind
from access_control.readers.models import Bridge, Door, Reader
from bench._policy_school import PEOPLE, add_hours, add_people
from firmware_bridge.clock import SystemClock
from firmware_bridge.local.client import LocalClient
from firmware_bridge.simulator.remote import Remote
from tests.building.databases import new_sqlite
from tests.building.processes import START_S, Process, ended, launch, until
from tests.building.service_process import BridgeProcess, ServiceProcess

_FACILITY: Final = 17
_CARD_EVERY_S: Final = 0.1
_READY_S: Final = 300.0
_clock = SystemClock()
_pause = threading.Event()


@dataclass(frozen=True, slots=True)
class Size:
    """How many lines with so many readers each, at which speed; a line's chip hands over what came in ``grain_ms``."""

    lines: int = 8
    readers_a_line: int = 8
    baud: int = 9600
    grain_ms: int = 4

    @property
    def doors(self) -> int:
        """Each reader has one, and is its lock as well."""
        return self.lines * self.readers_a_line

    def line(self, door: int) -> tuple[str, int]:
        """The port and address of a door's reader, which has the door's number."""
        line, address = divmod(door - 1, self.readers_a_line)
        return f"L{line}", address


FULL: Final = Size()
DOORS: Final = FULL.doors


@dataclass(frozen=True, slots=True)
class Standing:
    """A bridge whose readers are all secure, in the folder where its building and its service run as well."""

    bridge: BridgeProcess
    place: Path

    @property
    def process(self) -> Process:
        """The bridge's."""
        assert self.bridge.running is not None
        return self.bridge.running

    @property
    def relays(self) -> Path:
        """The building's relay log."""
        return self.place / "relays.jsonl"

    def client(self) -> LocalClient:
        """A conversation, which the bridge ends after half a minute of silence."""
        return LocalClient(self.bridge.place / "state" / "control.sock", START_S)

    def remote(self) -> Remote:
        """The building."""
        return Remote(self.place / "s.sock")


@dataclass(frozen=True, slots=True)
class Found:
    """What a bridge was like after its minute.

    Attributes:
        most_bytes: The most memory that its process ever had.
        begun_bytes: What it had when everything was connected and in force.
        secure: How many readers had their Secure Channel at the end.
        events: How many events the service has acknowledged, and ``granted`` how many people were let in.
    """

    most_bytes: int
    begun_bytes: int
    secure: int
    events: int
    granted: int


def full_bridge(place: Path, seconds: float) -> Found:
    """Start everything in an empty folder with a short path, have cards read for so long, and end it."""
    with standing(place, FULL) as full:
        begun = _status_bytes(full.process, "VmRSS")
        with full.remote() as remote:
            _cards(remote, seconds)
        with full.client() as client:
            until(lambda: _is_empty(client), "the service has every event")
            outbox = client.status()["outbox"]
            return Found(
                _status_bytes(full.process, "VmHWM"),
                begun,
                _secure(client),
                int(outbox["acknowledged"]),
                sum(b'"ACCESS_GRANTED"' in body for body in full.bridge.bodies()),
            )


@contextmanager
def standing(place: Path, size: Size) -> Iterator[Standing]:
    """Start everything in an empty folder with a short path and wait until all of it is there."""
    place.joinpath("bridge").mkdir()
    service = ServiceProcess(place / "service", new_sqlite(place))
    readers = _write_bridge(place / "bridge", service.address, size)
    (place / "building.json").write_text(json.dumps(_building(place, readers, size)), encoding="utf-8")
    bridge = BridgeProcess(place / "bridge")
    with ExitStack() as stack:
        stack.callback(service.kill)
        service.start()
        code = service.code("North")
        with closing(service.opened()) as database, database.writing() as session:
            _add_school(session, size)
        done = bridge.enroll(code, service.address)
        if done.returncode:
            raise RuntimeError(done.stderr)
        service.confirm("North")
        simulator = stack.enter_context(ended(launch(["simulate", str(place / "building.json")], cwd=place)))
        until(lambda: simulator.out, "the simulator is ready")
        stack.callback(bridge.kill)
        bridge.start()
        made = Standing(bridge, place)
        with made.client() as client:
            until(lambda: _secure(client) == size.doors, "every reader is secure", _READY_S)
        yield made


def present(remote: Remote, reader: int, number: int) -> None:
    """Hold a person's card to a reader."""
    remote.present(reader, encode(FORMATS["H10301"], _FACILITY, number))


def _cards(remote: Remote, seconds: float) -> None:
    """Somebody by chance at a door by chance, again and again."""
    chance, until_s = Random(1), _clock.monotonic_s() + seconds
    while _clock.monotonic_s() < until_s:
        person = chance.randint(1, PEOPLE)
        present(remote, chance.randint(1, DOORS), person)
        _pause.wait(_CARD_EVERY_S)


def _secure(client: LocalClient) -> int:
    return sum(reader["link"] == "secure" for reader in client.status()["readers"])


def _is_empty(client: LocalClient) -> bool:
    outbox = client.status()["outbox"]
    return bool(outbox["acknowledged"] == outbox["last_seq"])


def _status_bytes(process: Process, name: str) -> int:
    text = Path(f"/proc/{process.popen.pid}/status").read_text(encoding="ascii")
    (kibibytes,) = (line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:"))
    return int(kibibytes) * 1024


def _add_school(session: Session, size: Size) -> None:
    """Rooms, each locked by its own reader, and everybody."""
    bridge = session.scalars(select(Bridge)).one()
    for n in range(1, size.doors + 1):
        point = f"reader {n}.0"
        session.add(
            Door(
                id=n,
                building_id=bridge.building_id,
                bridge_id=bridge.id,
                number=str(n),
                name=f"Room {n}",
                door_class=DoorClass.ROOM,
                lock_kind=LockKind.LOCKSET,
                lock_output=point,
                contact=point,
            )
        )
    session.flush()
    for n in range(1, size.doors + 1):
        port, address = size.line(n)
        session.add(Reader(id=n, door_id=n, name=f"Reader {n}", port=port, address=address, formats=["H10301"]))
    session.flush()
    add_hours(session)
    add_people(session, size.doors)


def _write_bridge(folder: Path, service: str, size: Size) -> list[dict[str, object]]:
    """The bridge's settings, and a key for each reader; the readers as a simulator takes them."""
    head = f'state_dir = "state"\n\n[service]\nurl = "{service}"\n'
    ports = [
        f'[ports.L{n}]\nkind = "osdp"\npath = "{folder / f"L{n}"}"\nbaud = {size.baud}\n' for n in range(size.lines)
    ]
    (folder / "bridge.toml").write_text("\n".join([head, *ports]), encoding="utf-8")
    keys = folder / "state" / "keys"
    keys.mkdir(mode=0o700, parents=True)
    readers: list[dict[str, object]] = []
    for n in range(1, size.doors + 1):
        (port, address), key = size.line(n), secrets.token_bytes(16).hex()
        with os.fdopen(os.open(keys / f"reader-{port}-{address}.key", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(key)
        readers.append({"id": n, "line": port, "address": address, "key": key})
    return readers


def _building(place: Path, readers: list[dict[str, object]], size: Size) -> dict[str, object]:
    line: dict[str, object] = {"kind": "osdp", "baud": size.baud, "grain_ms": size.grain_ms}
    lines = {f"L{n}": {**line, "path": str(place / "bridge" / f"L{n}")} for n in range(size.lines)}
    doors = [
        {
            "id": n,
            "name": f"Room {n}",
            "lock": "lockset",
            "output": f"reader {n}.0",
            "contact": f"reader {n}.0",
            "readers": [n],
        }
        for n in range(1, size.doors + 1)
    ]
    return {
        "lines": lines,
        "readers": readers,
        "doors": doors,
        "control": str(place / "s.sock"),
        "relay_log": str(place / "relays.jsonl"),
    }
