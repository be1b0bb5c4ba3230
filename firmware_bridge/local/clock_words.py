"""Why a bridge does not believe its clock and what to do, in the words of ``status``, ``clock`` and ``doctor``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_ACCEPT: Final = "run `firmware-bridge clock --accept`"
_SET: Final = "Set the machine's clock or let it follow a time server."
_UNITS: Final = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "s"))
NOT_ACCEPTED: Final[Mapping[str, str]] = {
    "believed": "The clock is believed already; there is nothing to accept.",
    "contradicted": f"The service's clock says otherwise. {_SET} If the service is wrong, set its clock.",
    "unconfirmed": "The service does not answer, so nobody but you can say that the clock is right. Confirm it.",
}
"""What comes instead of accepting the clock."""


def clock_doubt(clock: Mapping[str, Any]) -> str:
    """Why the clock is not believed and what to do; ``clock`` is that part of the status. Empty if it is believed."""
    off = f"{_how_long(abs(clock['off_s']))} {'ahead of' if clock['off_s'] > 0 else 'behind'}"
    match clock["doubt"]:
        case "service":
            return f"It is {off} the service's. {_SET}"
        case "before" if clock["service"] == "agrees":
            return (
                f"It and the service agree, but both are before {spelled(clock['newest'])}, which this bridge took for "
                f"right earlier. If the clock is right now, {_ACCEPT}."
            )
        case "before":
            return (
                f"It is {off} {spelled(clock['newest'])}, which this bridge took for right earlier. {_SET} "
                f"If it is right as it is, {_ACCEPT}."
            )
        case "jumped":
            return f"It jumped, and is {off} where it should be. {_SET} If it is right as it is, {_ACCEPT}."
        case "unproved":
            return (
                "Nothing has proved it since the machine started or the service contradicted it. The service does once "
                f"it answers; without it, look at a clock that you trust and {_ACCEPT}."
            )
        case _:
            return ""


def spelled(at: str) -> str:
    """A time of the status, for people."""
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _how_long(seconds: int) -> str:
    """In the largest unit that is there at least twice."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= 2 * size), _UNITS[-1])
    return f"{seconds // size} {unit}"
