"""What ports, readers and boards report about themselves: links, inputs, tampering, proofs and failures."""

from __future__ import annotations

from access_control.core.decision.emergency import in_force
from access_control.core.decision.model import DeviceKind, EmergencyAction, Point
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.events import (
    InputChanged,
    InputState,
    LinkAlarm,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    ReaderAlarmed,
    ReaderTampered,
)
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.world import Device

_TROUBLE = {InputState.CUT: EventCode.INPUT_TROUBLE_OPEN, InputState.SHORT: EventCode.INPUT_TROUBLE_SHORT}
_LINK_CODES = {
    (DeviceKind.READER, True): EventCode.READER_ONLINE,
    (DeviceKind.READER, False): EventCode.READER_OFFLINE,
    (DeviceKind.BOARD, True): EventCode.BOARD_ONLINE,
    (DeviceKind.BOARD, False): EventCode.BOARD_OFFLINE,
}
_ALARM_CODES = {
    LinkAlarm.DOWNGRADE: EventCode.OSDP_SC_DOWNGRADE,
    LinkAlarm.DEFAULT_KEY: EventCode.OSDP_DEFAULT_KEY,
    LinkAlarm.WRONG_KEY: EventCode.OSDP_WRONG_KEY,
    LinkAlarm.GARBAGE: EventCode.READER_LINE_FAULT,
    LinkAlarm.NAK: EventCode.READER_LINE_FAULT,
}


class Devices:
    """Takes reports of devices into the building's state."""

    def __init__(self, building: Building) -> None:
        self._building = building
        self._world = building.world
        self._troubles: dict[Point, Limiter] = {}

    def link(self, device: Device, state: LinkState, why: str, answer: Answer) -> None:
        """A reader or board came, went, or changed how it is protected."""
        known = self._world.links.get(device)
        self._set_link(device, state, why, answer)
        if known is state:
            return
        kind, number = device
        answer.record(
            _LINK_CODES[kind, self._world.alive(device)],
            reader=number if kind is DeviceKind.READER else None,
            board=number if kind is DeviceKind.BOARD else None,
            link=state.value,
            why=why,
        )

    def _set_link(self, device: Device, state: LinkState, why: str, answer: Answer) -> None:
        self._world.links[device] = state
        self._world.whys[device] = why
        if not self._world.alive(device):
            for point in [point for point in self._world.inputs if (point.kind, point.device) == device]:
                del self._world.inputs[point]
        for machine in self._building.doors.values():
            if machine.link_changed(device, answer):
                self._building.dirty.add(machine.door.id)
        reader = self._building.readers.get(device[1]) if device[0] is DeviceKind.READER else None
        if reader is not None:
            # What it showed is forgotten with its power: show it again when it answers.
            reader.shown = None
            self._building.dirty |= {reader.reader.door} & self._building.doors.keys()

    def port(self, event: PortChanged, answer: Answer) -> None:
        """A serial port came or went, and with it everything on it."""
        known = self._building.ports.get(event.port)
        self._building.ports[event.port] = event.up, event.why
        if not event.up:
            for device in self._devices_on(event.port):
                self._set_link(device, LinkState.DOWN, event.why, answer)
        if event.up and known is not None and not known[0]:
            answer.record(EventCode.PORT_RESTORED, port=event.port)
        if not event.up and (known is None or known != (False, event.why)):
            answer.record(EventCode.PORT_LOST, port=event.port, why=event.why)

    def _devices_on(self, port: str) -> list[Device]:
        policy = self._world.policy
        if policy is None:
            return []
        readers = [(DeviceKind.READER, reader.id) for reader in policy.readers.values() if reader.port == port]
        return readers + [(DeviceKind.BOARD, board.id) for board in policy.boards.values() if board.port == port]

    def input(self, event: InputChanged, answer: Answer) -> None:
        """An input was seen in a state."""
        point, state = event.point, event.state
        before = self._world.inputs.get(point)
        self._world.inputs[point] = state
        doors = self._building.doors_at(point)
        if state is not before:
            self._tell_trouble(point, before, state, doors, answer)
        if any(machine.door.lock.fire_input == point for machine in self._building.doors.values()):
            self._fire(point, state, answer)
        for door in sorted(doors):
            self._building.doors[door].see_input(point, answer)
        self._building.dirty |= doors

    def _tell_trouble(
        self, point: Point, before: InputState | None, state: InputState, doors: set[int], answer: Answer
    ) -> None:
        code = _TROUBLE.get(state)
        if code is None and before in _TROUBLE:
            code = EventCode.INPUT_TROUBLE_CLEARED
        if code is None:
            return
        unreported = self._troubles.setdefault(point, Limiter(6, 60.0)).take(answer.now)
        if unreported is not None:
            door = min(doors) if doors else None
            answer.record(code, door=door, input=str(point), unreported=unreported or None)

    def _fire(self, point: Point, state: InputState, answer: Answer) -> None:
        fires = self._world.fires
        if state is InputState.ACTIVE and point not in fires:
            fires.add(point)
            answer.record(EventCode.FIRE_INPUT_ON, input=str(point))
            if self._lockdown_in_force():
                answer.record(EventCode.FIRE_DURING_LOCKDOWN, input=str(point))
        elif state is InputState.NORMAL and point in fires:
            fires.discard(point)
            answer.record(EventCode.FIRE_INPUT_OFF, input=str(point))

    def _lockdown_in_force(self) -> bool:
        policy, orders = self._world.policy, self._world.orders
        return policy is not None and any(
            directive.action is EmergencyAction.LOCKDOWN
            for door in policy.doors
            for directive in in_force(policy, orders, door)
        )

    def tamper(self, event: ReaderTampered, answer: Answer) -> None:
        """A reader was opened or closed."""
        reader = self._building.readers.get(event.reader)
        if reader is not None and reader.tampered is not event.tampered:
            reader.tampered = event.tampered
            code = EventCode.TAMPER if event.tampered else EventCode.TAMPER_CLEARED
            answer.record(code, reader=event.reader, door=reader.reader.door)

    def alarm(self, event: ReaderAlarmed, answer: Answer) -> None:
        """Something on a reader's line that must not pass quietly, nor flood the record."""
        reader = self._building.readers.get(event.reader)
        unreported = 0 if reader is None else reader.alarm_bounded(event.alarm.value, answer.now)
        if unreported is not None:
            answer.record(
                _ALARM_CODES[event.alarm],
                reader=event.reader,
                kind=event.alarm.value,
                what=event.detail,
                unreported=unreported or None,
            )

    def output(self, event: OutputProved | OutputLapsed | OutputFailed, answer: Answer) -> None:
        """An output was proved, lapsed, or could not be moved."""
        machine = self._building.door_of_output(event.point)
        if isinstance(event, OutputProved):
            self._world.heard[event.point.kind, event.point.device] = event.moment.mono_s
        if machine is None:
            return
        match event:
            case OutputProved():
                machine.proved(event, answer)
            case OutputLapsed():
                machine.lapsed(answer)
            case _:
                machine.failed(event, answer)
        self._building.dirty.add(machine.door.id)
