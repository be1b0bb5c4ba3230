"""The demo's school as it is built: two buildings, twenty doors with a reader each, relay boards, a pass scanner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from access_control.core.decision.building import DoorClass, LockKind

READERS_BAUD: Final = 9600
"""What OSDP readers come with; a faster line would cost whoever looks at the demo twice the processor."""
BOARDS_BAUD: Final = 38400
SCANNER_BAUD: Final = 9600
READER_LINES: Final = ("A", "B")
BOARD_LINE: Final = "C"
SCANNER_LINE: Final = "D"
BOARD_OUTPUTS: Final = 8
BOARD_INPUTS: Final = 24
FIRE_INDEX: Final = 23
"""The input of a building's last board that the fire panel's contact is wired to."""
PANIC_INDEX: Final = 22
"""Beside it: the panic button in the building's office."""
MAINS_INDEX: Final = 21
"""And the contact of its power supply that says that the mains failed."""

FORMATS: Final = ("H10301", "H10306", "C1k35s", "RAW56")
COPYABLE: Final = ("H10301",)


class Side(IntEnum):
    """The buildings, by their number in the database."""

    MAIN = 1
    ARTS = 2


BUILDING_NAMES: Final = {Side.MAIN: "Main building", Side.ARTS: "Gym and arts"}
BRIDGE_NAMES: Final = {Side.MAIN: "Main building bridge", Side.ARTS: "Gym and arts bridge"}


class Zone(IntEnum):
    """Parts of the buildings, by their number in the database."""

    FRONT = 1
    CLASSROOMS = 2
    SERVICE = 3
    GYM = 4
    STUDIOS = 5


ZONES: Final = {
    Zone.FRONT: (Side.MAIN, "Front"),
    Zone.CLASSROOMS: (Side.MAIN, "Classroom wing"),
    Zone.SERVICE: (Side.MAIN, "Service side"),
    Zone.GYM: (Side.ARTS, "Gym"),
    Zone.STUDIOS: (Side.ARTS, "Studios"),
}


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """One door. ``place`` counts the doors of its building from 0 and decides where it is wired.

    ``number`` is painted on the frame.
    """

    id: int
    side: Side
    place: int
    zone: Zone
    number: str
    name: str
    door_class: DoorClass
    lock: LockKind

    @property
    def port(self) -> str:
        """The line that its reader hangs on: half of a building's readers on each."""
        return READER_LINES[self.place % 2]

    @property
    def address(self) -> int:
        """Its reader's address on that line."""
        return self.place // 2

    @property
    def board(self) -> int:
        """The relay board that its lock is wired to."""
        return BOARDS_OF[self.side][self.place // BOARD_OUTPUTS]

    @property
    def output(self) -> str:
        """The relay of its lock."""
        return f"board {self.board}.{self.place % BOARD_OUTPUTS}"

    @property
    def contact(self) -> str:
        """The input that says whether it is open."""
        return f"board {self.board}.{self.place % BOARD_OUTPUTS * 2}"

    @property
    def rex(self) -> str:
        """The input of its exit button or lever switch."""
        return f"board {self.board}.{self.place % BOARD_OUTPUTS * 2 + 1}"

    @property
    def magnet(self) -> bool:
        """Held by a magnet, which has no lever: its exit button must unlock it, and the fire panel too."""
        return self.lock is LockKind.MAGLOCK


BOARDS_OF: Final[Mapping[Side, tuple[int, ...]]] = {Side.MAIN: (1, 2), Side.ARTS: (3,)}
FIRE_INPUT: Final = {side: f"board {boards[-1]}.{FIRE_INDEX}" for side, boards in BOARDS_OF.items()}
PANIC_INPUT: Final = {side: f"board {boards[-1]}.{PANIC_INDEX}" for side, boards in BOARDS_OF.items()}
MAINS_INPUT: Final = {side: f"board {boards[-1]}.{MAINS_INDEX}" for side, boards in BOARDS_OF.items()}

_OUT, _IN, _ROOM = DoorClass.EXTERIOR, DoorClass.INTERIOR, DoorClass.ROOM
_STRIKE, _MAG, _SET = LockKind.STRIKE, LockKind.MAGLOCK, LockKind.LOCKSET


_Row = tuple[Side, Zone, str, str, DoorClass, LockKind]
_ROWS: Final[tuple[_Row, ...]] = (
    (Side.MAIN, Zone.FRONT, "1", "Main entrance, vestibule", _OUT, _STRIKE),
    (Side.MAIN, Zone.FRONT, "2", "Bus loop", _OUT, _STRIKE),
    (Side.MAIN, Zone.CLASSROOMS, "3", "Playground", _OUT, _STRIKE),
    (Side.MAIN, Zone.SERVICE, "4", "Kitchen delivery", _OUT, _STRIKE),
    (Side.MAIN, Zone.CLASSROOMS, "5", "East stairs", _OUT, LockKind.LATCH_RETRACTION),
    (Side.MAIN, Zone.FRONT, "20", "Vestibule to front hall", _IN, _STRIKE),
    (Side.MAIN, Zone.FRONT, "21", "Corridor to offices", _IN, _MAG),
    (Side.MAIN, Zone.CLASSROOMS, "101", "Room 101", _ROOM, _SET),
    (Side.MAIN, Zone.CLASSROOMS, "102", "Room 102", _ROOM, _SET),
    (Side.MAIN, Zone.CLASSROOMS, "103", "Science lab", _ROOM, _SET),
    (Side.MAIN, Zone.CLASSROOMS, "110", "Library", _ROOM, _STRIKE),
    (Side.MAIN, Zone.SERVICE, "120", "Kitchen", _ROOM, _SET),
    (Side.ARTS, Zone.GYM, "6", "Gym, field side", _OUT, _STRIKE),
    (Side.ARTS, Zone.STUDIOS, "7", "Arts entrance", _OUT, _STRIKE),
    (Side.ARTS, Zone.GYM, "8", "Loading dock", _OUT, _STRIKE),
    (Side.ARTS, Zone.GYM, "22", "Link corridor", _IN, _MAG),
    (Side.ARTS, Zone.GYM, "201", "Gym", _ROOM, _STRIKE),
    (Side.ARTS, Zone.STUDIOS, "202", "Music room", _ROOM, _SET),
    (Side.ARTS, Zone.STUDIOS, "203", "Art studio", _ROOM, _SET),
    (Side.ARTS, Zone.GYM, "204", "Weight room", _ROOM, _SET),
)


def _doors() -> Iterator[DoorPlan]:
    places = Counter[Side]()
    for door, (side, zone, number, name, door_class, lock) in enumerate(_ROWS, 1):
        yield DoorPlan(door, side, places[side], zone, number, name, door_class, lock)
        places[side] += 1


DOORS: Final = tuple(_doors())
BY_NUMBER: Final = {door.number: door for door in DOORS}
BY_ID: Final = {door.id: door for door in DOORS}
MAIN_ENTRANCE: Final = BY_NUMBER["1"].id
SCANNER: Final = len(DOORS) + 1
"""The pass scanner's reader number; it is at the main entrance. The other readers have the numbers of their doors."""


def doors_of(side: Side) -> tuple[DoorPlan, ...]:
    """The doors of one building."""
    return tuple(door for door in DOORS if door.side is side)


OPEN_BY_DAY: Final = ("110", "201")
"""Doors that stand unlocked while school is on: the library and the gym."""


def numbers(*painted: str) -> tuple[int, ...]:
    """The ids of doors by what is painted on them."""
    return tuple(BY_NUMBER[number].id for number in painted)
