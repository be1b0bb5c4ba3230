"""What can be broken in the demo's school, where, and what there is to see: one switch for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from access_control.demo.plan import (
    BOARD_LINE,
    BOARDS_OF,
    BUILDING_NAMES,
    DOORS,
    READER_LINES,
    Side,
    doors_of,
)

SERVICE_PLACE: Final = "service"


class Group(StrEnum):
    """What a fault is a fault of; the value is how the panel calls it."""

    NETWORK = "Network"
    BUILDING = "Building"
    LINE = "Line"
    READER = "Reader"
    DOOR = "Door"


class Fault(StrEnum):
    """What can go wrong; the value is part of a switch's key."""

    SERVICE_GONE = "service_gone"
    BRIDGE_GONE = "bridge_gone"
    FIRE = "fire"
    PANIC = "panic"
    MAINS = "mains"
    LINE_CUT = "line_cut"
    LINE_GARBAGE = "line_garbage"
    BOARDS_CUT = "boards_cut"
    BOARD_DEAD = "board_dead"
    READER_DEAD = "reader_dead"
    READER_OPENED = "reader_opened"
    CONTACT_STUCK = "contact_stuck"
    WEDGED = "wedged"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault in words.

    Attributes:
        group: What it is a fault of.
        title: What is done to the school.
        watch: One sentence: what there is to see while it lasts.
    """

    group: Group
    title: str
    watch: str


KINDS: Final[Mapping[Fault, Kind]] = {
    Fault.SERVICE_GONE: Kind(
        Group.NETWORK,
        "Pull the service's plug",
        "The console says within seconds that it cannot be trusted; cards, passes and a lockdown go on at every door, "
        "and the events arrive when it is plugged in again, none lost, none twice.",
    ),
    Fault.BRIDGE_GONE: Kind(
        Group.NETWORK,
        "Pull a bridge's plug",
        "No card opens its doors any more, and the console shows them as unknown within seconds; the other building "
        "goes on, and everything is as before soon after it is plugged in again.",
    ),
    Fault.FIRE: Kind(
        Group.BUILDING,
        "Raise a fire alarm",
        "The magnets let go at once and stay free while the alarm lasts, in a lockdown too; the strikes stay locked "
        "outside and open from inside as ever.",
    ),
    Fault.PANIC: Kind(
        Group.BUILDING,
        "Press the panic button",
        "A lockdown begins, without the service too, and letting go of the button does not end it: that is done in "
        "the console.",
    ),
    Fault.MAINS: Kind(
        Group.BUILDING,
        "Cut the mains",
        "The console tells that this building runs on its battery; every door works as before.",
    ),
    Fault.LINE_CUT: Kind(
        Group.LINE,
        "Cut a line of readers",
        "Within a second or two each of its readers is said to be silent, by name; the readers on the other line keep "
        "opening, and locks and contacts are still proved.",
    ),
    Fault.LINE_GARBAGE: Kind(
        Group.LINE,
        "Garble a line of readers",
        "What is spoilt is said again, so a card may take a little longer, and none is decided twice; a reader that "
        "gets nothing through at all is said to be silent.",
    ),
    Fault.BOARDS_CUT: Kind(
        Group.LINE,
        "Cut the line of relay boards",
        "Within seconds no door of this building is shown as secured any more, because nothing can be proved; the "
        "other building is not touched.",
    ),
    Fault.BOARD_DEAD: Kind(
        Group.LINE,
        "Take a relay board's power",
        "Within a second its doors turn unknown, because nothing can be proved; the doors of other boards stay as "
        "they are, and its readers go on reading.",
    ),
    Fault.READER_DEAD: Kind(
        Group.READER,
        "A reader goes dead",
        "Within a second or two the bridge says that this reader is silent; its neighbours on the line keep opening, "
        "and it is back two seconds after it is mended.",
    ),
    Fault.READER_OPENED: Kind(
        Group.READER,
        "A reader is taken off the wall",
        "The reader says that it was taken off the wall: an alarm at its door, until it is closed again.",
    ),
    Fault.CONTACT_STUCK: Kind(
        Group.DOOR,
        "A door's contact sticks",
        "The contact says open whatever the door does: the bridge calls the door forced open, because nobody "
        "was let in.",
    ),
    Fault.WEDGED: Kind(
        Group.DOOR,
        "A door is wedged open",
        "Somebody leaves and wedges it: first it is open, then the bridge warns, then it says propped open.",
    ),
    Fault.FORCED: Kind(
        Group.DOOR,
        "A door is broken open",
        "Forced open at once, with an alarm that stays until somebody has seen it, even when the door is shut again.",
    ),
}
POINTS: Final = (Fault.FIRE, Fault.PANIC, Fault.MAINS)


@dataclass(frozen=True, slots=True)
class Switch:
    """One fault at one place.

    Attributes:
        place: What tells it from the same fault elsewhere, as ``14``, ``main-A`` or ``service``.
        where: The place in words, as ``door 7, Arts entrance``.
        side: The building; ``None`` for what belongs to both.
        number: The door (and its reader) or the board, where it is about one.
        line: The serial line, where it is about one.
    """

    fault: Fault
    place: str
    where: str
    side: Side | None = None
    number: int = 0
    line: str = ""

    @property
    def key(self) -> str:
        """What a form names it by."""
        return f"{self.fault}-{self.place}"

    @property
    def kind(self) -> Kind:
        """The fault in words."""
        return KINDS[self.fault]


def _network() -> Iterator[Switch]:
    yield Switch(Fault.SERVICE_GONE, SERVICE_PLACE, "the service")
    for side in Side:
        yield Switch(Fault.BRIDGE_GONE, _name(side), f"the bridge of the {BUILDING_NAMES[side].lower()}", side)


def _buildings() -> Iterator[Switch]:
    for side in Side:
        for fault in POINTS:
            yield Switch(fault, _name(side), BUILDING_NAMES[side].lower(), side)


def _lines() -> Iterator[Switch]:
    for side in Side:
        there = BUILDING_NAMES[side].lower()
        for line in READER_LINES:
            doors = ", ".join(door.number for door in doors_of(side) if door.port == line)
            for fault in (Fault.LINE_CUT, Fault.LINE_GARBAGE):
                where = f"line {line}, readers of doors {doors}, {there}"
                yield Switch(fault, f"{_name(side)}-{line}", where, side, line=line)
        where = f"line {BOARD_LINE}, relay boards, {there}"
        yield Switch(Fault.BOARDS_CUT, f"{_name(side)}-{BOARD_LINE}", where, side, line=BOARD_LINE)
        for board in BOARDS_OF[side]:
            doors = ", ".join(door.number for door in doors_of(side) if door.board == board)
            where = f"board {board}, locks of doors {doors}, {there}"
            yield Switch(Fault.BOARD_DEAD, str(board), where, side, number=board)


def _doors() -> Iterator[Switch]:
    for door in DOORS:
        for fault, kind in KINDS.items():
            if kind.group in {Group.READER, Group.DOOR}:
                yield Switch(fault, str(door.id), f"door {door.number}, {door.name}", door.side, number=door.id)


def _name(side: Side) -> str:
    return side.name.lower()


SWITCHES: Final[Mapping[str, Switch]] = {
    switch.key: switch for some in (_network(), _buildings(), _lines(), _doors()) for switch in some
}
"""Every switch by its key, in the order of the panel."""
