"""A reader, or an input and output module, apart from its link: cards, keys, LED, inputs, outputs, tamper, power.

Sans-IO: it is handed commands and the time, and moves its relays in a :class:`World`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from access_control.core.credentials.bits import Bits
from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskIdentity,
    AskInputs,
    AskLocalStatus,
    AskOutputs,
    AskReaders,
    Buzz,
    Command,
    KeepActive,
    OutputControl,
    OutputOrder,
    PanelReceiveSize,
    Poll,
    SetOutputs,
    ShowText,
)
from firmware_bridge.protocol.osdp.lights import SetLeds
from firmware_bridge.protocol.osdp.replies import (
    INPUT_CUT,
    INPUT_SHORTED,
    Ack,
    Capabilities,
    Capability,
    Function,
    Identity,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    NakCode,
    OutputStatus,
    RawCard,
    ReaderStatus,
    Reply,
)
from firmware_bridge.simulator.config import CheckKind, ReaderConfig
from firmware_bridge.simulator.face import Face
from firmware_bridge.simulator.world import World

_TENTH_S = 0.1
_KEY_CODES = {"*": 0x7F, "#": 0x0D}
_RECEIVE_SIZE = 1024
_WAITING = 32
_DONE = Ack()


class ReaderHead:
    """What a reader is and does; :class:`firmware_bridge.simulator.peripheral.Peripheral` is how it speaks."""

    def __init__(self, config: ReaderConfig, world: World, kind: DeviceKind = DeviceKind.READER) -> None:
        self.config = config
        self.kind = kind
        self.name = str(config.id) if kind is DeviceKind.READER else f"board {config.id}"
        self.words = ""
        heads = (config.id,) if config.second_head is None else (config.id, config.second_head)
        self.faces = [Face(partial(self._show, world, reader)) for reader in heads]
        self.has_key = config.key is not None
        self.tampered = False
        self.power_failed = False
        self.outputs = [False] * config.outputs
        self._permanent = [False] * config.outputs
        self._timed_until_s: list[float | None] = [None] * config.outputs
        self._world = world
        self._waiting: deque[Reply] = deque(maxlen=_WAITING)

    @staticmethod
    def _show(world: World, reader: int, what: str, how: str) -> None:
        world.tell(what, reader=reader, shows=how)

    @property
    def face(self) -> Face:
        """What its first head shows."""
        return self.faces[0]

    def point(self, index: int) -> Point:
        """An input or output of this reader, as Policy names it."""
        return Point(self.kind, self.config.id, index)

    def present(self, bits: Bits, head: int = 0) -> None:
        """Hold a card to one of its heads."""
        self._waiting.append(RawCard(head, 0, bits))

    def press(self, keys: str, head: int = 0) -> None:
        """Type on a keypad: digits, ``*`` and ``#``."""
        self._waiting.append(Keypad(head, bytes(_KEY_CODES.get(key, ord(key)) for key in keys)))

    def set_tampered(self, tampered: bool) -> None:
        """Open or close its housing."""
        if tampered != self.tampered:
            self.tampered = tampered
            self._waiting.append(LocalStatus(self.tampered, self.power_failed))

    def set_power_failed(self, failed: bool) -> None:
        """Take its supply voltage away or give it back; it still runs."""
        if failed != self.power_failed:
            self.power_failed = failed
            self._waiting.append(LocalStatus(self.tampered, self.power_failed))

    def input_changed(self) -> None:
        """An input moved: the next poll is answered with all of them."""
        self._waiting.append(InputStatus(self._inputs()))

    def forget(self) -> None:
        """Nobody has asked for too long: what waited is gone."""
        self._waiting.clear()

    def lose_power(self, now_s: float) -> None:
        """Relays drop, the LED goes dark, what waited is gone."""
        self.forget()
        for face in self.faces:
            face.dark(now_s)
        for index in range(self.config.outputs):
            self._permanent[index], self._timed_until_s[index] = False, None
            self._move(index, on=False, by="power")

    def execute(self, command: Command, now_s: float) -> Reply:
        """Do what a command says."""
        match command:
            case Poll():
                return self._waiting.popleft() if self._waiting else _DONE
            case AskIdentity():
                return Identity(b"\x5c\x26\x23", 1, 1, self.config.id, (1, 0, 0))
            case AskCapabilities():
                return self._capabilities()
            case AskLocalStatus():
                return LocalStatus(self.tampered, self.power_failed)
            case AskInputs():
                return InputStatus(self._inputs())
            case AskOutputs():
                return OutputStatus(tuple(map(int, self.outputs)))
            case AskReaders():
                return ReaderStatus((2 if self.tampered else 0,) * len(self.faces))
            case SetOutputs(orders):
                return self._set_outputs(orders, now_s)
            case SetLeds(orders):
                if any(order.reader >= len(self.faces) for order in orders):
                    return Nak(NakCode.UNABLE)
                for order in orders:
                    face = self.faces[order.reader]
                    self._later(face.led(order, now_s), face.refresh)
                return _DONE
            case Buzz():
                if command.reader >= len(self.faces):
                    return Nak(NakCode.UNABLE)
                self.faces[command.reader].buzz(command, now_s)
                return _DONE
            case ShowText():
                self.words = command.text.decode("ascii", "replace").rstrip()
                return _DONE
            case PanelReceiveSize() | KeepActive():
                return _DONE
            case _:
                return Nak(NakCode.UNKNOWN_COMMAND)

    def _capabilities(self) -> Capabilities:
        size = _RECEIVE_SIZE.to_bytes(2, "little")
        config = self.config
        items = [
            Capability(Function.INPUTS, 3 if config.supervised else 1, config.inputs),
            Capability(Function.OUTPUTS, 2 if self.kind is DeviceKind.READER else 4, config.outputs),
            Capability(Function.CHECK, int(config.check is CheckKind.CRC), 0),
            Capability(Function.SECURITY, 1, int(not self.has_key)),
            Capability(Function.RECEIVE_SIZE, size[0], size[1]),
        ]
        if self.kind is DeviceKind.READER:
            items += [
                Capability(Function.CARD_FORMAT, 1, 0),
                Capability(Function.LED, 4, 1),
                Capability(Function.BUZZER, 2, 1),
                Capability(Function.READERS, 0, len(self.faces)),
            ]
        if config.display:
            items.append(Capability(Function.TEXT, 1, 1))
        if config.smart_cards:
            items.append(Capability(Function.SMART_CARD, 1, 0))
        return Capabilities(tuple(sorted(items, key=lambda item: item.function)))

    def _inputs(self) -> tuple[int, ...]:
        return tuple(self._input(self.point(i)) for i in range(self.config.inputs))

    def _input(self, point: Point) -> int:
        if self.config.supervised and point in self._world.cut:
            return INPUT_CUT
        if self.config.supervised and point in self._world.shorted:
            return INPUT_SHORTED
        return int(self._world.inputs.get(point, False))

    def _set_outputs(self, orders: tuple[OutputOrder, ...], now_s: float) -> Reply:
        if any(order.output >= self.config.outputs for order in orders):
            return Nak(NakCode.UNABLE)
        for order in orders:
            self._set_output(order, now_s)
        return _DONE

    def _set_output(self, order: OutputOrder, now_s: float) -> None:
        i = order.output
        match order.control:
            case OutputControl.ON | OutputControl.OFF:
                self._permanent[i], self._timed_until_s[i] = order.control is OutputControl.ON, None
            case OutputControl.OFF_AFTER_TIMER | OutputControl.ON_AFTER_TIMER:
                self._permanent[i] = order.control is OutputControl.ON_AFTER_TIMER
            case OutputControl.ON_FOR_TIMER | OutputControl.OFF_FOR_TIMER if order.timer:
                until_s = now_s + order.timer * _TENTH_S
                self._timed_until_s[i] = until_s
                self._later(until_s, partial(self._timer_over, i))
                self._move(i, on=order.control is OutputControl.ON_FOR_TIMER, by="command")
            case _:
                pass
        if self._timed_until_s[i] is None:
            self._move(i, on=self._permanent[i], by="command")

    def _timer_over(self, index: int, now_s: float) -> None:
        until_s = self._timed_until_s[index]
        if until_s is not None and now_s >= until_s:
            self._timed_until_s[index] = None
            self._move(index, on=self._permanent[index], by="timer")

    def _later(self, when_s: float | None, action: Callable[[float], None]) -> None:
        if when_s is not None:
            self._world.at(when_s, lambda: action(self._world.clock.monotonic_s()))

    def _move(self, index: int, *, on: bool, by: str) -> None:
        if self.outputs[index] != on:
            self.outputs[index] = on
            self._world.relay_commanded(self.point(index), on, by)
