"""Up to three bridges in this process that listen on loopback, with ports that only take notes."""

from __future__ import annotations

import socket
from base64 import urlsafe_b64encode
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from hashlib import sha512
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.bits import Bits
from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import decode_directive, seal_directive
from access_control.core.wire.neighbours import MOST_ANSWER, Tell, read_told, write_tell
from access_control.core.wire.signing import DOMAIN, MAGIC, Kind, SigningKey, reread
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import CardPresented
from firmware_bridge.local.client import LocalClient
from firmware_bridge.ports import Emit, Port
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.runtime.wiring import PortPlan
from firmware_bridge.store.uuid7 import uuid7
from tests.building.neighbours import Three, key_of, uuid_of
from tests.building.processes import read_events, until
from tests.building.signed import SITE

NONCE = bytes(range(16))


@dataclass
class NotedPort:
    """Takes a note of each command and when it came."""

    name: str
    commands: list[tuple[float, DriveOutput]]

    def start(self) -> None:
        pass

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        if isinstance(command, DriveOutput):
            self.commands.append((SystemClock().monotonic_s(), command))

    def stop(self) -> None:
        pass


@dataclass
class Running:
    """One bridge that runs."""

    bridge: Bridge
    name: str
    three: Three
    commands: list[tuple[float, DriveOutput]] = field(default_factory=list)
    emits: list[Emit] = field(default_factory=list)

    def present(self, reader: int, bits: Bits) -> None:
        """A port of it hands over a card."""
        self.emits[0](CardPresented(SystemClock().moment(), reader, bits))

    def client(self) -> LocalClient:
        return LocalClient(self.three.installations[self.name].state / "control.sock")

    def apply(self, *documents: bytes) -> None:
        with self.client() as client:
            for document in documents:
                client.apply(document)

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.status()

    def emergencies(self) -> list[str]:
        return [emergency["directive"] for emergency in self.status()["emergencies"]]

    def neighbour(self, name: str) -> dict[str, Any]:
        found = [one for one in self.status()["neighbours"]["bridges"] if one["bridge"] == uuid_of(name)]
        return dict(found[0]) if found else {"reachable": False, "acknowledged": 0, "waiting": 0, "trouble": ""}

    def events(self, code: str) -> list[dict[str, Any]]:
        assert self.bridge.recorder.flush(30)
        path = self.three.installations[self.name].state / "outbox.db"
        return [dict(event.detail) for event in read_events(path) if event.code == code]

    def told(self, code: str, count: int = 1) -> list[dict[str, Any]]:
        """As :meth:`events`, once there are so many: threads hand them to each other first."""
        until(lambda: len(self.events(code)) >= count, f"{code} is told")
        return self.events(code)

    def ask(self, sealed: bytes, source: str = "127.0.0.1") -> str | None:
        """Tell it something; its verdict, or ``None`` if it hung up."""
        tell = Tell(NONCE, sealed)
        answer = self.send(write_tell(tell), source)
        key = key_of(self.name)
        return read_told(answer, tell, site=SITE, bridge=key.key_id, key=key.public_bytes()) if answer else None

    def send(self, data: bytes, source: str = "127.0.0.1") -> bytes:
        """Whatever it answers to some bytes."""
        where = ("127.0.0.1", self.three.installations[self.name].port)
        with socket.create_connection(where, 30, source_address=(source, 0)) as line:
            try:
                line.sendall(data)
                return line.recv(MOST_ANSWER + 1)
            except ConnectionError:
                return b""


@dataclass
class Town:
    """Starts and stops the three."""

    three: Three
    stack: ExitStack
    running: dict[str, Running] = field(default_factory=dict)

    def start(self, name: str) -> Running:
        commands: list[tuple[float, DriveOutput]] = []
        emits: list[Emit] = []

        def port(plan: PortPlan, emit: Emit, _clock: Clock) -> Port:
            emits.append(emit)
            return NotedPort(plan.settings.name, commands)

        config = read_config(self.three.installations[name].settings)
        bridge = self.stack.enter_context(Bridge(config, Surroundings(SystemClock(), port)))
        self.running[name] = Running(bridge, name, self.three, commands, emits)
        return self.running[name]

    def introduced(self, name: str, **kind: Any) -> Running:
        """Start one and give it its documents."""
        running = self.start(name)
        running.apply(*self.three.documents(name, **kind))
        return running


def sealed_by(
    key: SigningKey, *, scope: str = "site", site: str = SITE, action: EmergencyAction = EmergencyAction.LOCKDOWN
) -> tuple[str, bytes]:
    """A directive of a bridge: its id and the sealed bytes."""
    at = SystemClock().moment().at
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    directive = Directive(
        id=uuid7(at),
        action=action,
        scope=scope,
        doors=frozenset({1, 2, 3}),
        origin=f"bridge:{key.key_id}",
        by="local:principal",
        drill=False,
        started_at=at,
    )
    return directive.id, seal_directive(directive, key, site=site)


def under_another_name(key: SigningKey, name: str) -> SigningKey:
    return replace(key, key_id=uuid_of(name))


_ORDER = 2**252 + 27742317777372353535851937790883648493
"""How many points Ed25519 counts with."""


def told_anew(sealed: bytes, *, by: str, key: SigningKey) -> bytes:
    """Another directive under the same id."""
    directive = decode_directive(reread(sealed, kind=Kind.DIRECTIVE))
    return seal_directive(replace(directive, by=by), key, site=SITE)


def signed_again(sealed: bytes, key: SigningKey, seed: int) -> bytes:
    """The same content under another good signature, as only whoever has the key can make it: one for each seed.

    The nonce of an Ed25519 signature is the signer's to choose; here it is the scalar of another key, so that its point
    is that one's public half.
    """
    covered = sealed.split(b"\n", 1)[1]
    other = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    point, public = other.public_key().public_bytes_raw(), key.public_bytes()
    challenge = int.from_bytes(sha512(point + public + DOMAIN + covered).digest(), "little")
    answer = (_scalar(other) + challenge * _scalar(key.private)) % _ORDER
    signature = urlsafe_b64encode(point + answer.to_bytes(32, "little")).rstrip(b"=")
    return b" ".join((MAGIC, key.key_id.encode(), signature)) + b"\n" + covered


def _scalar(private: Ed25519PrivateKey) -> int:
    half = int.from_bytes(sha512(private.private_bytes_raw()).digest()[:32], "little")
    return (half & ((1 << 254) - 8)) | 1 << 254
