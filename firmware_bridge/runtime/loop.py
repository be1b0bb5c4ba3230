"""The one thread that owns all state: takes events from the queue, asks the controller, carries its commands out.

Lock commands of an emergency reach their ports before anything else is done. Whatever must be recorded before a lock
moves, or before an emergency is kept, is waited for, but not longer than 50 ms; no other event is waited for at all.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from access_control.core.decision.model import Policy
from access_control.core.wire.events import EventCode, Severity, severity_of, words_of
from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import (
    AskEmergency,
    Command,
    DriveOutput,
    EndEmergency,
    Kept,
    RaiseDirective,
    RecordEvent,
    RememberPolicyAge,
    RememberPress,
    ShowAtReader,
    Urgency,
)
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    ClockJudged,
    EmergencyAsked,
    Event,
    Moment,
    PolicyAccepted,
    StorageJudged,
    TimePassed,
)
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.status import BridgeStatus
from firmware_bridge.runtime.keeper import Keeper, Task
from firmware_bridge.runtime.remembering import kind_of
from firmware_bridge.runtime.watch import NotAccepted, Watch
from firmware_bridge.runtime.wiring import Wiring
from firmware_bridge.store.clock_trust import ClockFinding, Said
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.uuid7 import uuid7
from firmware_bridge.uplink.service_time import ServiceTime

IDLE_S: Final = 1.0
_LOUD: Final = (Severity.WARNING, Severity.ALARM, Severity.CRITICAL)
FAULT_PAUSE_S: Final = 0.01
_log = logging.getLogger(__name__)

Remember = Kept | RaiseDirective
Write = Callable[[Remember], Callable[[], None]]
"""What the keeper does for a command; made on the loop's thread, called on the keeper's.

A directive is signed and can be told to everybody once this is made: only its copy has to wait for the disk.
"""


@dataclass(slots=True, eq=False)
class StatusAsked:
    """Somebody wants to know; answered between two events, so that it is true of one instant."""

    status: BridgeStatus | None = None
    answered: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class ClockAccepting:
    """A person says that the clock is right; ``kept`` keeps that, or ``refused`` says why it is not taken."""

    by: str
    confirmed: bool
    refused: NotAccepted | None = None
    kept: Task | None = None
    answered: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Told:
    """Something to record that the controller does not have to know."""

    moment: Moment
    record: RecordEvent


@dataclass(frozen=True, slots=True)
class _Stop:
    """The loop ends."""


Item = Event | StatusAsked | ClockAccepting | Told | ServiceTime | _Stop


@dataclass(frozen=True, slots=True)
class Hands:
    """What the loop works with."""

    controller: Controller
    wiring: Wiring
    recorder: Recorder
    keeper: Keeper
    write: Write
    clock: Clock
    watch: Watch
    prove: Callable[[ClockFinding], Callable[[], None]] = lambda _: lambda: None
    """What keeps a proof or a doubt of the clock on the disk; made on the loop's thread, called on the keeper's."""
    end: Callable[[EndEmergency], None] = lambda _: None
    """What two people agreed on at a reader; never blocks."""


class Loop:
    """The queue and the thread."""

    def __init__(self, hands: Hands, kept: Callable[[RaiseDirective, Task], None], changed: Callable[[], None]) -> None:
        """Nothing runs before :meth:`start`.

        Args:
            hands: What commands are carried out with.
            kept: Called when a directive of this bridge is in force, with the task that keeps it.
            changed: Called after each event; it must not block.
        """
        self._hands = hands
        self._kept = kept
        self._changed = changed
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._faults = Limiter(10, 60.0)
        self._never = threading.Event()
        self._thread = threading.Thread(target=self._looping, name="controller", daemon=True)

    @property
    def policy(self) -> Policy | None:
        """What the doors go by now; safe from any thread."""
        return self._hands.controller.policy

    def put(self, item: Item) -> None:
        """Queue an event; safe from any thread, never blocks."""
        self._queue.put(item)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Take what is queued already and end the thread."""
        self._queue.put(_Stop())
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def status(self, timeout_s: float = 5.0) -> BridgeStatus | None:
        """Everything, as of one instant; ``None`` if the loop does not answer in time."""
        asked = StatusAsked()
        self._queue.put(asked)
        asked.answered.wait(timeout_s)
        return asked.status

    def carry_out(self, commands: Sequence[Command], moment: Moment) -> None:
        """Carry commands out in their order, but an emergency's locks first of all and lights last.

        On a line that carries both, a lock does not wait for a lamp.
        """
        commands = _kept_last(_lights_last(self._with_emergencies(commands, moment)))
        for command in commands:
            if isinstance(command, DriveOutput) and command.urgency is Urgency.EMERGENCY:
                self._hands.wiring.submit(command)
        unsure: Entry | None = None
        for command in commands:
            match command:
                case RecordEvent():
                    unsure = self._record(command, moment)
                case DriveOutput() if command.urgency is Urgency.EMERGENCY:
                    pass
                case DriveOutput():
                    if unsure is not None:
                        self._hands.recorder.wait_for(unsure)
                        unsure = None
                    self._hands.wiring.submit(command)
                case ShowAtReader():
                    self._hands.wiring.submit(command)
                case RememberPolicyAge():
                    self._hands.keeper.keep(self._hands.write(command), wait_s=0.0, kind=kind_of(command))
                case AskEmergency():
                    pass
                case EndEmergency():
                    self._hands.end(command)
                case RaiseDirective():
                    if unsure is not None:
                        self._hands.recorder.wait_for(unsure)
                        unsure = None
                    self._remember(command)
                case _:
                    self._remember(command)

    def _with_emergencies(self, commands: Sequence[Command], moment: Moment) -> Sequence[Command]:
        """The commands, and those of the emergencies that they ask for: the locks of these come first as well."""
        asked = [command for command in commands if isinstance(command, AskEmergency)]
        if not asked:
            return commands
        found = list(commands)
        for one in asked:
            made = uuid7(moment.at)
            event = EmergencyAsked(moment, made, one.action, one.scope, one.by, drill=False, input=one.input)
            found += self._hands.controller.handle(event)
        return found

    def _remember(self, command: Remember) -> None:
        kind = None if isinstance(command, RaiseDirective) else kind_of(command)
        task = self._hands.keeper.keep(self._hands.write(command), kind=kind)
        if isinstance(command, RaiseDirective):
            self._kept(command, task)

    def _record(self, record: RecordEvent, moment: Moment) -> Entry:
        entry = Entry(
            code=record.code,
            at=moment.at,
            door=record.door,
            reader=record.reader,
            holder=record.holder,
            drill=record.drill,
            detail=record.detail,
            mono_s=moment.mono_s,
        )
        self._hands.recorder.hand_over(entry)
        if record.detail.get("why") and severity_of(record.code) in _LOUD:
            _log.warning("%s", words_of(record.code, record.detail))  # whoever started the bridge by hand looks here
        return entry

    def _looping(self) -> None:
        while True:
            try:
                item = self._next()
                if isinstance(item, _Stop):
                    return
                self._take(item)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not stop the doors
                self._tell_fault(error)
                # One that comes again at once must not take all the time that the ports need.
                self._never.wait(FAULT_PAUSE_S)

    def _tell_fault(self, error: Exception) -> None:
        moment = self._hands.clock.moment()
        unreported = self._faults.take(moment.mono_s)
        if unreported is not None:
            _log.error("The bridge met a fault of its own and goes on.", exc_info=error)
            why = f"{type(error).__name__}: {error}"[:500]
            detail: dict[str, str | int] = {"why": why} | ({"unreported": unreported} if unreported else {})
            self._record(RecordEvent(EventCode.CONTROLLER_FAULT, detail=detail), moment)

    def _take(self, item: Item) -> None:
        controller = self._hands.controller
        if not isinstance(item, StatusAsked | ClockAccepting | ServiceTime | _Stop):
            self._notice(item.moment)
        match item:
            case StatusAsked():
                self._look()  # who asks all the time leaves no pause in which the clock would be looked at
                item.status = controller.status(self._hands.clock.monotonic_s())
                item.answered.set()
                return
            case ClockAccepting():
                self._accept(item)
            case Told():
                self._record(item.record, item.moment)
            case ServiceTime():
                self._compare(item)
            case _Stop():
                return
            case PolicyAccepted():
                self._hands.wiring.connect(item.policy)
                self.carry_out(controller.handle(item), item.moment)
                self._hands.wiring.start()
            case _:
                self.carry_out(controller.handle(item), item.moment)
        self._look()
        self._changed()

    def _look(self) -> None:
        moment = self._hands.clock.moment()
        self._prove(self._hands.watch.look(moment, self._judge, lambda record: self.carry_out([record], moment)))

    def _notice(self, moment: Moment) -> None:
        self._hands.watch.notice(moment, self._judge, lambda record: self.carry_out([record], moment))

    def _compare(self, time: ServiceTime) -> None:
        self._prove(self._hands.watch.compare(time, self._judge, lambda record: self.carry_out([record], time.heard)))

    def _accept(self, asked: ClockAccepting) -> None:
        moment = self._hands.clock.moment()
        self._notice(moment)
        found = self._hands.watch.accept(
            moment,
            asked.by,
            self._judge,
            lambda record: self.carry_out([record], moment),
            confirmed=asked.confirmed,
        )
        if isinstance(found, ClockFinding):
            asked.kept = self._prove(found)
        else:
            asked.refused = found
        asked.answered.set()

    def _prove(self, found: ClockFinding | None) -> Task | None:
        if found is None:
            return None
        # The next proof, a moment later, takes the place of the last one; of an acceptance there may be no other.
        kind = ("clock", found.said is Said.ACCEPTED)
        return self._hands.keeper.keep(self._hands.prove(found), wait_s=0.0, kind=kind)

    def _judge(self, judged: ClockJudged | StorageJudged) -> None:
        """At once: in the queue, a newer proof could come before an older doubt."""
        self.carry_out(self._hands.controller.handle(judged), judged.moment)

    def _next(self) -> Item:
        deadline = self._hands.controller.next_deadline_s()
        wait_s = IDLE_S if deadline is None else min(IDLE_S, deadline - self._hands.clock.monotonic_s())
        try:
            return self._queue.get(timeout=wait_s) if wait_s > 0 else self._queue.get_nowait()
        except queue.Empty:
            return TimePassed(self._hands.clock.moment())


def _kept_last(commands: Sequence[Command]) -> Sequence[Command]:
    """The commands, but an emergency is kept after its events: what a start finds in force was told before."""
    if not any(isinstance(command, RaiseDirective) for command in commands):
        return commands
    kept = [command for command in commands if isinstance(command, RaiseDirective | RememberPress)]
    return [command for command in commands if not isinstance(command, RaiseDirective | RememberPress)] + kept


def _lights_last(commands: Sequence[Command]) -> Sequence[Command]:
    return sorted(commands, key=lambda command: isinstance(command, ShowAtReader))
