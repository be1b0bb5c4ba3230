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


class BoardSaid(msgspec.Struct, frozen=True):
    """One relay board."""

    board: int
    link: str
    why: str = ""


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
    emergencies: tuple[EmergencySaid, ...] = ()


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
