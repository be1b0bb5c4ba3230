"""The running bridge: opens its stores, brings every door to its effective state, then listens to readers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Self

from access_control.core.decision.emergency import Directive
from access_control.core.wire.errors import Refused
from access_control.core.wire.events import EventCode
from access_control.core.wire.signing import SigningKey
from firmware_bridge.clock import Clock
from firmware_bridge.config import Config
from firmware_bridge.controller.commands import EndEmergency, RaiseDirective, RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import Event
from firmware_bridge.devices.adapters import counted_names
from firmware_bridge.local.server import ControlServer, SocketError
from firmware_bridge.neighbours.neighbourhood import Bonds as NeighbourBonds
from firmware_bridge.neighbours.neighbourhood import Neighbourhood
from firmware_bridge.runtime.desk import Desk
from firmware_bridge.runtime.keeper import Keeper, unkept
from firmware_bridge.runtime.loop import Hands, Loop, Remember, Write
from firmware_bridge.runtime.notify import NOBODY, Notifier
from firmware_bridge.runtime.releasing import Bonds as ReleaseBonds
from firmware_bridge.runtime.releasing import Releasing
from firmware_bridge.runtime.remembering import remember, remembered
from firmware_bridge.runtime.watch import Watch
from firmware_bridge.runtime.wiring import MakePort, Wiring, make_port
from firmware_bridge.store import outbox
from firmware_bridge.store.applied import Finding
from firmware_bridge.store.clock_trust import (
    ClockFinding,
    believed_at,
    boot_id,
    keep_finding,
    newest_known,
    trusted,
)
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.entries import Limits
from firmware_bridge.store.keys import BridgeKeys, KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.newest_events import newest_at
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.records import writing_for
from firmware_bridge.store.sealed_keys import SealedKeys
from firmware_bridge.store.space import give_up_reserve
from firmware_bridge.store.state_lock import StateDirectoryError, only_one
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
    """What a test replaces: the clock, the making of ports, what names this boot, and who hears that we live."""

    clock: Clock
    make_port: MakePort = make_port
    boot_id: Callable[[], str] = boot_id
    notifier: Notifier = NOBODY


class Bridge:
    """One bridge in this process. ``start`` and ``stop`` once each, or use it as a context manager."""

    def __init__(self, config: Config, around: Surroundings) -> None:
        """Nothing is opened before :meth:`start`."""
        self.config = config
        self._clock = around.clock
        self._around = around
        self._closing = ExitStack()
        self._desk: Desk | None = None
        self._watching: Watch | None = None
        self._keeper = Keeper(around.clock)
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
            except (TrustError, KeyFileError, MemoryFullError, SocketError, StateDirectoryError) as error:
                raise StartError(str(error)) from error
            except OSError as error:
                place = error.filename or self.config.state_dir
                raise StartError(f"{place} cannot be used: {error.strerror or error}.") from error
            self._closing = undo.pop_all()
        self._around.notifier.ready(self.summary())

    def _start(self, undo: ExitStack) -> None:
        state = self.config.state_dir
        trust = read_trust(state)
        undo.enter_context(only_one(state))
        key_store = KeyStore(state / "keys")
        keys = key_store.load()
        key_store.read_ahead()  # a Policy that comes later must not have the doors' thread wait for the disk
        moment = self._clock.moment()
        memory = BridgeMemory(state, moment.at)
        undo.callback(memory.close)
        self._make_room_for(memory)
        documents = Documents(state / "documents", trust, keys, memory, self._keeper.hand_over)
        findings = documents.load(moment.at)
        recorder = self._recorder(trust)
        recorder.start()
        undo.callback(recorder.stop)
        self.recorder, self.documents = recorder, documents
        self._run(undo, trust, keys, key_store, memory, findings)

    def _make_room_for(self, memory: BridgeMemory) -> None:
        """Give up the reserve on a disk that is full at the start; if that is not enough, the keeper goes on trying."""
        if memory.read_only:
            give_up_reserve(self.config.state_dir / outbox.NAME)
            with suppress(MemoryFullError):
                memory.reopen()

    def _recorder(self, trust: Trust) -> Recorder:
        config = self.config
        limits = Limits(config.events_days, config.events_count, config.min_free_mb * 1024 * 1024)
        writing = writing_for(trust.bridge)
        path = config.state_dir / outbox.NAME
        return Recorder(path, writing, self._clock, limits, heard=self._heard, clock_trusted=self._clock_trusted)

    def _clock_trusted(self) -> bool:
        return self._watching is not None and self._watching.clock_trusted

    def _run(
        self,
        undo: ExitStack,
        trust: Trust,
        keys: BridgeKeys,
        key_store: KeyStore,
        memory: BridgeMemory,
        findings: tuple[Finding, ...],
    ) -> None:
        keeper = self._keeper
        keeper.start()
        undo.callback(keeper.stop)
        wiring = Wiring(self.config, key_store, self._around.make_port, self.emit, self._clock)
        if memory.read_only:
            keeper.keep(memory.reopen, wait_s=0.0)  # first of all that waits, once the disk can be written again
        storing = not memory.read_only and not self.recorder.trouble
        watch = self._watch(memory, wiring, lambda: not (memory.read_only or self.recorder.trouble or self.unkept))
        now = int(self._clock.moment().at.timestamp())
        boot = self._around.boot_id()
        controller = Controller(remembered(memory, now, boot, trusted=watch.clock_trusted, storing=storing))
        prove = self._prover(memory)
        hands = Hands(
            controller, wiring, self.recorder, keeper, self._writer(memory), self._clock, watch, prove, self._end
        )
        desk = Desk(self.documents, self.recorder, keeper, self._clock, watch)
        self._loop = Loop(hands, desk.kept, desk.changed)
        desk.loop, desk.taps = self._loop, wiring.taps
        desk.releasing = Releasing(
            ReleaseBonds(
                self.documents,
                memory,
                keys,
                self._clock,
                desk.apply,
                desk.tell,
                lambda: controller.policy,
                self._keeper.hand_over,
            )
        )
        desk.server = ControlServer(self.config.control_socket, desk)
        self._desk = desk
        desk.server.start()
        undo.callback(desk.server.stop)
        self._tell_start(findings, keys, trust)
        self._open_doors(controller, wiring)
        undo.callback(self._rest, controller, wiring)
        self._loop.start()
        self._connect(undo, desk, keys, key_store)
        self._meet_neighbours(undo, desk, keys)

    def _connect(self, undo: ExitStack, desk: Desk, keys: BridgeKeys, key_store: KeyStore) -> None:
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
            SealedKeys(self.config.state_dir, self.documents.trust, key_store, self.config.source),
            None if self.config.neighbours is None else self.config.neighbours.address,
        )
        uplink = Uplink(self.config.service, self.documents, self.recorder, self._clock, bonds)
        desk.uplink = uplink
        undo.callback(uplink.stop)
        uplink.start()

    def _meet_neighbours(self, undo: ExitStack, desk: Desk, keys: BridgeKeys) -> None:
        """Tell the site's other bridges of emergencies and hear theirs; the doors need nothing of it."""
        key = SigningKey(self.documents.trust.bridge, keys.signing)
        bonds = NeighbourBonds(desk.hear, desk.silent_s, desk.tell, key)
        neighbours = Neighbourhood(self.config.neighbours, self.documents, self._clock, bonds)
        desk.neighbours = neighbours
        undo.callback(neighbours.stop)
        neighbours.start()

    def _open_doors(self, controller: Controller, wiring: Wiring) -> None:
        """Bring each door to its effective state; only then are readers listened to."""
        policy = self.documents.policy
        moment = self._clock.moment()
        if policy is not None:
            wiring.connect(policy)
        held = self.documents.held.entries
        self._loop.carry_out(controller.start(moment, policy, self.documents.orders(), held), moment)
        wiring.start()
        self.notes = (*wiring.doubts, *(sentence for _, sentence in counted_names(self.config.ports)))
        if policy is None:
            note = "There is no Policy yet: every card is refused and no door is touched. Apply one."
            self.notes = (note, *self.notes)

    def _watch(self, memory: BridgeMemory, wiring: Wiring, storing: Callable[[], bool]) -> Watch:
        proof = memory.clock_proof()
        newest = newest_known(self.documents.newest(), newest_at(self.config.state_dir / outbox.NAME), proof)
        boot = self._around.boot_id()
        self._watching = Watch(
            wiring,
            clock_trusted=trusted(proof, boot, self._clock.moment(), newest),
            newest_known=newest,
            believed_at=believed_at(proof, boot),
            notifier=self._around.notifier,
            summary=self.summary,
            storing=storing,
        )
        return self._watching

    def _tell_start(self, findings: tuple[Finding, ...], keys: BridgeKeys, trust: Trust) -> None:
        moment = self._clock.moment()
        for finding in findings:
            self._loop.carry_out([RecordEvent(_FINDINGS[finding.kind], detail={"why": finding.sentence})], moment)
        _log.info("Bridge %s at site %s, key %s.", trust.bridge, trust.site, keys.public.hex())
        self._loop.carry_out([RecordEvent(EventCode.BRIDGE_STARTED)], moment)

    def _writer(self, memory: BridgeMemory) -> Write:
        def write(command: Remember) -> Callable[[], None]:
            match command:
                case RaiseDirective():
                    return self._raise(command.directive)
                case _:
                    return lambda: remember(command, memory, self._around.boot_id)

        return write

    def _raise(self, directive: Directive) -> Callable[[], None]:
        try:
            return self.documents.raise_directive(directive, self._loop.policy)
        except Refused as error:
            refused = error

        def say_why() -> None:  # on the keeper's thread, so that the doors' thread goes on
            raise refused

        return say_why

    def _end(self, command: EndEmergency) -> None:
        """On a thread of its own: the keeper's may wait for the disk, and the doors' must not wait for the keeper."""
        if self._desk is not None:
            target = self._desk.release_by_two
            threading.Thread(target=target, args=(command,), name="release-by-two", daemon=True).start()

    def _prover(self, memory: BridgeMemory) -> Callable[[ClockFinding], Callable[[], None]]:
        return lambda finding: lambda: keep_finding(memory, self._around.boot_id(), finding)

    def emit(self, event: Event) -> None:
        """Put an event on the one queue; safe from any thread, never blocks."""
        self._loop.put(event)

    def _heard(self, record: bytes) -> None:
        if self._desk is not None:
            self._desk.heard(record)

    def _rest(self, controller: Controller, wiring: Wiring) -> None:
        """Stop in this order: no more events, locks to rest, the last event."""
        self._loop.stop()
        wiring.stop()
        self._loop.carry_out([controller.counted(), RecordEvent(EventCode.BRIDGE_STOPPED)], self._clock.moment())

    @property
    def unkept(self) -> bool:
        """As :func:`firmware_bridge.runtime.keeper.unkept` says of this bridge."""
        return unkept(self._keeper, self.recorder)

    def summary(self) -> str:
        """What it looks after, in a sentence."""
        policy = self.documents.policy
        doors = 0 if policy is None else len(policy.doors)
        return f"The bridge is ready: {doors} doors on {len(self.config.ports)} ports.{self._disk()}"

    def _disk(self) -> str:
        if not self.recorder.trouble:
            return " THE DISK HAS NOT TAKEN ALL OF IT: a restart forgets the rest." if self.unkept else ""
        state = "CAN ONLY BE READ" if self.recorder.read_only else "TAKES NOTHING"
        return f" THE DISK {state}: {self.recorder.waiting()} events wait in memory, and a restart forgets them."

    def stop(self) -> None:
        """Bring every output to its safe state, close everything, and leave the mark of an orderly stop."""
        self._around.notifier.stopping()
        self._closing.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
