"""What the bridge says about itself: only what was proved within its limit is shown as true (docs/doors.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from access_control.core.decision.model import EmergencyAction, InputKind, Revision
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.events import InputState, LinkState, Proof

PROOF_LIMIT_S = 10.0
"""How long a proof is believed. After that the door is *unknown*, whatever was last seen."""


class Position(StrEnum):
    """Where the leaf is. ``NOT_MONITORED`` is a door without a contact."""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"
    NOT_MONITORED = "not_monitored"


class DoorAlarm(StrEnum):
    """The worst alarm at a door, in this order."""

    FORCED = "forced"
    HELD = "held"
    HELD_PRE_ALARM = "held_pre_alarm"
    TAMPER = "tamper"
    FAULT = "fault"
    NONE = "none"


class Security(StrEnum):
    """Whether a door is known to be locked and shut; the meanings are in docs/doors.md."""

    SECURED = "secured"
    NOT_SECURE = "not_secure"
    NOT_MONITORED = "not_monitored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DoorStatus:
    """One door now.

    Attributes:
        command: What the lock is told to do, and ``slot`` by whom.
        proof: How the output was last proved; ``proof_age_s`` how long ago; ``proved`` whether that still counts.
        alarm: The worst alarm; ``acknowledged`` says that a person saw a forced one.
        why: One plain sentence on what keeps the door from being secured; empty when it is secured.
        link: The link to the device that moves the lock.
        directives: Ids of the emergency directives in force at the door, highest action first.
        lockdown: Whether one of them is a Lockdown; ``drill`` whether all of them are drills.
    """

    door: int
    number: str
    name: str
    command: Effect
    slot: Slot
    proof: Proof
    proof_age_s: float | None
    proved: bool
    position: Position
    alarm: DoorAlarm
    acknowledged: bool
    security: Security
    why: str
    link: LinkState
    directives: tuple[str, ...] = ()
    lockdown: bool = False
    drill: bool = False


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """One reader now; ``power_failing`` is what it says of its own supply."""

    reader: int
    name: str
    door: int
    link: LinkState
    why: str
    tampered: bool
    locked_out: bool
    power_failing: bool = False


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """One relay board now; ``heard_age_s`` is how long ago it last proved anything."""

    board: int
    name: str
    link: LinkState
    why: str
    heard_age_s: float | None
    power_failing: bool = False


@dataclass(frozen=True, slots=True)
class InputStatus:
    """One alarm input now.

    Attributes:
        active: The alarm stands; it ends only when the input is seen at rest, never by trouble.
        state: What is seen of the wire, as it is meant.
        since_s: For how long the alarm stands, as far as this run of the bridge knows.
        why: One plain sentence on why nobody would notice an alarm; empty where it would be noticed.
    """

    input: int
    name: str
    kind: InputKind
    active: bool
    state: InputState
    since_s: float | None
    why: str


class WireState(StrEnum):
    """How the circuit of an input is: a board's input is *active* while it is closed."""

    CLOSED = "closed"
    OPEN = "open"
    CUT = "cut"
    SHORT = "short"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WireStatus:
    """One input as its wire is now.

    Attributes:
        point: As ``board 1.3``.
        use: What it is for; empty where the Policy has nothing on it.
        rests_closed: The Policy says that it is closed while nothing is the matter (``nc``).
        since_s: For how long it has been so, as far as this run of the bridge knows.
    """

    point: str
    use: str
    rests_closed: bool
    state: WireState
    since_s: float | None


@dataclass(frozen=True, slots=True)
class PortStatus:
    """One serial port now."""

    name: str
    up: bool
    why: str


@dataclass(frozen=True, slots=True)
class PolicyAgeStatus:
    """For how long nobody has confirmed the Policy.

    Attributes:
        limits: The days that the school allows, by door class; a class without a limit or a door is not named.
        steps: The per cent of that which were reached: 0, 50, 80, or 100 where timed rights have stopped.
    """

    policy_age_s: float
    limits: Mapping[str, int]
    steps: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """How often an output was switched on, as far as bridges here counted, and what such relays are rated for."""

    point: str
    cycles: int
    rated: int


@dataclass(frozen=True, slots=True)
class EmergencyStatus:
    """How far one directive has got at this bridge's doors: the doors, by what is known of each.

    ``elapsed_s`` counts from when this bridge applied it; after a restart, from the restart (``restored``).
    """

    directive: str
    action: EmergencyAction
    drill: bool
    restored: bool
    elapsed_s: float
    secured: tuple[int, ...] = ()
    not_secure: tuple[int, ...] = ()
    not_monitored: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """Everything, at one monotonic second."""

    mono_s: float
    policy: Revision | None
    orders: Revision | None
    clock_trusted: bool
    doors: tuple[DoorStatus, ...] = ()
    readers: tuple[ReaderStatus, ...] = ()
    boards: tuple[BoardStatus, ...] = ()
    inputs: tuple[InputStatus, ...] = ()
    wires: tuple[WireStatus, ...] = ()
    ports: tuple[PortStatus, ...] = ()
    relays: tuple[RelayStatus, ...] = ()
    emergencies: tuple[EmergencyStatus, ...] = ()
    policy_age: PolicyAgeStatus | None = None

    def door(self, door: int) -> DoorStatus:
        """One door's status.

        Raises:
            KeyError: The Policy in force has no such door.
        """
        for status in self.doors:
            if status.door == door:
                return status
        raise KeyError(door)
