"""A bridge's Status as far as the service reads it; the bridge's own names, see docs/doors.md.

What is not read may be there: a newer bridge says more. A Status without these fields is refused as a whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from access_control.core.wire.errors import RefusalCode, Refused


class DoorSaid(msgspec.Struct, frozen=True):
    """One door; ``proof_age_s`` is as old as the Status it stands in."""

    door: int
    command: str
    slot: str
    proved: bool
    proof_age_s: float | None
    position: str
    alarm: str
    security: str
    why: str = ""
    acknowledged: bool = False
    directives: tuple[str, ...] = ()
    lockdown: bool = False
    drill: bool = False


class ReaderSaid(msgspec.Struct, frozen=True):
    """One reader."""

    reader: int
    link: str
    why: str = ""
    tampered: bool = False
    locked_out: bool = False
    power_failing: bool = False


class BoardSaid(msgspec.Struct, frozen=True):
    """One relay board."""

    board: int
    link: str
    why: str = ""
    power_failing: bool = False


class InputSaid(msgspec.Struct, frozen=True):
    """One alarm input: ``active`` says that its alarm stands, ``why`` that nobody would notice one."""

    input: int
    name: str
    kind: str
    active: bool
    state: str
    why: str = ""


class PolicyAgeSaid(msgspec.Struct, frozen=True):
    """How old the bridge counts its Policy, and the days that its Policy allows, by door class."""

    policy_age_s: float
    limits: dict[str, int]


class WireSaid(msgspec.Struct, frozen=True):
    """One input as its wire is seen: ``closed``, ``open``, ``cut``, ``short`` or ``unknown``."""

    point: str
    use: str
    state: str
    rests_closed: bool = False
    since_s: float | None = None


class DiskSaid(msgspec.Struct, frozen=True):
    """How a bridge's record of events stands: ``trouble`` says that the disk takes none, ``waiting`` how many wait."""

    trouble: bool = False
    read_only: bool = False
    waiting: int = 0


class EmergencySaid(msgspec.Struct, frozen=True):
    """How far one directive has got at the bridge's doors."""

    directive: str
    action: str
    drill: bool = False


class StatusSaid(msgspec.Struct, frozen=True):
    """A whole Status; ``clock_ahead_s`` is how far the bridge's clock is ahead of the service's at the least.

    A bridge that has not compared them yet says ``null``, and an older one nothing.
    """

    clock_trusted: bool
    clock_ahead_s: float | None = None
    doors: tuple[DoorSaid, ...] = ()
    readers: tuple[ReaderSaid, ...] = ()
    boards: tuple[BoardSaid, ...] = ()
    inputs: tuple[InputSaid, ...] = ()
    wires: tuple[WireSaid, ...] = ()
    outbox: DiskSaid = DiskSaid()
    emergencies: tuple[EmergencySaid, ...] = ()
    policy_age: PolicyAgeSaid | None = None


def read_status(status: dict[str, Any]) -> StatusSaid:
    """Check and read a Status.

    Raises:
        Refused: ``bad_content``: a field is missing or of another kind.
    """
    try:
        return msgspec.convert(status, StatusSaid)
    except msgspec.ValidationError as error:
        raise Refused(
            RefusalCode.BAD_CONTENT, f"The Status cannot be read ({error}). Update the service or the bridge."
        ) from error
