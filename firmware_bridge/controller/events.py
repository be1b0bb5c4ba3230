"""What can happen to a bridge. Frozen, and each carries both times; timers use only the monotonic one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from access_control.core.credentials.bits import Bits
    from access_control.core.decision.emergency import Directive, Release
    from access_control.core.decision.model import DeviceKind, EmergencyAction, Orders, Point, Policy, Revision


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant by both clocks: ``at`` is aware UTC for people, ``mono_s`` is monotonic seconds for timers."""

    at: datetime
    mono_s: float


class LinkState(StrEnum):
    """How a device answers. ``CLEAR`` is an answer outside Secure Channel: no card is taken from it."""

    DOWN = "down"
    CLEAR = "clear"
    SECURE = "secure"
    UP = "up"


class InputState(StrEnum):
    """A possibly supervised input; ``CUT`` and ``SHORT`` are trouble, never *active*."""

    NORMAL = "normal"
    ACTIVE = "active"
    CUT = "cut"
    SHORT = "short"
    UNKNOWN = "unknown"


class Proof(StrEnum):
    """How sure we are that an output is where we sent it."""

    READ_BACK = "read_back"
    ACKNOWLEDGED = "acknowledged"
    SENT = "sent"
    NONE = "none"


class LinkAlarm(StrEnum):
    """What a serial link must never do quietly."""

    DOWNGRADE = "downgrade"
    DEFAULT_KEY = "default_key"
    WRONG_KEY = "wrong_key"
    GARBAGE = "garbage"
    NAK = "nak"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class CardPresented:
    """A reader handed over a card's raw bits."""

    moment: Moment
    reader: int
    bits: Bits


@dataclass(frozen=True, slots=True)
class TextScanned:
    """A scanner handed over a line of text, a visitor pass perhaps."""

    moment: Moment
    reader: int
    text: str


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """Digits typed at a reader; ``#`` is enter and ``*`` clears."""

    moment: Moment
    reader: int
    keys: str


@dataclass(frozen=True, slots=True)
class ReaderLinkChanged:
    """A reader came, went, or changed how it is protected. ``why`` is one plain sentence or empty."""

    moment: Moment
    reader: int
    state: LinkState
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReaderAlarmed:
    """Something on a reader's line that must not pass quietly."""

    moment: Moment
    reader: int
    alarm: LinkAlarm
    detail: str


@dataclass(frozen=True, slots=True)
class ReaderTampered:
    """The reader's tamper switch changed."""

    moment: Moment
    reader: int
    tampered: bool


@dataclass(frozen=True, slots=True)
class BoardLinkChanged:
    """A relay board came or went."""

    moment: Moment
    board: int
    state: LinkState
    why: str = ""


@dataclass(frozen=True, slots=True)
class BoardAlarmed:
    """Something on a board's line that must not pass quietly."""

    moment: Moment
    board: int
    alarm: LinkAlarm
    detail: str


@dataclass(frozen=True, slots=True)
class BoardTampered:
    """A board's tamper switch changed."""

    moment: Moment
    board: int
    tampered: bool


@dataclass(frozen=True, slots=True)
class DevicePowered:
    """A reader or a board says whether its power supply fails."""

    moment: Moment
    device: tuple[DeviceKind, int]
    failing: bool


@dataclass(frozen=True, slots=True)
class InputChanged:
    """An input was seen in a new state; also sent for every input when its device comes back.

    ``restless``: it changes more often than its port may tell, so states between these are not told, and that the next
    one comes late does not say that it held still.
    """

    moment: Moment
    point: Point
    state: InputState
    restless: bool = False


@dataclass(frozen=True, slots=True)
class OutputProved:
    """An output is known to be ``energised``, and how. Sent on change and at each new proof."""

    moment: Moment
    point: Point
    energised: bool
    proof: Proof


@dataclass(frozen=True, slots=True)
class OutputLapsed:
    """The port thread switched an output off because its lease ran out: nobody renewed it."""

    moment: Moment
    point: Point


@dataclass(frozen=True, slots=True)
class OutputFailed:
    """A command could not be delivered. One that never expires may go on being tried.

    Attributes:
        expired: It was dropped on purpose because it came too late.
        superseded: A newer command that wants the opposite took its place before its device took it.
    """

    moment: Moment
    point: Point
    energised: bool
    why: str
    expired: bool = False
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class PortChanged:
    """A serial port was opened, lost, or could not be opened; ``why`` is one plain sentence."""

    moment: Moment
    port: str
    up: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class LineJabbers:
    """Something on a port's line never stops sending, or has stopped: meanwhile nothing on it can be heard.

    ``why`` is for people; ``address`` is the one that its bytes bear, where they can be read.
    """

    moment: Moment
    port: str
    jabbers: bool
    why: str = ""
    address: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyAccepted:
    """A verified Policy is in force from now on."""

    moment: Moment
    policy: Policy


@dataclass(frozen=True, slots=True)
class PolicyConfirmed:
    """The service has said that the Policy of this revision is the newest there is."""

    moment: Moment
    revision: Revision


@dataclass(frozen=True, slots=True)
class OrdersAccepted:
    """Verified Orders, already folded with everything this bridge keeps."""

    moment: Moment
    orders: Orders


@dataclass(frozen=True, slots=True)
class DocumentRefused:
    """A document was not taken. ``why`` is one plain sentence; the ones in force go on."""

    moment: Moment
    kind: str
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class DirectiveHeard:
    """A verified directive from anywhere: the service, a neighbour, or this bridge's own store."""

    moment: Moment
    directive: Directive


@dataclass(frozen=True, slots=True)
class ReleaseHeard:
    """A verified release from anywhere."""

    moment: Moment
    release: Release


@dataclass(frozen=True, slots=True)
class EmergencyAsked:
    """Someone at this bridge starts an emergency: its command line, or the panic input with the number ``input``."""

    moment: Moment
    directive_id: str
    action: EmergencyAction
    scope: str
    by: str
    drill: bool
    input: int | None = None


@dataclass(frozen=True, slots=True)
class UnlockAsked:
    """A verified *unlock once* Action. It goes through the same slots as every other grant."""

    moment: Moment
    action_id: str
    door: int
    by: str


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged:
    """A person saw a door's alarm; a forced alarm ends only when it is both acknowledged and closed."""

    moment: Moment
    door: int
    by: str


@dataclass(frozen=True, slots=True)
class FireReset:
    """A person reset a door whose fire release stays latched; it counts once the fire input is normal again."""

    moment: Moment
    door: int
    by: str


@dataclass(frozen=True, slots=True)
class SelfTestAsked:
    """Someone at this bridge wants a lock to be tried. ``test`` is the id under which its outcome is recorded."""

    moment: Moment
    test: str
    door: int
    by: str


@dataclass(frozen=True, slots=True)
class ClockJudged:
    """Whether the wall clock can be believed from now on."""

    moment: Moment
    trusted: bool


@dataclass(frozen=True, slots=True)
class StorageJudged:
    """Whether the disk takes from now on what must be stored."""

    moment: Moment
    works: bool


@dataclass(frozen=True, slots=True)
class UplinkChanged:
    """Whether the service is reached from now on; told only where the bridge has one."""

    moment: Moment
    reached: bool


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The deadline that the controller asked for has come."""

    moment: Moment


Event = (
    CardPresented
    | TextScanned
    | KeysPressed
    | ReaderLinkChanged
    | ReaderAlarmed
    | ReaderTampered
    | BoardLinkChanged
    | BoardAlarmed
    | BoardTampered
    | DevicePowered
    | InputChanged
    | OutputProved
    | OutputLapsed
    | OutputFailed
    | PortChanged
    | LineJabbers
    | PolicyAccepted
    | PolicyConfirmed
    | OrdersAccepted
    | DocumentRefused
    | DirectiveHeard
    | ReleaseHeard
    | EmergencyAsked
    | UnlockAsked
    | AlarmAcknowledged
    | FireReset
    | SelfTestAsked
    | ClockJudged
    | StorageJudged
    | UplinkChanged
    | TimePassed
)
