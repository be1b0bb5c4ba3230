"""What the bridge says about itself: only what was proved within its limit is shown as true (docs/doors.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from access_control.core.decision.model import EmergencyAction, Revision
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.events import LinkState, Proof

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
    """One reader now."""

    reader: int
    name: str
    door: int
    link: LinkState
    why: str
    tampered: bool
    locked_out: bool


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """One relay board now; ``heard_age_s`` is how long ago it last proved anything."""

    board: int
    name: str
    link: LinkState
    why: str
    heard_age_s: float | None


@dataclass(frozen=True, slots=True)
class PortStatus:
    """One serial port now."""

    name: str
    up: bool
    why: str


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
    ports: tuple[PortStatus, ...] = ()
    emergencies: tuple[EmergencyStatus, ...] = ()

    def door(self, door: int) -> DoorStatus:
        """One door's status.

        Raises:
            KeyError: The Policy in force has no such door.
        """
        for status in self.doors:
            if status.door == door:
                return status
        raise KeyError(door)
