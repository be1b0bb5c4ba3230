"""A whole uplink on real stores, over a scripted service; the bridge around it is what it is told through ``Bonds``."""

from __future__ import annotations

import gzip
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import Refused
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.spelling import write_time
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import PolicyConfirmed, UplinkChanged
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.memory import BridgeMemory
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.records import writing_for
from firmware_bridge.store.sealed_keys import SealedKeys
from firmware_bridge.store.setup import set_up
from firmware_bridge.uplink.service_time import ServiceTime
from firmware_bridge.uplink.uplink import Bonds, Uplink
from tests.building.signed import BRIDGE, DIGEST_KEY, TRUST, School, secret
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, reply, wicked

UUID = "01939a5e-7c00-7000-8000-00000000000f"


class Script:
    """A service that does what a test says; by default it takes everything."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked: list[tuple[str, bytes]] = []
        self.taken: list[dict[str, Any]] = []
        self.refused = 0
        self.acknowledged = 0
        self.status_more: dict[str, Any] = {}
        self.documents: dict[str, bytes] = {}
        self.instead: dict[str, Callable[[Visit], bytes | None]] = {}
        self.pushes: list[bytes] = []
        self.clock = SystemClock()

    def serve(self, visit: Visit) -> None:
        """One connection, to its end."""
        while request := visit.request():
            head, _, body = request.partition(b"\r\n\r\n")
            body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
            path = head.split(b" ")[1].decode().removeprefix("/bridge/v1/").partition("?")[0]
            with self.lock:
                self.asked.append((path, body))
            answer = self.instead[path](visit) if path in self.instead else self.answer(path, body, visit)
            if answer is None:
                return
            visit.send(answer)

    def answer(self, path: str, body: bytes, visit: Visit) -> bytes | None:
        """What a good service says."""
        now = write_time(self.clock.moment().at)
        match path.split("/", maxsplit=1)[0]:
            case "challenge":
                return told({"challenge": "c"})
            case "session":
                return told({"token": "t", "expires_in_s": 300, "time": now})
            case "status":
                plain: dict[str, Any] = {
                    "time": now,
                    "policy": None,
                    "orders": None,
                    "keys": None,
                    "actions": [],
                    "want": None,
                    "duplicate": False,
                    "sealed_keys": None,
                }
                return told(plain | self.status_more)
            case "events":
                return self.take(json.loads(body))
            case "documents":
                return reply(self.documents[path.split("/")[1]])
            case "stream":
                visit.send(b"HTTP/1.1 200 OK\r\n\r\n:\n\n" + b"".join(self.pushes))
                visit.stopping.wait(60)
            case _:
                pass
        return None

    def take(self, said: dict[str, Any]) -> bytes:
        """Events as a good service takes them."""
        with self.lock:
            if said["first_seq"] > self.acknowledged + 1:
                fields = {"acknowledged": self.acknowledged}
                self.refused += 1
                return reply(json.dumps({"status": 409, "code": "gap", "fields": fields}).encode(), 409)
            new = [event for event in said["events"] if event["seq"] > self.acknowledged]
            self.taken += new
            self.acknowledged = max([self.acknowledged, *(event["seq"] for event in said["events"])])
            return told({"stream": said["stream"], "acknowledged": self.acknowledged})

    def push(self, name: str, value: Any) -> None:
        """Have something pushed on every stream that is opened from now on."""
        self.pushes.append(b"event: x\ndata: " + msgspec.json.encode({name: value}) + b"\n\n")


def told(record: dict[str, Any]) -> bytes:
    """An answer as a good service spells it."""
    return reply(msgspec.json.encode(record))


class Around:
    """The bridge around an uplink: real stores, and what the uplink did with it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.clock = SystemClock()
        set_up(folder, TRUST, self.clock, digest=DIGEST_KEY, signing=secret("bridge"))
        self.keys = KeyStore(folder / "keys").load()
        memory = BridgeMemory(folder, self.clock.moment().at)
        stack.callback(memory.close)
        self.documents = Documents(folder / "documents", TRUST, self.keys, memory)
        self.recorder = Recorder(folder / "outbox.db", writing_for(BRIDGE), self.clock)
        self.recorder.start()
        stack.callback(self.recorder.stop)
        self.school = School()
        self.told: list[EventCode] = []
        self.applied: list[str] = []
        self.times: list[ServiceTime] = []
        self.confirmed: list[Revision] = []
        self.reached: list[bool] = []
        self.apply(self.school.keys())

    def apply(self, document: bytes) -> dict[str, object]:
        """As the desk does it."""
        try:
            applied = self.documents.apply(
                document, self.clock.moment().at, clock_trusted=True, announce=lambda _: None
            )
        except Refused as error:
            self.applied.append(error.code.value)
            return {"ok": False, "code": error.code.value}
        self.applied.append(applied.kind.value)
        return {"ok": True}

    def status(self) -> dict[str, Any]:
        """A Status without doors."""
        outbox = self.recorder.outbox
        assert outbox is not None
        place = {"stream": outbox.stream, "acknowledged": outbox.acknowledged, "last_seq": outbox.last_seq}
        return {"ok": True, "status": {"doors": [], "outbox": place}}

    def judge(self, word: ServiceTime | PolicyConfirmed | UplinkChanged) -> None:
        """What the service said of the time, or of the Policy."""
        match word:
            case ServiceTime():
                self.times.append(word)
            case UplinkChanged():
                self.reached.append(word.reached)
            case _:
                self.confirmed.append(word.revision)

    def record(self, count: int) -> None:
        """Something happens that many times."""
        for _ in range(count):
            self.recorder.record(Entry("BRIDGE_STARTED", self.clock.moment().at), 5.0)

    @contextmanager
    def uplink(self, server: Wicked) -> Iterator[Uplink]:
        """An uplink to a server."""
        bonds = Bonds(
            self.apply,
            self.status,
            self.judge,
            lambda code, _: self.told.append(code),
            self.keys.signing,
            "boot",
            UUID,
            SealedKeys(self.folder, TRUST, KeyStore(self.folder / "keys"), self.folder / "bridge.toml"),
            "gym.school.lan:4711",
        )
        uplink = Uplink(server.service, self.documents, self.recorder, self.clock, bonds)
        uplink.start()
        try:
            yield uplink
        finally:
            uplink.stop()


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Around]:
    with ExitStack() as stack:
        yield Around(tmp_path / "state", stack)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[Wicked]:
    with wicked(script.serve) as running:
        yield running


def in_base64(data: bytes) -> str:
    """As documents travel inside JSON."""
    return b64encode(data).decode()
