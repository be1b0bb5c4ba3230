"""Carries out what is asked of a running building; used by the control socket, usable without it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from access_control.core.decision.model import DeviceKind, Point
from firmware_bridge.simulator import requests
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.doors import Door
from firmware_bridge.simulator.peripheral import ReaderFaults
from firmware_bridge.simulator.relay_log import Json
from firmware_bridge.simulator.view import state_of
from firmware_bridge.simulator.wire import LineFaults

Answer = dict[str, Json]

_POINT: Final = re.compile(r"(reader|board) (\d{1,6})\.(\d{1,3})")
_KEYPAD: Final = re.compile(r"[0-9*#]{1,40}")
_WALK_MARGIN_S: Final = 10.0


class CannotDoError(Exception):
    """What was asked makes no sense in this building; the message is a sentence."""


def _set_rex(door: Door, *, pressed: bool) -> bool:
    door.rex_pressed = pressed
    return True


_DEEDS: Final[dict[str, Callable[[Door], bool]]] = {
    "open": Door.pull,
    "close": Door.close,
    "exit": Door.leave,
    "force": Door.force,
    "press_rex": lambda door: _set_rex(door, pressed=True),
    "release_rex": lambda door: _set_rex(door, pressed=False),
}


class Desk:
    """One building's desk. ``stop_asked`` is set when somebody asked for the end of the simulation."""

    def __init__(self, building: VirtualBuilding) -> None:
        self._building = building
        self.stop_asked = threading.Event()

    def carry_out(self, request: requests.Request) -> Answer:
        """Do it and answer.

        Raises:
            CannotDoError: It cannot be done here.
        """
        building = self._building
        match request:
            case requests.Present():
                self._present(request.reader, request, request.text)
            case requests.Keys(reader, digits):
                self._press(reader, digits)
            case requests.Walk():
                return self._walk(request)
            case requests.AtDoor(door, action):
                self._known(door, building.world.doors, "door")
                return {"done": building.at_door(door, _DEEDS[action])}
            case requests.Input(point, active):
                building.world.set_input(self._point(point), active)
            case requests.Cut(point, cut):
                building.world.cut_cable(self._point(point), cut=cut)
            case requests.Short(point, short):
                building.world.short_cable(self._point(point), shorted=short)
            case requests.Restart(reader=reader, board=board):
                self._restart(reader, board)
            case requests.Clear():
                building.clear_faults()
            case requests.State():
                return {"state": state_of(building)}
            case requests.Stop():
                self.stop_asked.set()
            case requests.Watch():
                pass
            case _:
                self._break(request)
        return {}

    def _break(
        self,
        request: requests.FaultLine
        | requests.FaultReader
        | requests.FaultBoard
        | requests.FaultDoor
        | requests.FaultRelay,
    ) -> None:
        building = self._building
        match request:
            case requests.FaultLine(line=line):
                self._known(line, building.lines, "line")
                settings = msgspec.structs.asdict(request)
                del settings["line"]
                building.set_line_faults(line, LineFaults(**settings))
            case requests.FaultReader(reader=reader):
                self._break_reader(reader, request)
            case requests.FaultBoard(board=board):
                self._known(board, building.boards, "board")
                faults = msgspec.structs.asdict(request)
                del faults["board"]
                building.set_board_faults(board, **faults)
            case requests.FaultDoor(door=number):
                self._known(number, building.world.doors, "door")
                with building.world.lock:
                    door = building.world.doors[number]
                    door.jammed_open, door.latch_stuck = request.jammed_open, request.latch_stuck
                    door.contact_stuck, door.lock_stuck = request.contact_stuck, request.lock_stuck
                    building.world.settle()
            case requests.FaultRelay(point, stuck):
                building.world.stick_relay(self._point(point), stuck)

    def _break_reader(self, reader: int, request: requests.FaultReader) -> None:
        building = self._building
        self._known(reader, building.readers, "reader")
        faults = ReaderFaults(request.dead, request.slow_s, request.busy, request.nak, request.deaf_to)
        with building.world.lock:
            building.set_reader_faults(reader, faults, gap_chars=request.gap_chars)
            building.readers[reader].head.set_tampered(tampered=request.tampered)
            building.readers[reader].head.set_power_failed(failed=request.power_failed)

    def _present(self, reader: int, request: requests.Present | requests.Walk, text: str | None) -> None:
        try:
            card = request.card()
        except ValueError as error:
            raise CannotDoError(f"The card cannot be read: {error}") from error
        if (card is None) == (text is None):
            raise CannotDoError("Present either a card (bits, or hex and length) or a text.")
        if text is not None:
            self._known(reader, {scanner.reader for scanner in self._building.config.scanners}, "scanner")
            self._building.scan(reader, text)
        elif card is not None:
            self._known(reader, {*self._building.heads, *self._building.tag_readers}, "card reader")
            try:
                self._building.present(reader, card)
            except ValueError as error:
                raise CannotDoError(str(error)) from error

    def _press(self, reader: int, digits: str) -> None:
        self._known(reader, self._building.heads, "OSDP reader")
        if not _KEYPAD.fullmatch(digits):
            raise CannotDoError("Keys are up to 40 of 0 to 9, * and #.")
        self._building.press(reader, digits)

    def _walk(self, request: requests.Walk) -> Answer:
        building = self._building
        self._known(request.door, building.world.doors, "door")
        if request.text is not None or request.bits is not None or request.hex is not None:
            self._present(self._reader_of(request), request, request.text)
        walk = building.walk(request.door, out=request.out, patience_s=request.patience_s)
        if request.wait:
            building.wait_for(lambda: walk.over, request.patience_s + _WALK_MARGIN_S)
        return {"doing": walk.doing.value}

    def _reader_of(self, request: requests.Walk) -> int:
        if request.reader is not None:
            return request.reader
        scanners = {scanner.reader for scanner in self._building.config.scanners}
        for reader in self._building.world.configs[request.door].readers:
            if (reader in scanners) == (request.text is not None):
                return reader
        raise CannotDoError(f"Door {request.door} has no reader for that.")

    def _restart(self, reader: int | None, board: int | None) -> None:
        if (reader is None) == (board is None):
            raise CannotDoError("Restart either a reader or a board.")
        if reader is not None:
            self._known(reader, self._building.readers, "reader")
            self._building.restart_reader(reader)
        elif board is not None:
            self._known(board, self._building.boards, "board")
            self._building.restart_board(board)

    @staticmethod
    def _known(what: int | str, known: object, kind: str) -> None:
        names = sorted(known) if isinstance(known, (dict, set)) else []
        if what not in names:
            raise CannotDoError(f"There is no {kind} {what}; there are: {', '.join(map(str, names)) or 'none'}.")

    @staticmethod
    def _point(text: str) -> Point:
        match = _POINT.fullmatch(text)
        if not match:
            raise CannotDoError(f"{text!r} does not name a point; write it like 'board 1.0' or 'reader 2.0'.")
        return Point(DeviceKind(match[1]), int(match[2]), int(match[3]))
