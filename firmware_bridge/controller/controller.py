"""The bridge's brain: events in, commands out. Pure: no clock, no thread, no disk, no line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from access_control.core.decision.model import DeviceKind, Orders, Policy
from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.admission import Admission
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.commands import Command, DriveOutput, Indication, RememberCycles, ShowAtReader
from firmware_bridge.controller.cycles import Cycles
from firmware_bridge.controller.devices import Devices
from firmware_bridge.controller.documents import Documents
from firmware_bridge.controller.events import (
    AlarmAcknowledged,
    BoardAlarmed,
    BoardLinkChanged,
    BoardTampered,
    CardPresented,
    ClockJudged,
    DevicePowered,
    DirectiveHeard,
    DocumentRefused,
    EmergencyAsked,
    Event,
    FireReset,
    InputChanged,
    KeysPressed,
    LineJabbers,
    LinkState,
    Moment,
    OrdersAccepted,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PolicyAccepted,
    PolicyConfirmed,
    PortChanged,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
    ReleaseHeard,
    SelfTestAsked,
    StorageJudged,
    TextScanned,
    TimePassed,
    UnlockAsked,
    UplinkChanged,
)
from firmware_bridge.controller.horizon import Horizon
from firmware_bridge.controller.indications import REFUSED_S, lockdown_anywhere
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.memory import Memory
from firmware_bridge.controller.overview import overview
from firmware_bridge.controller.policy_age import PolicyAge
from firmware_bridge.controller.policy_change import Held
from firmware_bridge.controller.reader import RELEASE_KEY, ReaderMachine
from firmware_bridge.controller.self_test import SelfTests
from firmware_bridge.controller.solitude import Solitude
from firmware_bridge.controller.status import BridgeStatus
from firmware_bridge.controller.world import World


class Controller:
    """Owns the state of every door and reader of one bridge.

    Call :meth:`start` once, then :meth:`handle` with each event in the order they happened, and with
    :class:`TimePassed` when :meth:`next_deadline_s` has come. Carry the commands out in their order.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        kept = memory or Memory()
        self._world = World(
            clock_trusted=kept.clock_trusted,
            storing=kept.storing,
            passes_used=dict(kept.passes_used),
            cancelled=set(kept.cancelled),
            fires_before=set(kept.fire_inputs),
            fire_held=dict(kept.fire_held),
            forced_before=dict(kept.forced),
        )
        self._building = Building(self._world, kept.presses)
        self._documents = Documents(self._building)
        self._devices = Devices(self._building, Cycles(kept.cycles))
        self._horizon = Horizon(self._world)
        self._solitude = Solitude(self._building)
        self._age = PolicyAge(self._building, kept.policy_age)
        self._admission = Admission(self._world, self._building.doors)
        self._tests = SelfTests(self._building)
        self._strangers = Limiter(10, 60.0)
        self._now = 0.0

    def start(
        self, moment: Moment, policy: Policy | None, orders: Orders | None, held: Sequence[Held] = ()
    ) -> list[Command]:
        """Take what was kept on disk. The first commands bring every door to its effective state.

        A lockdown that was in force is in force again before any reader is listened to. ``held`` are the Policies that
        newer ones took the place of during it, oldest first, so that the newest loosens nothing after a restart either.
        """
        answer = self._answer(moment)
        if policy is not None:
            self._age.take(policy, answer)
        self._documents.restore(policy, orders, answer, held)
        self._building.alarms.run()
        self._building.settle(answer)
        commands = answer.commands()
        return sorted(commands, key=lambda command: not isinstance(command, DriveOutput))

    def handle(self, event: Event) -> list[Command]:
        """Take one event; what must be done, in order."""
        answer = self._answer(event.moment)
        try:
            self._age.look(answer)
            self._take(event, answer)
            self._documents.look(answer)
            self._building.alarms.advance(answer)
            self._advance_readers(answer)
            self._devices.pass_time(answer)
            self._horizon.look(answer)
            self._solitude.look(answer)
        except Exception as error:  # noqa: BLE001 - what was found out before the fault is still carried out
            self._building.tell_fault(error, answer)
            self._building.touch_all()
        self._building.settle(answer)
        self._tests.look(answer)
        return answer.commands()

    @property
    def policy(self) -> Policy | None:
        """What the doors go by now: in an emergency stricter than the Policy as it was signed. From any thread."""
        return self._world.policy

    def next_deadline_s(self) -> float | None:
        """When to call :meth:`handle` with :class:`TimePassed` if nothing else happens before, in monotonic seconds."""
        ends = (
            self._building.next_deadline_s(),
            self._tests.deadline(),
            self._solitude.due_s,
            self._devices.next_deadline_s(),
        )
        return min((second for second in ends if second is not None), default=None)

    def counted(self) -> RememberCycles:
        """What is to be kept at a stop: how often each output was switched on."""
        return self._devices.cycles.kept()

    def status(self, mono_s: float) -> BridgeStatus:
        """What is true at ``mono_s``: only what was proved within its limit."""
        seen = overview(self._building, self._devices.cycles, mono_s)
        return replace(seen, policy_age=self._age.status(mono_s))

    def _answer(self, moment: Moment) -> Answer:
        # Ports stamp their events themselves, so these may be a little out of order; time never runs backwards here.
        self._now = max(self._now, moment.mono_s)
        return Answer(moment, self._now)

    def _take(self, event: Event, answer: Answer) -> None:
        match event:
            case CardPresented() | TextScanned() | KeysPressed():
                self._presented(event, answer)
            case InputChanged():
                self._devices.input(event, answer)
            case OutputProved() | OutputLapsed() | OutputFailed():
                self._devices.output(event, answer)
            case ReaderLinkChanged():
                self._devices.link((DeviceKind.READER, event.reader), event.state, event.why, answer)
            case BoardLinkChanged():
                self._devices.link((DeviceKind.BOARD, event.board), event.state, event.why, answer)
            case ReaderAlarmed() | BoardAlarmed():
                self._devices.alarm(event, answer)
            case ReaderTampered() | BoardTampered():
                self._devices.tamper(event, answer)
            case DevicePowered():
                self._devices.power(event, answer)
            case PortChanged():
                self._devices.port(event, answer)
            case LineJabbers():
                self._devices.jabber(event, answer)
            case UnlockAsked() | AlarmAcknowledged() | FireReset():
                self._asked(event, answer)
            case SelfTestAsked():
                self._tests.ask(event, answer)
            case StorageJudged():
                self._world.storing = event.works
            case UplinkChanged():
                self._solitude.judge(answer, reached=event.reached)
            case TimePassed():
                pass
            case _:
                self._take_document(event, answer)

    def _take_document(
        self,
        event: PolicyAccepted
        | PolicyConfirmed
        | OrdersAccepted
        | DocumentRefused
        | DirectiveHeard
        | ReleaseHeard
        | EmergencyAsked
        | ClockJudged,
        answer: Answer,
    ) -> None:
        match event:
            case PolicyAccepted():
                self._age.take(event.policy, answer)
                self._documents.policy(event.policy, answer)
                self._age.look(answer)
            case PolicyConfirmed():
                self._age.confirm(event.revision, answer)
            case OrdersAccepted():
                self._documents.orders(event.orders, answer)
            case DocumentRefused():
                self._documents.refused(event, answer)
            case DirectiveHeard():
                self._documents.directive(event.directive, answer)
            case ReleaseHeard():
                self._documents.release(event.release, answer)
            case EmergencyAsked():
                self._documents.emergency(event, answer)
            case _:
                self._documents.clock(answer, trusted=event.trusted)
                self._age.look(answer)

    def _presented(self, event: CardPresented | TextScanned | KeysPressed, answer: Answer) -> None:
        reader = self._building.readers.get(event.reader)
        if reader is None:
            if not isinstance(event, KeysPressed):
                self._stranger(event.reader, answer)
            return
        if self._world.link((DeviceKind.READER, event.reader)) is LinkState.CLEAR:
            self._in_clear(reader, answer)
            return
        match event:
            case CardPresented():
                key = reader.key_in(event.bits)
                if key is None:
                    self._card(reader, event, answer)
                else:
                    self._keys(reader, key, answer)
            case TextScanned():
                if not reader.repeats_text(event.text, answer.now):
                    self._admission.text(reader, event.text, answer)
            case _:
                self._keys(reader, event.keys, answer)
        self._building.dirty |= {reader.reader.door} & self._building.doors.keys()

    def _keys(self, reader: ReaderMachine, keys: str, answer: Answer) -> None:
        for key in keys:
            entry = reader.key(key, answer.now)
            if entry is not None:
                self._admission.pin(reader, entry, answer)
            elif key == RELEASE_KEY:
                self._admission.release_asked(reader, answer)

    def _card(self, reader: ReaderMachine, event: CardPresented, answer: Answer) -> None:
        if reader.repeats_card(event.bits, answer.now):
            return
        waiting = reader.give_up_pin()
        if waiting is not None and waiting.bits != event.bits:
            self._admission.pin_overdue(reader, waiting, answer)
        self._admission.card(reader, event.bits, answer)

    def _stranger(self, reader: int, answer: Answer) -> None:
        unreported = self._strangers.take(answer.now)
        if unreported is not None:
            reason = Reason.DENIED_POLICY if self._world.policy is None else Reason.DENIED_UNKNOWN_READER
            answer.record(reason, reader=reader, unreported=unreported or None)
        # Nobody knows at which door it is, so it is silent while any is in a Lockdown.
        silent = lockdown_anywhere(self._world)
        answer.add(ShowAtReader(reader, Indication.REFUSED, REFUSED_S, silent))

    def _in_clear(self, reader: ReaderMachine, answer: Answer) -> None:
        unreported = reader.alarm_bounded("read_in_clear", answer.now)
        if unreported is not None:
            answer.record(
                EventCode.OSDP_SC_DOWNGRADE,
                door=reader.reader.door,
                reader=reader.reader.id,
                kind="read_in_clear",
                unreported=unreported or None,
            )

    def _asked(self, event: UnlockAsked | AlarmAcknowledged | FireReset, answer: Answer) -> None:
        machine = self._building.doors.get(event.door)
        if isinstance(event, UnlockAsked):
            self._admission.remote(machine, event.door, event.by, event.action_id, answer)
        if machine is None:
            return
        if isinstance(event, AlarmAcknowledged):
            answer.record(EventCode.DOOR_ALARM_ACKNOWLEDGED, door=event.door, by=event.by)
            machine.leaf.acknowledge(machine.door, answer)
        elif isinstance(event, FireReset) and not machine.reset_fire(event.by, answer):
            why = "The fire input is still active, or nothing is latched at this door."
            answer.record(EventCode.ACTION_REFUSED, door=event.door, by=event.by, why=why)
        self._building.dirty.add(event.door)

    def _advance_readers(self, answer: Answer) -> None:
        for reader in self._building.readers.values():
            overdue = reader.pin_overdue(answer.now)
            if overdue is not None:
                self._admission.pin_overdue(reader, overdue, answer)
            if self._admission.release_dropped(reader, answer):
                self._building.dirty |= {reader.reader.door} & self._building.doors.keys()
            if reader.lockout_over(answer.now):
                answer.record(EventCode.READER_LOCKOUT_RELEASED, door=reader.reader.door, reader=reader.reader.id)
