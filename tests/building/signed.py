"""A small school with signed documents: three doors, three readers, one relay board, and an office that signs.

Ada (staff) may open every door at any time, Ben (student) only the front door; Rosa is a responder. Everybody else is a
number, for tests that need many people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential, digest
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.building import DeviceKind, Lock, LockKind, Point, Timetable
from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import (
    BadgeStatus,
    Board,
    Door,
    DoorClass,
    DoorTiming,
    EmergencyAction,
    HolderClass,
    Override,
    Reader,
    Revision,
)
from access_control.core.wire.actions import ActionKind, new_action, seal_action
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.core.wire.keys import KeyStatement, identity_key, seal_keys
from access_control.core.wire.orders import OrdersDocument, encode_orders
from access_control.core.wire.policy import encode_policy
from access_control.core.wire.policy_draft import Badge, Level, Person, PolicyDraft
from access_control.core.wire.signing import Kind, SigningKey, seal
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.simulator.config import (
    BoardConfig,
    BuildingConfig,
    DoorConfig,
    LineConfig,
    LineKind,
    ReaderConfig,
)
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.setup import set_up
from firmware_bridge.store.trust import Trust
from firmware_bridge.store.uuid7 import uuid7

SITE = "01939a5e-7c00-7000-8000-0000000000a1"
BRIDGE = "01939a5e-7c00-7000-8000-0000000000b1"
OTHER_BRIDGE = "01939a5e-7c00-7000-8000-0000000000b2"
OTHER_SITE = "01939a5e-7c00-7000-8000-0000000000a2"
FRONT, OFFICE_DOOR, ROOM = 1, 2, 3
DOORS = (FRONT, OFFICE_DOOR, ROOM)
ADA, BEN, ROSA = 1, 2, 3
STRANGER = 999
FIRST_OF_MANY = 1000
FACILITY = 123
BAUD = 115200
READERS_LINE, BOARDS_LINE = "A", "R"
FAR = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp())
_CLASSES = {ADA: HolderClass.STAFF, BEN: HolderClass.STUDENT, ROSA: HolderClass.RESPONDER}


def secret(name: str) -> bytes:
    """32 bytes that belong to a name, the same in every run."""
    return sha256(f"test school {name}".encode()).digest()


def private(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret(name))


DIGEST_KEY = secret("digest")
IDENTITY = private("identity")
DOCUMENT_KEY = SigningKey("office-1", private("document"))
TRUST = Trust(SITE, BRIDGE, IDENTITY.public_key().public_bytes_raw().hex())


def credential(person: int) -> Credential:
    return Credential("H10301", FACILITY, person)


def card(person: int) -> Bits:
    """The bits of a person's card."""
    return encode(FORMATS["H10301"], FACILITY, person)


def badge_digest(person: int) -> bytes:
    return digest(DIGEST_KEY, credential(person))


def reader_key(door: int) -> bytes:
    return secret(f"reader {door}")[:16]


def point(index: int) -> Point:
    return Point(DeviceKind.BOARD, 1, index)


def doors() -> list[Door]:
    kinds = {
        FRONT: ("E1", "Front door", DoorClass.EXTERIOR),
        OFFICE_DOOR: ("I1", "Office corridor", DoorClass.INTERIOR),
        ROOM: ("101", "Room 101", DoorClass.ROOM),
    }
    return [
        Door(
            id=door,
            number=number,
            name=name,
            door_class=door_class,
            lock=Lock(LockKind.STRIKE, point(door - 1)),
            contact=point(door - 1),
            timing=DoorTiming(unlock_s=3.0),
        )
        for door, (number, name, door_class) in kinds.items()
    ]


@dataclass
class School:
    """Signs documents with revisions that count up by themselves."""

    key: SigningKey = DOCUMENT_KEY
    site: str = SITE
    bridge: str = BRIDGE
    made_at: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    policies: int = 0
    orders_made: int = 0
    everybody: list[int] = field(default_factory=lambda: [ADA, BEN, ROSA])

    def keys(self, n: int = 1, *, also: Mapping[str, bytes] | None = None) -> bytes:
        statement = KeyStatement(
            self.site, Revision(1, n), self.made_at, {self.key.key_id: self.key.public_bytes(), **(also or {})}
        )
        return seal_keys(statement, identity_key(IDENTITY))

    def draft(self, n: int) -> PolicyDraft:
        always = Timetable(always=True)
        return PolicyDraft(
            site=self.site,
            site_code=7,
            bridge=self.bridge,
            revision=Revision(1, n),
            made_at=self.made_at,
            horizon=FAR,
            doors=doors(),
            readers=[
                Reader(door, f"Reader {door}", door, READERS_LINE, door, ("H10301",), frozenset({FACILITY}))
                for door in DOORS
            ],
            boards=[Board(1, "Board", BOARDS_LINE, 1, 4, 4)],
            levels=[Level(1, dict.fromkeys(DOORS, always)), Level(2, {FRONT: always})],
            people=[self._person(number) for number in self.everybody],
            badges=[Badge(credential(number), number) for number in self.everybody],
        )

    def _person(self, number: int) -> Person:
        return Person(number, _CLASSES.get(number, HolderClass.STUDENT), (2,) if number == BEN else (1,))

    def policy(self, n: int | None = None, *, draft: PolicyDraft | None = None) -> bytes:
        self.policies = self.policies + 1 if n is None else n
        draft = draft or self.draft(self.policies)
        return self.seal(Kind.POLICY, encode_policy(replace(draft, revision=Revision(1, self.policies)), DIGEST_KEY))

    def orders(
        self,
        n: int | None = None,
        *,
        directives: Sequence[bytes] = (),
        releases: Sequence[bytes] = (),
        revoked: Iterable[int] = (),
        overrides: Sequence[Override] = (),
    ) -> bytes:
        self.orders_made = self.orders_made + 1 if n is None else n
        document = OrdersDocument(
            site=self.site,
            bridge=self.bridge,
            revision=Revision(1, self.orders_made),
            made_at=self.made_at,
            directives=directives,
            releases=releases,
            overrides=overrides,
            revoked={badge_digest(person): BadgeStatus.LOST for person in revoked},
        )
        return self.seal(Kind.ORDERS, encode_orders(document))

    def directive(
        self, action: EmergencyAction = EmergencyAction.LOCKDOWN, *, scope: str = "site", drill: bool = False
    ) -> tuple[str, bytes]:
        """A new directive from the service: its id and the sealed bytes."""
        directive = Directive(
            id=uuid7(self.made_at),
            action=action,
            scope=scope,
            doors=frozenset(DOORS),
            origin="service",
            by="operator:1",
            drill=drill,
            started_at=self.made_at,
        )
        return directive.id, seal_directive(directive, self.key, site=self.site)

    def release(self, directive: str, doors: frozenset[int] | None = None) -> bytes:
        release = Release(
            id=uuid7(self.made_at),
            directive=directive,
            doors=doors,
            by="operator:1",
            second="operator:2",
            why="All clear, checked.",
            at=self.made_at,
        )
        return seal_release(release, self.key, site=self.site)

    def unlock_once(self, door: int, at: datetime) -> bytes:
        action = new_action(uuid7(at), ActionKind.UNLOCK_ONCE, door, "operator:1", at)
        return seal_action(action, self.key, site=self.site, bridge=self.bridge)

    def seal(self, kind: Kind, payload: bytes) -> bytes:
        return seal(kind, payload, self.key, site=self.site, to=self.bridge)


@dataclass(frozen=True)
class Installation:
    """Everything on disk that the simulator and the bridge start from; ``place`` must be short for sockets."""

    place: Path

    @property
    def settings(self) -> Path:
        return self.place / "bridge.toml"

    @property
    def state(self) -> Path:
        return self.place / "state"

    @property
    def relays(self) -> Path:
        return self.place / "relays.jsonl"

    @property
    def simulator_socket(self) -> Path:
        return self.place / "sim.sock"

    def line(self, name: str) -> Path:
        return self.place / name

    def building(self) -> BuildingConfig:
        return BuildingConfig(
            lines=(
                LineConfig(READERS_LINE, LineKind.OSDP, self.line(READERS_LINE), BAUD, 0.001),
                LineConfig(BOARDS_LINE, LineKind.MODBUS, self.line(BOARDS_LINE), BAUD, 0.001),
            ),
            readers=tuple(ReaderConfig(door, READERS_LINE, door, reader_key(door)) for door in DOORS),
            boards=(BoardConfig(1, BOARDS_LINE, 1, 4, 4),),
            doors=tuple(
                DoorConfig(
                    door, f"Door {door}", LockKind.STRIKE, point(door - 1), contact=point(door - 1), readers=(door,)
                )
                for door in DOORS
            ),
            control=self.simulator_socket,
            relay_log=self.relays,
        )

    def install(self, clock: Clock | None = None, *, commissioned: bool = True) -> None:
        """Write the settings and set the state directory up, with the readers' keys in it."""
        self.settings.write_text(
            f'state_dir = "state"\nmin_free_mb = 0\n\n'
            f'[ports.{READERS_LINE}]\nkind = "osdp"\npath = "{READERS_LINE}"\nbaud = {BAUD}\n\n'
            f'[ports.{BOARDS_LINE}]\nkind = "modbus"\npath = "{BOARDS_LINE}"\nbaud = {BAUD}\n',
            encoding="utf-8",
        )
        set_up(self.state, TRUST, clock or SystemClock(), digest=DIGEST_KEY, signing=secret("bridge"))
        if commissioned:
            keys = KeyStore(self.state / "keys")
            for door in DOORS:
                keys.keep_reader_key(READERS_LINE, door, reader_key(door))
