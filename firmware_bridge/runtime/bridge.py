"""The running bridge: opens its stores, brings every door to its effective state, then listens to readers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from access_control.core.wire.events import EventCode
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config
from firmware_bridge.controller.commands import RaiseDirective, RecordEvent, RememberCancelled, RememberFire
from firmware_bridge.controller.commands import RememberPassUsed as PassUsed
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import Event
from firmware_bridge.controller.memory import Memory
from firmware_bridge.local.server import ControlServer, SocketError
from firmware_bridge.runtime.desk import Desk
from firmware_bridge.runtime.keeper import Keeper
from firmware_bridge.runtime.loop import Hands, Loop, Remember, Write
from firmware_bridge.runtime.watch import Watch
from firmware_bridge.runtime.wiring import MakePort, Wiring, make_port
from firmware_bridge.store.clock_trust import boot_id, trusted
from firmware_bridge.store.documents import Documents, Finding
from firmware_bridge.store.keys import BridgeKeys, KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, ClockProof, MemoryFullError
from firmware_bridge.store.recorder import Limits, Recorder
from firmware_bridge.store.records import writing_for
from firmware_bridge.store.state_lock import StateInUseError, only_one
from firmware_bridge.store.trust import Trust, TrustError, read_trust
from firmware_bridge.uplink.uplink import Bonds, Uplink, instance_of

_log = logging.getLogger(__name__)
_FINDINGS = {
    "keys": EventCode.KEYS_REFUSED,
    "policy": EventCode.POLICY_DAMAGED,
    "orders": EventCode.ORDERS_DAMAGED,
    "memory": EventCode.MEMORY_DAMAGED,
}


class StartError(Exception):
    """The bridge cannot start; the text is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a test replaces: the clock, the making of ports, and what names this boot of the machine."""

    clock: Clock
    make_port: MakePort = make_port
    boot_id: Callable[[], str] = boot_id


class Bridge:
    """One bridge in this process. ``start`` and ``stop`` once each, or use it as a context manager."""

    def __init__(self, config: Config, around: Surroundings) -> None:
        """Nothing is opened before :meth:`start`."""
        self.config = config
        self._clock = around.clock
        self._around = around
        self._closing = ExitStack()
        self._desk: Desk | None = None
        self.notes: tuple[str, ...] = ()

    def start(self) -> None:
        """Open everything and begin.

        Raises:
            StartError: Something is missing, damaged or taken; everything opened so far is closed again.
        """
        with ExitStack() as undo:
            self._closing = undo
            try:
                self._start(undo)
            except (TrustError, KeyFileError, MemoryFullError, SocketError, StateInUseError) as error:
                raise StartError(str(error)) from error
            except OSError as error:
                place = error.filename or self.config.state_dir
                raise StartError(f"{place} cannot be used: {error.strerror or error}.") from error
            self._closing = undo.pop_all()

    def _start(self, undo: ExitStack) -> None:
        state = self.config.state_dir
        trust = read_trust(state)
        undo.enter_context(only_one(state))
        key_store = KeyStore(state / "keys")
        keys = key_store.load()
        moment = self._clock.moment()
        memory = BridgeMemory(state, moment.at)
        undo.callback(memory.close)
        documents = Documents(state / "documents", trust, keys, memory)
        findings = documents.load(moment.at)
        recorder = self._recorder(trust)
        recorder.start()
        undo.callback(recorder.stop)
        self.recorder, self.documents = recorder, documents
        self._run(undo, trust, keys, key_store, memory, findings)

    def _recorder(self, trust: Trust) -> Recorder:
        config = self.config
        limits = Limits(config.events_days, config.events_count, config.min_free_mb * 1024 * 1024)
        writing = writing_for(trust.bridge)
        return Recorder(config.state_dir / "outbox.db", writing, self._clock, limits, heard=self._heard)

    def _run(
        self,
        undo: ExitStack,
        trust: Trust,
        keys: BridgeKeys,
        key_store: KeyStore,
        memory: BridgeMemory,
        findings: tuple[Finding, ...],
    ) -> None:
        keeper = Keeper()
        keeper.start()
        undo.callback(keeper.stop)
        wiring = Wiring(self.config, key_store, self._around.make_port, self.emit, self._clock)
        watch = self._watch(memory, wiring)
        now = int(self._clock.moment().at.timestamp())
        controller = Controller(_remembered(memory, now, trusted=watch.clock_trusted))
        prove = self._prover(memory)
        hands = Hands(controller, wiring, self.recorder, keeper, self._writer(memory), self._clock, watch, prove)
        desk = Desk(self.documents, self.recorder, keeper, self._clock, watch)
        self._loop = Loop(hands, desk.kept, desk.changed)
        desk.loop = self._loop
        desk.server = ControlServer(self.config.control_socket, desk)
        self._desk = desk
        desk.server.start()
        undo.callback(desk.server.stop)
        self._tell_start(findings, keys, trust)
        self._open_doors(controller, wiring)
        undo.callback(self._rest, wiring)
        self._loop.start()
        self._connect(undo, desk, keys)

    def _connect(self, undo: ExitStack, desk: Desk, keys: BridgeKeys) -> None:
        """Call the service. The doors work already, and go on whatever comes of it."""
        if self.config.service is None:
            return
        boot = self._around.boot_id()
        bonds = Bonds(
            lambda document: dict(desk.apply(document)),
            lambda: dict(desk.status()),
            self._loop.put,
            desk.tell,
            keys.signing,
            boot,
            instance_of(boot, self.config.state_dir),
        )
        uplink = Uplink(self.config.service, self.documents, self.recorder, self._clock, bonds)
        desk.uplink = uplink
        undo.callback(uplink.stop)
        uplink.start()

    def _open_doors(self, controller: Controller, wiring: Wiring) -> None:
        """Bring each door to its effective state; only then are readers listened to."""
        policy = self.documents.policy
        moment = self._clock.moment()
        if policy is not None:
            wiring.connect(policy)
        held = self.documents.held.entries
        self._loop.carry_out(controller.start(moment, policy, self.documents.orders(), held), moment)
        wiring.start()
        self.notes = wiring.doubts
        if policy is None:
            self.notes = ("There is no Policy yet: every card is refused and no door is touched. Apply one.",)

    def _watch(self, memory: BridgeMemory, wiring: Wiring) -> Watch:
        known = [self.documents.newest()]
        outbox = self.recorder.outbox
        if outbox is not None:
            known.append(datetime.fromtimestamp(outbox.newest_ms() / 1000, UTC))
        newest = max((at for at in known if at is not None), default=None)
        believed = trusted(memory.clock_proof(), self._around.boot_id(), self._clock.moment().at, newest)
        return Watch(wiring, clock_trusted=believed, newest_known=newest)

    def _tell_start(self, findings: tuple[Finding, ...], keys: BridgeKeys, trust: Trust) -> None:
        moment = self._clock.moment()
        for finding in findings:
            self._loop.carry_out([RecordEvent(_FINDINGS[finding.kind], detail={"why": finding.sentence})], moment)
        _log.info("Bridge %s at site %s, key %s.", trust.bridge, trust.site, keys.public.hex())
        self._loop.carry_out([RecordEvent(EventCode.BRIDGE_STARTED)], moment)

    def _writer(self, memory: BridgeMemory) -> Write:
        def write(command: Remember) -> Callable[[], None]:
            return lambda: _write(command, memory, self.documents)

        return write

    def _prover(self, memory: BridgeMemory) -> Callable[[datetime], Callable[[], None]]:
        def prove(at: datetime) -> Callable[[], None]:
            return lambda: memory.prove_clock(ClockProof(self._around.boot_id(), at))

        return prove

    def emit(self, event: Event) -> None:
        """Put an event on the one queue; safe from any thread, never blocks."""
        self._loop.put(event)

    def _heard(self, record: bytes) -> None:
        if self._desk is not None:
            self._desk.heard(record)

    def _rest(self, wiring: Wiring) -> None:
        """Stop in this order: no more events, locks to rest, the last event."""
        self._loop.stop()
        wiring.stop()
        self._loop.carry_out([RecordEvent(EventCode.BRIDGE_STOPPED)], self._clock.moment())

    def stop(self) -> None:
        """Bring every output to its safe state, close everything, and leave the mark of an orderly stop."""
        self._closing.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _remembered(memory: BridgeMemory, now: int, *, trusted: bool) -> Memory:
    fires = (memory.fact("fires") or b"").decode().split()
    return Memory(
        # A clock that nobody trusts may be years ahead: by that one no used pass is forgotten.
        passes_used=memory.used_passes(now if trusted else 0),
        cancelled=memory.cancelled_overrides(),
        fire_held=frozenset(map(int, fires)),
        clock_trusted=trusted,
    )


def _write(command: Remember, memory: BridgeMemory, documents: Documents) -> None:
    match command:
        case RaiseDirective():
            documents.raise_directive(command.directive)
        case PassUsed():
            memory.use_pass(command.pass_id, command.until)
        case RememberCancelled():
            memory.cancel_override(command.override_id)
        case RememberFire():
            held = set((memory.fact("fires") or b"").decode().split()) - {str(command.door)}
            held |= {str(command.door)} if command.held else set()
            memory.keep_fact("fires", " ".join(sorted(held)).encode())
