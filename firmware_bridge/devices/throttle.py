"""What one port may put into the bridge's one queue, however mad the devices on it are.

The same queue carries emergencies, exits and cards from elsewhere, so nobody may fill it at will: more reads than
people can present are counted and told in one alarm, and of a state that flaps only the newest passes, a little later;
an input says so then, since what comes at this pace looks as if it held still.
Proofs, failures and links are answers to what this bridge asked, and as many as that.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Final

from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardLinkChanged,
    BoardTampered,
    CardPresented,
    DevicePowered,
    Event,
    InputChanged,
    KeysPressed,
    LineJabbers,
    LinkAlarm,
    LinkState,
    Moment,
    PortChanged,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
    TextScanned,
)
from firmware_bridge.controller.limits import Bucket, Rate
from firmware_bridge.ports import Emit

READS_PER_S: Final = 10.0
READS_AT_ONCE: Final = 20
"""Cards, keys and scans of one reader: faster than anybody types or badges."""
CHANGES_PER_S: Final = 4.0
CHANGES_AT_ONCE: Final = 10
"""Changes of one input or tamper switch: a bouncing contact has settled long before these are used up."""
ALARMS_PER_S: Final = 1.0
ALARMS_AT_ONCE: Final = 6
"""Alarms of one kind on one device; the controller records fewer still."""
TELL_AFTER_S: Final = 1.0
TELL_EVERY_S: Final = 60.0
_TOO_MANY: Final = (
    "{} reads came faster than anybody can present them, and nothing was done with them. "
    "Look what is at the reader; if nothing is, exchange it."
)

_State = InputChanged | ReaderTampered | BoardTampered | DevicePowered


@dataclass(slots=True)
class _Excess:
    """Reads that were thrown away; told at ``due_s`` if there are any."""

    due_s: float
    count: int = 0


class Throttle:
    """Stands between one port's thread, the only one to use it, and the queue."""

    def __init__(self, emit: Emit) -> None:
        """``emit`` takes what passes."""
        self._emit = emit
        self._allowances: dict[Hashable, Bucket] = {}
        self._held: dict[Hashable, _State] = {}
        self._excess: dict[int, _Excess] = {}

    def __call__(self, event: Event) -> None:
        """Take an event of the port."""
        match event:
            case TextScanned() | CardPresented() | KeysPressed():
                self._read(event)
            case InputChanged() | ReaderTampered() | BoardTampered() | DevicePowered():
                self._state(event)
            case ReaderAlarmed() | BoardAlarmed():
                if self._may(_device(event), Rate(ALARMS_AT_ONCE, ALARMS_PER_S), event.moment.mono_s):
                    self._emit(event)
            case _:
                self._forget_lost(event)
                self._emit(event)

    def flush(self, moment: Moment) -> None:
        """Pass on what had to wait and tell what was thrown away; the port's thread calls it in every turn."""
        for key, event in tuple(self._held.items()):
            if self._may(key, Rate(CHANGES_AT_ONCE, CHANGES_PER_S), moment.mono_s):
                del self._held[key]
                self._emit(self._marked(key, replace(event, moment=moment)))
        for reader, excess in tuple(self._excess.items()):
            if moment.mono_s < excess.due_s:
                continue
            if not excess.count:
                del self._excess[reader]
                continue
            why = _TOO_MANY.format(excess.count)
            excess.count, excess.due_s = 0, moment.mono_s + TELL_EVERY_S
            self._emit(ReaderAlarmed(moment, reader, LinkAlarm.GARBAGE, why))

    def _may(self, key: Hashable, rate: Rate, now: float) -> bool:
        allowance = self._allowances.get(key)
        if allowance is None:
            allowance = self._allowances[key] = Bucket(rate, now)
        return allowance.take(now)

    def _read(self, event: TextScanned | CardPresented | KeysPressed) -> None:
        now = event.moment.mono_s
        if self._may(event.reader, Rate(READS_AT_ONCE, READS_PER_S), now):
            self._emit(event)
        else:
            self._excess.setdefault(event.reader, _Excess(now + TELL_AFTER_S)).count += 1

    def _state(self, event: _State) -> None:
        key = _device(event)
        if self._may(key, Rate(CHANGES_AT_ONCE, CHANGES_PER_S), event.moment.mono_s):
            self._held.pop(key, None)
            self._emit(self._marked(key, event))
        else:
            self._held[key] = event

    def _marked(self, key: Hashable, event: _State) -> _State:
        """An input of which the next change would have to wait is restless: nobody will hear of each any more."""
        if isinstance(event, InputChanged) and self._allowances[key].spent:
            return replace(event, restless=True)
        return event

    def _forget_lost(self, event: Event) -> None:
        """Inputs of a device that is lost are told anew when it is back; what they were before must not come later."""
        match event:
            case PortChanged(up=False) | LineJabbers(jabbers=True):
                self._drop_inputs(None)
            case BoardLinkChanged() | ReaderLinkChanged() if event.state in (LinkState.DOWN, LinkState.CLEAR):
                self._drop_inputs(event)
            case _:
                pass

    def _drop_inputs(self, lost: BoardLinkChanged | ReaderLinkChanged | None) -> None:
        for key, held in tuple(self._held.items()):
            if isinstance(held, InputChanged) and (lost is None or _is_of(held, lost)):
                del self._held[key]


def _is_of(held: InputChanged, lost: BoardLinkChanged | ReaderLinkChanged) -> bool:
    number = lost.board if isinstance(lost, BoardLinkChanged) else lost.reader
    of_board = isinstance(lost, BoardLinkChanged)
    return held.point.device == number and (held.point.kind is DeviceKind.BOARD) is of_board


def _device(event: _State | ReaderAlarmed | BoardAlarmed) -> Hashable:
    """What an event is about: an input, a device's switch or supply, or one kind of alarm on a device."""
    match event:
        case InputChanged(point=point):
            return InputChanged, point
        case DevicePowered(device=device):
            return DevicePowered, device
        case ReaderTampered(reader=number):
            return ReaderTampered, number
        case BoardTampered(board=number):
            return BoardTampered, number
        case ReaderAlarmed(reader=number, alarm=alarm):
            return ReaderAlarmed, number, alarm
        case BoardAlarmed(board=number, alarm=alarm):
            return BoardAlarmed, number, alarm
