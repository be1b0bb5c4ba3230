"""What people have to know of a bridge besides its silence: events that are missing, a clock that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from access_control.readers.status import BridgeNow
from access_control.web.words import count, duration, listing

NAMED: Final = 3
"""So many runs of missing numbers are named in one sentence; more are counted."""


@dataclass(frozen=True, slots=True)
class BridgeAlarm:
    """One thing that needs a person.

    Attributes:
        key: The same as long as it is the same thing.
        said: What is so.
        cause: What that means and what to do.
    """

    key: str
    said: str
    cause: str


def bridge_alarms(bridge: BridgeNow) -> list[BridgeAlarm]:
    """What is wrong at a bridge, the worst first."""
    found = []
    if bridge.missing:
        what = events(bridge.missing)
        verb = "is" if what.startswith("event ") else "are"
        key = f"bridge {bridge.id} gap {bridge.missing[-1][0]}"
        found.append(BridgeAlarm(key, f"{bridge.name}: {what} {verb} missing", missing_means(bridge)))
    if bridge.clock_off_s is not None:
        said = f"{possessive(bridge.name)} clock is {off(bridge.clock_off_s)}"
        found.append(BridgeAlarm(f"bridge {bridge.id} clock", said, clock_means(bridge)))
    return found


def events(runs: Sequence[tuple[int, int]]) -> str:
    """``events 1,204 to 1,209``, ``event 7``, ``events 7, 9 to 12 and 40``, and from four runs on how many more."""
    named = [f"{first:,}" if first == last else f"{first:,} to {last:,}" for first, last in runs[:NAMED]]
    more = len(runs) - NAMED
    if more > 0:
        named.append("one more run" if more == 1 else f"{more} more runs")
    single = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"event{'' if single else 's'} {listing(named)}"


def missing_means(bridge: BridgeNow) -> str:
    """What missing numbers mean and what to do."""
    if bridge.lost_in_restore:
        return (
            "They went with a backup that was restored, and the bridge keeps them no more. "
            "Restore a newer backup, or let an administrator close this on its page."
        )
    return (
        "What its doors did then is not on record. Find out why at the bridge. "
        "An administrator can then close this on its page."
    )


def off(ahead_s: float) -> str:
    """``7 s slow`` or ``3 min 5 s fast``."""
    return f"{duration(round(abs(ahead_s)))} {'fast' if ahead_s > 0 else 'slow'}"


def clock_means(bridge: BridgeNow) -> str:
    """What a wrong clock means and what to do."""
    todo = "Set it, or let it follow a time server."
    if bridge.clock_trusted is False:
        return f"Visitor passes and schedules wait until it is right. {todo}"
    if bridge.clock_off_s is not None and bridge.clock_off_s > 0:
        return f"Its events bear too late a time, and schedules come early. {todo}"
    return f"Its events bear too early a time, and schedules come late. {todo}"


def possessive(name: str) -> str:
    """``South bridge's``, ``Lions'``."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def how_many_missing(runs: Sequence[tuple[int, int]]) -> str:
    """``6 events are missing``: for lists."""
    number = sum(last - first + 1 for first, last in runs)
    return f"{count(number, 'event')} {'is' if number == 1 else 'are'} missing"
