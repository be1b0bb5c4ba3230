"""The demo's building: eight doors with a reader each on two lines, two relay boards, a scanner at the entrance."""

from __future__ import annotations

from typing import Final

from access_control.core.decision.building import (
    Board,
    DeviceKind,
    Door,
    DoorClass,
    DoorTiming,
    FireAction,
    Lock,
    LockKind,
    Point,
    Reader,
)

READERS_BAUD: Final = 38400
BOARDS_BAUD: Final = 38400
SCANNER_BAUD: Final = 9600
READER_LINES: Final = ("A", "B")
BOARD_LINE: Final = "C"
SCANNER_LINE: Final = "D"
SCANNER: Final = 9
FORMATS: Final = ("H10301", "C1k35s")
FACILITY: Final = 123
COMPANY: Final = 2044

MAIN, GYM, BUSES, KITCHEN, OFFICES, ROOM_101, SCIENCE, LIBRARY = range(1, 9)
VESTIBULE_GROUP: Final = 1
FIRE_INPUT: Final = Point(DeviceKind.BOARD, 2, 15)

# Short times, so that nobody waits long in front of a screen.
TIMING: Final = DoorTiming(unlock_s=4.0, held_open_s=15.0, pre_alarm_s=5.0, rex_unlock_s=30.0)

NAMES: Final = {
    MAIN: "Main entrance",
    GYM: "Gym, field side",
    BUSES: "Bus loop",
    KITCHEN: "Kitchen delivery",
    OFFICES: "Corridor to offices",
    ROOM_101: "Room 101",
    SCIENCE: "Science lab",
    LIBRARY: "Library",
}


def _board(door: int) -> int:
    return 1 if door <= BUSES + 1 else 2


def _output(door: int) -> Point:
    return Point(DeviceKind.BOARD, _board(door), (door - 1) % 4)


def _input(door: int, which: int) -> Point:
    return Point(DeviceKind.BOARD, _board(door), (door - 1) % 4 * 2 + which)


def _class(door: int) -> DoorClass:
    if door <= KITCHEN:
        return DoorClass.EXTERIOR
    return DoorClass.INTERIOR if door == OFFICES else DoorClass.ROOM


def _lock(door: int) -> Lock:
    if door == OFFICES:
        # A magnet has no lever: its exit button must unlock it, and the fire panel too.
        return Lock(
            LockKind.MAGLOCK,
            _output(door),
            fire_action=FireAction.RELEASE,
            fire_input=FIRE_INPUT,
            rex_unlocks=True,
        )
    return Lock(LockKind.STRIKE, _output(door))


DOORS: Final = tuple(
    Door(
        id=door,
        number=str(door),
        name=name,
        door_class=_class(door),
        lock=_lock(door),
        contact=_input(door, 0),
        rex=_input(door, 1),
        timing=TIMING,
        evacuate_unlock=door == OFFICES,
    )
    for door, name in NAMES.items()
)

READERS: Final = (
    *(
        Reader(
            id=door,
            name=f"{name}, reader",
            door=door,
            port=READER_LINES[(door - 1) // 4],
            address=(door - 1) % 4,
            formats=FORMATS,
            # Anyone can copy a plain 26-bit card; the responders' cards are of another kind.
            copyable=frozenset({"H10301"}),
        )
        for door, name in NAMES.items()
    ),
    Reader(
        id=SCANNER,
        name="Main entrance, pass scanner",
        door=MAIN,
        port=SCANNER_LINE,
        address=0,
        formats=(),
        takes_passes=True,
    ),
)

BOARDS: Final = (
    Board(id=1, name="Relay board in the electrical room", port=BOARD_LINE, address=1, outputs=8, inputs=16),
    Board(id=2, name="Relay board above the offices", port=BOARD_LINE, address=2, outputs=8, inputs=16),
)
