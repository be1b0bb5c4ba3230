"""The corpus school in the flesh: ptys, readers and boards, and the real bridge between them with a clock that is set.

Serial lines, readers and boards live in real time, so that timing on the lines is real. Only the bridge's brain lives
in the corpus's time, which stands still until a test leaps: events are stamped anew on their way in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.decision.model import Board, DeviceKind, Door, Orders, Point, Reader, Revision
from access_control.core.wire.directives import seal_directive, seal_release
from access_control.core.wire.events import EventRecord, decode_event
from access_control.core.wire.keys import KeyStatement, identity_key, seal_keys
from access_control.core.wire.orders import OrdersDocument, RevokedPass, encode_orders
from access_control.core.wire.policy import PolicyDraft, encode_policy
from access_control.core.wire.signing import Kind, SigningKey, seal
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.config import Config, PortKind, PortSettings
from firmware_bridge.controller.events import ClockJudged, Event, TimePassed
from firmware_bridge.local.client import LocalClient
from firmware_bridge.ports import Emit, Port
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.runtime.wiring import PortPlan, make_port
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import (
    BoardConfig,
    BuildingConfig,
    DoorConfig,
    LineConfig,
    LineKind,
    ReaderConfig,
    ScannerConfig,
)
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.trust import Trust, write_trust
from tests.building.clock import SetClock
from tests.corpus.building import BRIDGE, DIGEST_KEY, SITE

BAUD = 115200
FIRE_BOARD = 2
FIRE_INPUT = Point(DeviceKind.BOARD, FIRE_BOARD, 0)
IDENTITY = Ed25519PrivateKey.from_private_bytes(sha256(b"identity of the corpus").digest())
OFFICE = SigningKey("office", Ed25519PrivateKey.from_private_bytes(sha256(b"office of the corpus").digest()))


def rewired(draft: PolicyDraft, scanning: Collection[int]) -> PolicyDraft:
    """Hang readers that scan on lines of their own, and the fire panel on a board of its own, which can fail alone."""
    return replace(
        draft,
        readers=[_on_its_line(reader, scanning) for reader in draft.readers],
        doors=[_at_fire_board(door) for door in draft.doors],
        boards=[*draft.boards, Board(FIRE_BOARD, "fire panel", "B", FIRE_BOARD, 1, 1)],
    )


def _on_its_line(reader: Reader, scanning: Collection[int]) -> Reader:
    return replace(reader, port=f"S{reader.id}") if reader.id in scanning else reader


def _at_fire_board(door: Door) -> Door:
    return replace(door, lock=replace(door.lock, fire_input=FIRE_INPUT if door.lock.fire_input else None))


class CorpusBridge:
    """A running building and bridge; use it as a context manager. ``place`` must be empty and its path short."""

    def __init__(self, draft: PolicyDraft, scanning: Collection[int], at: datetime, place: Path) -> None:
        self.draft = rewired(draft, scanning)
        # Well ahead of the ports' clock, so that no command looks late to them while the brain's time stands still.
        self.clock = SetClock(at, SystemClock().monotonic_s() + 1000)
        self._scanning = scanning
        self._place = place
        self._orders_n = 0
        self._events: list[EventRecord] = []
        self._closing = ExitStack()
        self.building = VirtualBuilding(self._building_config())
        self.bridge = Bridge(self._config(), Surroundings(self.clock, self._make_port))

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._enrol()
            undo.enter_context(self.building)
            undo.enter_context(self.bridge)
            self.client = undo.enter_context(LocalClient(self.bridge.config.control_socket))
            self._apply_documents()
            self._closing = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    # What a test does.

    def leap(self, seconds: float) -> None:
        """Let the bridge grow older by so much, at the same time of day."""
        self.clock.mono_s += seconds
        self.bridge.emit(TimePassed(self.clock.moment()))

    def trust_clock(self, *, trusted: bool) -> None:
        self.bridge.emit(ClockJudged(self.clock.moment(), trusted))

    def apply_orders(self, orders: Orders) -> None:
        """Seal what is in ``orders`` and hand it to the bridge over its control socket."""
        self._orders_n += 1
        document = OrdersDocument(
            site=SITE,
            bridge=BRIDGE,
            revision=Revision(1, self._orders_n),
            made_at=self.draft.made_at,
            directives=[seal_directive(each, OFFICE, site=SITE) for each in orders.directives.directives.values()],
            releases=[seal_release(each, OFFICE, site=SITE) for each in orders.directives.releases.values()],
            overrides=orders.overrides,
            revoked=orders.revoked,
            revoked_passes={id_: RevokedPass(why, self.draft.horizon) for id_, why in orders.revoked_passes.items()},
        )
        self.client.apply(seal(Kind.ORDERS, encode_orders(document), OFFICE, site=SITE, to=BRIDGE))

    def coil(self, door: int) -> bool:
        """Where the relay of a door's lock really is."""
        output = self.building.world.configs[door].output
        return self.building.world.outputs.get(output, False)

    def events(self) -> list[EventRecord]:
        """Everything that was stored so far."""
        outbox = self.bridge.recorder.outbox
        assert outbox is not None
        last = self._events[-1].seq if self._events else 0
        self._events += [decode_event(stored.body) for stored in outbox.after(last, 1000)]
        return self._events

    def up(self) -> bool:
        """Whether every reader and board of the Policy answers as it should."""
        status = self.client.status()
        return all(device["link"] in {"secure", "up"} for kind in ("readers", "boards") for device in status[kind])

    def settled(self) -> None:
        """Wait until the bridge has taken everything that it was told before."""
        self.client.status()

    # How it is built.

    def _lines(self) -> list[tuple[str, LineKind]]:
        scanners = [(f"S{number}", LineKind.SCANNER) for number in sorted(self._scanning)]
        return [("A", LineKind.OSDP), ("B", LineKind.MODBUS), *scanners]

    def _building_config(self) -> BuildingConfig:
        cards = [reader for reader in self.draft.readers if reader.port == "A"]
        return BuildingConfig(
            lines=tuple(LineConfig(name, kind, self._place / name, BAUD, 0.001) for name, kind in self._lines()),
            readers=tuple(ReaderConfig(r.id, "A", r.address, _reader_key(r)) for r in cards),
            boards=tuple(BoardConfig(b.id, "B", b.address, b.outputs, b.inputs) for b in self.draft.boards),
            scanners=tuple(ScannerConfig(number, f"S{number}") for number in sorted(self._scanning)),
            doors=tuple(_door_config(door, self.draft.readers) for door in self.draft.doors),
            relay_log=self._place / "relays.jsonl",
        )

    def _config(self) -> Config:
        state = self._place / "state"
        kinds = {kind.value: PortKind(kind.value) for kind in LineKind}
        ports = {
            name: PortSettings(
                name, kinds[kind.value], str(self._place / name), BAUD, int(name[1:]) if name[1:] else None
            )
            for name, kind in self._lines()
        }
        return Config(self._place / "bridge.toml", state, ports, self._place / "control", min_free_mb=0)

    def _enrol(self) -> None:
        state = self.bridge.config.state_dir
        state.mkdir(mode=0o700)
        write_trust(state, Trust(SITE, BRIDGE, IDENTITY.public_key().public_bytes_raw().hex()))
        keys = KeyStore(state / "keys")
        keys.create(digest=DIGEST_KEY)
        for reader in self.draft.readers:
            keys.keep_reader_key("A", reader.address, _reader_key(reader))

    def _apply_documents(self) -> None:
        statement = KeyStatement(SITE, Revision(1, 1), self.draft.made_at, {OFFICE.key_id: OFFICE.public_bytes()})
        self.client.apply(seal_keys(statement, identity_key(IDENTITY)))
        payload = encode_policy(self.draft, DIGEST_KEY)
        self.client.apply(seal(Kind.POLICY, payload, OFFICE, site=SITE, to=BRIDGE))

    def _make_port(self, plan: PortPlan, emit: Emit, _clock: Clock) -> Port:
        def stamped_anew(event: Event) -> None:
            emit(replace(event, moment=self.clock.moment()))

        return make_port(plan, stamped_anew, SystemClock())


def _reader_key(reader: Reader) -> bytes:
    return sha256(f"key of reader {reader.id}".encode()).digest()[:16]


def _door_config(door: Door, readers: Iterable[Reader]) -> DoorConfig:
    here = tuple(reader.id for reader in readers if reader.door == door.id)
    return DoorConfig(
        door.id, door.name, door.lock.kind, door.lock.output, door.lock.unlock_when, door.contact, door.rex, None, here
    )


def plain(event: EventRecord) -> str:
    """An event in one line, for a failing test."""
    return msgspec.json.encode(event).decode()
