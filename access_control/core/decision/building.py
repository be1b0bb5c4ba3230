"""The building as it is built: doors, locks, readers, boards, and the timetables that say when something applies.

Doors, readers and boards are small integers, unique in the site and never reused. Seconds are UTC seconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class DoorClass(StrEnum):
    """What kind of place a door guards."""

    EXTERIOR = "exterior"
    INTERIOR = "interior"
    ROOM = "room"


LONGEST_PULSE_S: Final = 300.0
"""No output stays on longer without a new command: no unlock of a Policy, and no lease at a port."""
READER_POINTS: Final = 16
"""OSDP names an output or input by one byte; no reader has more than a handful, and a slip of the pen, or whoever
answers for a reader, should not pass."""


class FireAction(StrEnum):
    """What the fire input does to one door's lock."""

    RELEASE = "release"
    RELATCH = "relatch"
    NONE = "none"


class LockKind(StrEnum):
    """The lock's hardware; it decides which fire actions are possible."""

    STRIKE = "strike"
    MAGLOCK = "maglock"
    LOCKSET = "lockset"
    LATCH_RETRACTION = "latch_retraction"
    DELAYED_EGRESS = "delayed_egress"
    """Named so that it can be refused in words: a lock that holds people for a while is not supported."""


class UnlockWhen(StrEnum):
    """Which relay state unlocks: the wiring decides the polarity."""

    RELAY_ON = "relay_on"
    RELAY_OFF = "relay_off"


class RelockMode(StrEnum):
    """When a momentary unlock ends."""

    ON_OPEN = "on_open"
    ON_CLOSE = "on_close"
    TIMER = "timer"


class DeviceKind(StrEnum):
    """Which table of Policy a :class:`Point` points into."""

    READER = "reader"
    BOARD = "board"


@dataclass(frozen=True, slots=True)
class Point:
    """One input or output of one device, counted from 0. Inputs and outputs are counted apart."""

    kind: DeviceKind
    device: int
    index: int

    def __str__(self) -> str:
        """Write it as installers do: ``board 1.3``."""
        return f"{self.kind} {self.device}.{self.index}"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When something applies: always, or in UTC spans ``[start, end)`` that are sorted and do not touch."""

    always: bool = False
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def covers(self, second: int) -> bool:
        """Whether ``second`` lies inside."""
        if self.always:
            return True
        i = bisect_right(self.starts, second) - 1
        return i >= 0 and second < self.ends[i]

    def next_edge(self, second: int) -> int | None:
        """The first second after ``second`` at which the answer of :meth:`covers` changes, if there is one."""
        if self.always:
            return None
        i = bisect_right(self.starts, second)
        if i and second < self.ends[i - 1]:
            return self.ends[i - 1]
        return self.starts[i] if i < len(self.starts) else None


@dataclass(frozen=True, slots=True)
class DoorTiming:
    """A door's timers. Defaults and meanings: docs/decisions.md, Timers."""

    unlock_s: float = 5.0
    extended_unlock_s: float = 20.0
    held_open_s: float = 30.0
    extended_held_open_s: float = 60.0
    pre_alarm_s: float = 10.0
    rex_shunt_s: float = 15.0
    rex_unlock_s: float = 30.0
    relock: RelockMode = RelockMode.ON_OPEN
    relock_delay_s: float = 0.5
    forced_grace_s: float = 0.5
    debounce_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock and where its relay sits.

    ``secure_side`` says that the relay is out of reach from the unsecured side; ``bench_override`` is the written
    reason for accepting one that is not. ``fire_input`` is the input that reports the fire panel's contact.
    """

    kind: LockKind
    output: Point
    unlock_when: UnlockWhen = UnlockWhen.RELAY_ON
    fire_rated: bool = False
    fire_action: FireAction = FireAction.NONE
    fire_manual_reset: bool = False
    fire_input: Point | None = None
    rex_unlocks: bool = False
    secure_side: bool = True
    bench_override: str | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """A door as it is built: its class, lock, inputs and timers.

    Attributes:
        number: What is painted on the frame; responders use it.
        scheduled_unlock: When the door stands unlocked for everybody.
        evacuate_unlock: Evacuate unlocks it (interior doors only).
        contact: Active means open.
        rex: Active means that someone is leaving.
        latch: Active means that the latch is *not* thrown.
        rests_closed: Those of the three whose wire is a closed loop while nothing is the matter, so that they are
            active when it opens, or is cut.
    """

    id: int
    number: str
    name: str
    door_class: DoorClass
    lock: Lock
    contact: Point | None = None
    rex: Point | None = None
    latch: Point | None = None
    rests_closed: frozenset[Point] = frozenset()
    timing: DoorTiming = field(default_factory=DoorTiming)
    scheduled_unlock: Timetable = field(default_factory=Timetable)
    evacuate_unlock: bool = False
    out_of_service: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader at a door: where it sits on the line and what it may hand over.

    Attributes:
        port: The name of a serial port in the bridge's own settings.
        formats: Accepted card formats by name, in the order they are tried (several may share a length).
        facility_codes: Accepted facility codes; empty accepts any.
        copyable: The formats that anyone with a cloner can copy at this reader's technology.
        pin_times: When a PIN is asked for besides the card.
        takes_passes: Whether scanned visitor passes are decided here.
        takes_releases: Whether two people with card and PIN may end an emergency here, at this bridge's own doors.
        head: Which of the heads behind one OSDP address it is; inputs and outputs are those of head 0.
    """

    id: int
    name: str
    door: int
    port: str
    address: int
    formats: tuple[str, ...]
    facility_codes: frozenset[int] = frozenset()
    copyable: frozenset[str] = frozenset()
    pin_times: Timetable = field(default_factory=Timetable)
    takes_passes: bool = False
    takes_releases: bool = False
    enabled: bool = True
    head: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """A relay and input board.

    Attributes:
        osdp: Whether it is an OSDP module, which may share a line with readers.
        hardware_pulse: Whether it can time an unlock itself (Modbus coils from 0x0200 on), so that a relay lets go even
            if nobody tells it to.
    """

    id: int
    name: str
    port: str
    address: int
    outputs: int
    inputs: int
    osdp: bool = False
    hardware_pulse: bool = False
