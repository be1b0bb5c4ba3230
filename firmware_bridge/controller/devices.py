"""What ports, readers and boards report about themselves: links, inputs, tampering, proofs and failures."""

from __future__ import annotations

import re
from typing import Final

from access_control.core.decision.model import DeviceKind, InputKind, Point
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.affected import devices_on, door_of, with_doors
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.building import Building
from firmware_bridge.controller.commands import RememberFireInput
from firmware_bridge.controller.cycles import Cycles
from firmware_bridge.controller.events import (
    BoardAlarmed,
    BoardTampered,
    DevicePowered,
    InputChanged,
    InputState,
    LineJabbers,
    LinkAlarm,
    LinkState,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    ReaderAlarmed,
    ReaderTampered,
)
from firmware_bridge.controller.indications import lockdown_anywhere
from firmware_bridge.controller.limits import Lasting, Limiter
from firmware_bridge.controller.link_news import LinkNews
from firmware_bridge.controller.world import Device

FAULT_OVER_S: Final = 300.0
"""A fault of a device or its line of which nothing was seen for so long is over; ports tell of one every minute."""
FAULT_AGAIN_S: Final = 4 * 3600.0
"""While it lasts it is told again after so long."""
MOST_FAULTS: Final = 8
"""So many kinds of one alarm a device may have that are told apart."""
_NUMBER: Final = re.compile(r"\d+")
_TROUBLE = {
    InputState.CUT: EventCode.INPUT_TROUBLE_OPEN,
    InputState.SHORT: EventCode.INPUT_TROUBLE_SHORT,
    InputState.UNKNOWN: EventCode.INPUT_UNREADABLE,
}
"""An input that a device reports so; one whose device is away is told as the device's absence."""
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

    def __init__(self, building: Building, cycles: Cycles) -> None:
        self._building = building
        self.cycles = cycles
        self._world = building.world
        self._troubles: dict[Point, Limiter] = {}
        self._opened_boards: set[int] = set()
        self._faults: dict[tuple[Device, LinkAlarm], dict[str, Lasting]] = {}
        self._jabbers: dict[tuple[str, bool], Limiter] = {}
        self._links = LinkNews()
        self._powers = LinkNews()
        self._tampers = LinkNews()

    def link(self, device: Device, state: LinkState, why: str, answer: Answer) -> None:
        """A reader or board came, went, or changed how it is protected."""
        known = self._world.links.get(device)
        self._set_link(device, state, why, answer)
        if known is not state:
            self._tell_link(device, answer)

    def _tell_link(self, device: Device, answer: Answer) -> None:
        unreported = self._links.take(device, answer.now)
        if unreported is None:
            return
        kind, number = device
        alive, why = self._world.alive(device), self._world.whys[device]
        if kind is DeviceKind.BOARD and not alive:
            why = with_doors(why, [device], self._world.policy)
        answer.record(
            _LINK_CODES[kind, alive],
            door=door_of(device, self._world.policy),
            reader=number if kind is DeviceKind.READER else None,
            board=number if kind is DeviceKind.BOARD else None,
            link=self._world.links[device].value,
            why=why,
            unreported=unreported or None,
        )

    def pass_time(self, answer: Answer) -> None:
        """Tell how devices stand that changed too often to tell each change."""
        for device in self._links.due(answer.now):
            self._tell_link(device, answer)
        for device in self._powers.due(answer.now):
            self._tell_power(device, answer)
        for device in self._tampers.due(answer.now):
            self._tell_tamper(device, answer)

    def next_deadline_s(self) -> float | None:
        """When :meth:`pass_time` has something to tell, in monotonic seconds."""
        ends = (news.next_deadline_s() for news in (self._links, self._powers, self._tampers))
        return min((second for second in ends if second is not None), default=None)

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
            for device in devices_on(event.port, self._world.policy):
                self._set_link(device, LinkState.DOWN, event.why, answer)
        if event.up and known is not None and not known[0]:
            answer.record(EventCode.PORT_RESTORED, port=event.port)
        if not event.up and (known is None or known != (False, event.why)):
            answer.record(EventCode.PORT_LOST, port=event.port, why=self._with_doors_on(event.port, event.why))

    def jabber(self, event: LineJabbers, answer: Answer) -> None:
        """Something on a line never stops sending: nobody on it is heard, and that is one event."""
        self._building.ports[event.port] = True, event.why
        if event.jabbers:
            for device in devices_on(event.port, self._world.policy):
                self._set_link(device, LinkState.DOWN, event.why, answer)
        unreported = self._jabbers.setdefault((event.port, event.jabbers), Limiter(3, 3600.0)).take(answer.now)
        if unreported is not None:
            answer.record(
                EventCode.LINE_JABBER if event.jabbers else EventCode.LINE_JABBER_ENDED,
                port=event.port,
                address=event.address,
                why=self._with_doors_on(event.port, event.why) if event.jabbers else event.why,
                unreported=unreported or None,
            )

    def _with_doors_on(self, port: str, why: str) -> str:
        policy = self._world.policy
        return with_doors(why, devices_on(port, policy), policy)

    def input(self, event: InputChanged, answer: Answer) -> None:
        """An input was seen in a state."""
        point, state = event.point, event.state
        before = self._world.inputs.get(point)
        self._world.inputs[point] = state
        doors = self._building.doors_at(point)
        if state is not before:
            self._world.inputs_since[point] = answer.now
            self._tell_trouble(point, before, state, doors, answer)
        alarm = self._building.alarms.named(point)
        of_fire = alarm is not None and alarm.kind is InputKind.FIRE
        at_door = any(machine.door.lock.fire_input == point for machine in self._building.doors.values())
        if of_fire or at_door or point in self._world.fires | self._world.fires_before:
            self._fire(point, self._world.told(point), answer)
        self._building.alarms.see(point, answer)
        for door in sorted(doors):
            self._building.doors[door].see_input(point, answer, restless=event.restless)
        self._building.dirty |= doors

    def _tell_trouble(
        self, point: Point, before: InputState | None, state: InputState, doors: set[int], answer: Answer
    ) -> None:
        code = _TROUBLE.get(state)
        if code is None and before in _TROUBLE:
            code = EventCode.INPUT_TROUBLE_CLEARED
        alarm = self._building.alarms.named(point)
        if code is None or (not doors and alarm is None):
            return  # nothing is wrong, or nothing is wired there: status shows it all the same
        unreported = self._troubles.setdefault(point, Limiter(6, 60.0)).take(answer.now)
        if unreported is not None:
            door = min(doors) if doors else None
            answer.record(
                code,
                door=door,
                input=str(point),
                alarm_input=None if alarm is None else alarm.id,
                name=None if alarm is None else alarm.name,
                unreported=unreported or None,
            )

    def _fire(self, point: Point, state: InputState, answer: Answer) -> None:
        # As at the doors: believed even before its device is known to be up, but never in clear from an open line.
        if self._world.link((point.kind, point.device)) is LinkState.CLEAR:
            return
        fires, before = self._world.fires, self._world.fires_before
        if state is InputState.ACTIVE and point not in fires:
            fires.add(point)
            before.discard(point)
            answer.record(EventCode.FIRE_INPUT_ON, input=str(point))
            answer.add(RememberFireInput(point, active=True))
            self._building.fire_report.begin(point, self._building.doors, answer)
            self._building.touch_all()
            if lockdown_anywhere(self._world):
                answer.record(EventCode.FIRE_DURING_LOCKDOWN, input=str(point))
        elif state is InputState.NORMAL and point in fires | before:
            fires.discard(point)
            before.discard(point)  # it came to rest while the bridge did not run
            self._building.fire_report.end(point, answer)
            answer.record(EventCode.FIRE_INPUT_OFF, input=str(point))
            answer.add(RememberFireInput(point, active=False))

    def tamper(self, event: ReaderTampered | BoardTampered, answer: Answer) -> None:
        """A reader or a board was opened or closed."""
        if isinstance(event, BoardTampered):
            if (event.board in self._opened_boards) is not event.tampered:
                self._opened_boards ^= {event.board}
                self._tell_tamper((DeviceKind.BOARD, event.board), answer)
            return
        reader = self._building.readers.get(event.reader)
        if reader is not None and reader.tampered is not event.tampered:
            reader.tampered = event.tampered
            self._tell_tamper((DeviceKind.READER, event.reader), answer)

    def _tell_tamper(self, device: Device, answer: Answer) -> None:
        kind, number = device
        reader = self._building.readers.get(number) if kind is DeviceKind.READER else None
        if kind is DeviceKind.READER and reader is None:
            return  # a Policy has taken it away since
        unreported = self._tampers.take(device, answer.now)
        if unreported is None:
            return
        opened = number in self._opened_boards if reader is None else reader.tampered
        answer.record(
            EventCode.TAMPER if opened else EventCode.TAMPER_CLEARED,
            door=None if reader is None else reader.reader.door,
            reader=None if reader is None else number,
            board=number if reader is None else None,
            unreported=unreported or None,
        )

    def power(self, event: DevicePowered, answer: Answer) -> None:
        """A reader or a board says how its power supply does."""
        if (event.device in self._world.power_failing) is not event.failing:
            self._world.power_failing ^= {event.device}
            self._tell_power(event.device, answer)

    def _tell_power(self, device: Device, answer: Answer) -> None:
        unreported = self._powers.take(device, answer.now)
        if unreported is None:
            return
        kind, number = device
        answer.record(
            EventCode.POWER_FAIL if device in self._world.power_failing else EventCode.POWER_RESTORE,
            door=door_of(device, self._world.policy),
            reader=number if kind is DeviceKind.READER else None,
            board=number if kind is DeviceKind.BOARD else None,
            unreported=unreported or None,
        )

    def alarm(self, event: ReaderAlarmed | BoardAlarmed, answer: Answer) -> None:
        """Something on a device's line that must not pass quietly, nor flood the record."""
        device = (
            (DeviceKind.BOARD, event.board) if isinstance(event, BoardAlarmed) else (DeviceKind.READER, event.reader)
        )
        # One fault is one sentence, whatever its numbers are this time.
        known, fault = self._faults.setdefault((device, event.alarm), {}), _NUMBER.sub("", event.detail)
        if fault not in known and len(known) >= MOST_FAULTS:
            fault = ""  # whoever makes up words without end is told of as one
        unreported = known.setdefault(fault, Lasting(FAULT_OVER_S, FAULT_AGAIN_S)).take(answer.now)
        if unreported is not None:
            if event.alarm is LinkAlarm.CONFLICT:
                self._conflict(event, answer)
                return
            answer.record(
                _ALARM_CODES[event.alarm],
                door=None if isinstance(event, BoardAlarmed) else self._door_of_reader(event.reader),
                reader=None if isinstance(event, BoardAlarmed) else event.reader,
                board=event.board if isinstance(event, BoardAlarmed) else None,
                kind=event.alarm.value,
                what=event.detail,
                unreported=unreported or None,
            )

    def _conflict(self, event: ReaderAlarmed | BoardAlarmed, answer: Answer) -> None:
        """Told with the door, and with what to do: somebody has to go there."""
        if isinstance(event, BoardAlarmed):
            answer.record(EventCode.ADDRESS_CONFLICT, board=event.board, why=event.detail)
            return
        door = self._door_of_reader(event.reader)
        answer.record(EventCode.ADDRESS_CONFLICT, reader=event.reader, door=door, why=event.detail)

    def _door_of_reader(self, reader: int) -> int | None:
        return door_of((DeviceKind.READER, reader), self._world.policy)

    def output(self, event: OutputProved | OutputLapsed | OutputFailed, answer: Answer) -> None:
        """An output was proved, lapsed, or could not be moved."""
        machine = self._building.door_of_output(event.point)
        if isinstance(event, OutputProved):
            self._world.heard[event.point.kind, event.point.device] = event.moment.mono_s
            self.cycles.take(event, answer)
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
