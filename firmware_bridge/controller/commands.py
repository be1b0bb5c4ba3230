"""What the controller wants done, in the order it wants it done."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from access_control.core.decision.emergency import Directive
    from access_control.core.decision.model import Door, EmergencyAction, Point
    from firmware_bridge.controller.memory import KeptAge


class Urgency(IntEnum):
    """Who gets the line first. Lower is sooner."""

    EMERGENCY = 0
    GRANT = 1
    ROUTINE = 2


class Indication(StrEnum):
    """What a reader shows and sounds; ``docs/decisions.md`` has colours and tones. ``silent`` is decided apart."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    GRANTED = "granted"
    GRANTED_EXTENDED = "granted_extended"
    REFUSED = "refused"
    PIN_WANTED = "pin_wanted"
    HELD_PRE_ALARM = "held_pre_alarm"
    LOCKDOWN = "lockdown"
    SECURE = "secure"
    DEGRADED = "degraded"
    ALONE = "alone"
    RELEASE_PENDING = "release_pending"


@dataclass(frozen=True, slots=True)
class DriveOutput:
    """Bring an output to a state.

    An energised output has a lease: unless the command is repeated, the port thread switches it off after ``lease_s``.
    A command not delivered by ``expires_mono_s`` is dropped and reported; ``None`` never expires.
    Delivery is at least once, so the same command twice is harmless.
    """

    point: Point
    energised: bool
    lease_s: float
    urgency: Urgency
    expires_mono_s: float | None = None


@dataclass(frozen=True, slots=True)
class ShowAtReader:
    """Show ``indication`` for ``for_s`` seconds, or as the new resting state when ``for_s`` is ``None``."""

    reader: int
    indication: Indication
    for_s: float | None
    silent: bool


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """Append to the outbox. ``code`` is a Reason or an EventCode; ``detail`` holds plain JSON values.

    ``holder`` is an opaque reference; a PIN or a credential number never appears here.
    """

    code: str
    door: int | None = None
    reader: int | None = None
    holder: int | None = None
    drill: bool = False
    detail: Mapping[str, str | int | float | bool | None] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RaiseDirective:
    """Sign this directive with the bridge's own key, keep it, tell the neighbours."""

    directive: Directive


@dataclass(frozen=True, slots=True)
class EndEmergency:
    """Two people agreed at a reader: sign and keep a release of these directives at this bridge's own doors."""

    reader: int
    first: int
    second: int
    directives: frozenset[str]


@dataclass(frozen=True, slots=True)
class RememberPassUsed:
    """Keep that a single-entry pass is used up, before the next read is decided."""

    pass_id: int
    until: int


@dataclass(frozen=True, slots=True)
class RememberCancelled:
    """Keep that a manual unlock was cancelled by an emergency, for good."""

    override_id: str


@dataclass(frozen=True, slots=True)
class RememberFire:
    """Keep the door as it was wired when fire took it, so that a restart does not lock what a fire released.

    ``None``: fire holds it no longer.
    """

    door: int
    held: Door | None


@dataclass(frozen=True, slots=True)
class RememberFireInput:
    """Keep whether a fire input is active, so that its end is told even if it comes while the bridge does not run."""

    point: Point
    active: bool


@dataclass(frozen=True, slots=True)
class RememberForced:
    """Keep that a door's forced alarm stands and whether somebody has seen it, ``None`` once it is over."""

    door: int
    acknowledged: bool | None


@dataclass(frozen=True, slots=True)
class AskEmergency:
    """A panic input wants an emergency: hand :class:`EmergencyAsked` back with a new id, before anything else."""

    input: int
    action: EmergencyAction
    scope: str
    by: str


@dataclass(frozen=True, slots=True)
class RememberPress:
    """Keep what the present press of a panic input started (empty: nothing), ``None`` once it is let go."""

    input: int
    directive: str | None


@dataclass(frozen=True, slots=True)
class RememberPolicyAge:
    """Keep how old the Policy is, so that a restart makes it neither young nor news."""

    age: KeptAge


@dataclass(frozen=True, slots=True)
class RememberCycles:
    """Keep how often each output was switched on."""

    counts: tuple[tuple[str, int], ...]


Kept = (
    RememberPassUsed
    | RememberCancelled
    | RememberFire
    | RememberFireInput
    | RememberForced
    | RememberPress
    | RememberPolicyAge
    | RememberCycles
)
"""What is written down for the next start."""
Command = DriveOutput | ShowAtReader | RecordEvent | RaiseDirective | EndEmergency | AskEmergency | Kept
