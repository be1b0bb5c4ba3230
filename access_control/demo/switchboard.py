"""Breaks things in the demo's school and mends them again, and knows what is broken since when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

from access_control.clock import utc_now
from access_control.demo.deeds import Deeds
from access_control.demo.errors import StageError
from access_control.demo.faults import SERVICE_PLACE, SWITCHES, Fault, Group, Switch
from access_control.demo.plan import BY_ID, FIRE_INPUT, MAINS_INPUT, PANIC_INPUT, Side
from access_control.demo.programs import SERVICE, Programs, bridge_name

GARBLE: Final = 0.01
"""The chance of each byte to be spoilt on a bad line: most messages arrive, many have to be said again."""
NOISE_EVERY_S: Final = 0.5
_POINT: Final = {Fault.FIRE: FIRE_INPUT, Fault.PANIC: PANIC_INPUT, Fault.MAINS: MAINS_INPUT}
_LOCKDOWN_STAYS: Final = " A lockdown that a panic button began is released in the console."


class Switchboard:
    """A switch for each fault of :data:`access_control.demo.faults.SWITCHES`; all of them are off at the start."""

    def __init__(self, deeds: Deeds, programs: Programs, clock: Callable[[], datetime] = utc_now) -> None:
        """The simulators run, and nothing is broken."""
        self._deeds = deeds
        self._programs = programs
        self._clock = clock
        self._pressing = threading.Lock()
        self._since: dict[str, datetime] = {}

    def standing(self, shut: Collection[int] = ()) -> Mapping[str, datetime]:
        """The keys of what is broken now, each with since when.

        A program that was stopped or started otherwise counts, and a door that was broken open and is among the
        ``shut`` ones (by id) is broken open no more.
        """
        for switch in SWITCHES.values():
            if switch.kind.group is Group.NETWORK:
                if self._programs.running(_program(switch)):
                    self._since.pop(switch.key, None)
                else:
                    self._since.setdefault(switch.key, self._clock())
            elif switch.fault is Fault.FORCED and switch.number in shut:
                self._since.pop(switch.key, None)
        return dict(self._since)

    def press(self, key: str, *, on: bool) -> str:
        """Break something (``on``) or mend it; pressing twice is pressing once. One sentence about it.

        Raises:
            StageError: There is no such fault, or it cannot be done now.
        """
        if key not in SWITCHES:
            raise StageError("There is no such fault.")
        switch = SWITCHES[key]
        with self._pressing:
            self._set(switch, on=on)
        if on:
            return f"{switch.kind.title}: {switch.where}. {switch.kind.watch}"
        return f"Mended: {switch.where}." + (_LOCKDOWN_STAYS if switch.fault is Fault.PANIC else "")

    def mend(self) -> str:
        """Everything is good again: programs run, lines carry, and every door is shut."""
        with self._pressing:
            panicked = any(SWITCHES[key].fault is Fault.PANIC for key in self._since)
            for key in self.standing():
                self._set(SWITCHES[key], on=False)
            for side in Side:
                self._deeds.simulate(side, "clear")
            for door in BY_ID.values():
                self._deeds.simulate(door.side, "door", door=door.id, action="close")
        return "Everything is good again, and every door is shut." + (_LOCKDOWN_STAYS if panicked else "")

    def _set(self, switch: Switch, *, on: bool) -> None:
        before = set(self._since)
        faults = {SWITCHES[key].fault for key in before if SWITCHES[key].place == switch.place} - {switch.fault}
        if on:
            faults.add(switch.fault)
        match switch.kind.group:
            case Group.NETWORK:
                self._plug(_program(switch), pulled=on)
            case Group.BUILDING:
                point = _POINT[switch.fault][_side(switch)]
                self._deeds.simulate(_side(switch), "input", point=point, active=on)
            case Group.LINE:
                self._line(switch, faults)
            case Group.READER:
                dead, opened = Fault.READER_DEAD in faults, Fault.READER_OPENED in faults
                fields = {"reader": switch.number, "dead": dead, "tampered": opened}
                self._deeds.simulate(_side(switch), "fault_reader", **fields)
            case Group.DOOR:
                self._door(switch, faults, on=on)
        if on:
            self._since.setdefault(switch.key, self._clock())
        else:
            self._since.pop(switch.key, None)

    def _plug(self, program: str, *, pulled: bool) -> None:
        if pulled:
            self._programs.kill(program)
        elif not self._programs.running(program):
            self._programs.start(program)

    def _line(self, switch: Switch, faults: Collection[Fault]) -> None:
        side = _side(switch)
        if switch.fault is Fault.BOARD_DEAD:
            self._deeds.simulate(side, "fault_board", board=switch.number, dead=Fault.BOARD_DEAD in faults)
            return
        cut = bool({Fault.LINE_CUT, Fault.BOARDS_CUT} & set(faults))
        bad = {"garble": GARBLE, "noise_every_s": NOISE_EVERY_S} if Fault.LINE_GARBAGE in faults else {}
        self._deeds.simulate(side, "fault_line", line=switch.line, cut=cut, **bad)

    def _door(self, switch: Switch, faults: Collection[Fault], *, on: bool) -> None:
        side, door = _side(switch), switch.number
        stuck = True if Fault.CONTACT_STUCK in faults else None
        wedged = Fault.WEDGED in faults
        self._deeds.simulate(side, "fault_door", door=door, contact_stuck=stuck, jammed_open=wedged)
        if switch.fault is Fault.WEDGED and on:
            self._deeds.simulate(side, "walk", door=door, out=True)
        elif switch.fault is Fault.FORCED and on:
            self._deeds.simulate(side, "door", door=door, action="force")
        elif switch.fault is not Fault.CONTACT_STUCK:
            self._deeds.simulate(side, "door", door=door, action="close")


def _program(switch: Switch) -> str:
    return SERVICE if switch.place == SERVICE_PLACE else bridge_name(_side(switch))


def _side(switch: Switch) -> Side:
    if switch.side is None:
        raise StageError("There is no such building.")
    return switch.side
