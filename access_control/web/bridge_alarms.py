"""What people have to know of a bridge besides its silence: alarm inputs, old rules, missing events, a wrong clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from access_control.core.decision.model import DoorClass
from access_control.readers.policy_age import ClassAge
from access_control.readers.status import BridgeNow
from access_control.readers.status_said import InputSaid
from access_control.web.words import count, duration, listing

NAMED: Final = 3
"""So many runs of missing numbers are named in one sentence; more are counted."""


INPUT_WORDS: Final = {
    "panic": "Panic button",
    "fire": "Fire panel",
    "mains_fail": "Mains supply",
    "battery_low": "Standby battery",
    "enclosure_tamper": "Enclosure",
    "key_box_tamper": "Key box",
}
CLASS_WORDS: Final = {
    DoorClass.EXTERIOR: "outside doors",
    DoorClass.INTERIOR: "inside doors",
    DoorClass.ROOM: "rooms",
}
_INPUTS: Final = {
    "panic": ("panic button pressed", "Go there. What it started ends only by a release."),
    "fire": ("the fire panel reports an alarm", "It ends when the fire panel is at rest again."),
    "key_box_tamper": ("key box opened", "Go and look who has the keys."),
    "enclosure_tamper": ("enclosure opened", "Go and look."),
    "mains_fail": ("mains failed", "It runs on its battery. Find out why before that is empty."),
    "battery_low": ("battery low", "Replace it before the mains fail."),
    "": ("alarm", "Go and look."),
}
_KINDS: Final = tuple(_INPUTS)


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
    found = [*input_alarms(bridge), *age_alarms(bridge)]
    if bridge.disk.trouble:
        how = "can only be read" if bridge.disk.read_only else "takes no events"
        said = f"{possessive(bridge.name)} disk {how}"
        found.append(BridgeAlarm(f"bridge {bridge.id} disk {how}", said, disk_means(bridge)))
    if bridge.missing:
        what = events(bridge.missing)
        verb = "is" if what.startswith("event ") else "are"
        key = f"bridge {bridge.id} gap {bridge.missing[-1][0]}"
        found.append(BridgeAlarm(key, f"{bridge.name}: {what} {verb} missing", missing_means(bridge)))
    if bridge.clock_off_s is not None:
        said = f"{possessive(bridge.name)} clock is {off(bridge.clock_off_s)}"
        found.append(BridgeAlarm(f"bridge {bridge.id} clock", said, clock_means(bridge)))
    return found


def input_alarms(bridge: BridgeNow) -> list[BridgeAlarm]:
    """What a bridge's alarm inputs say, alarms before those that nobody would hear; each stands until it ends."""
    inputs = sorted(bridge.inputs, key=lambda given: (not given.active, _KINDS.index(_kind(given)), given.name))
    return [
        BridgeAlarm(f"input {given.input} active", f"{given.name}: {said}", f"At {bridge.name}. {todo}")
        if given.active
        else BridgeAlarm(f"input {given.input} {given.state}", f"{given.name} cannot be read", _unread(bridge, given))
        for given in inputs
        if given.active or given.why
        for said, todo in (_INPUTS[_kind(given)],)
    ]


def age_alarms(bridge: BridgeNow) -> list[BridgeAlarm]:
    """The worst that the age of a bridge's rules means; it ends when the bridge is told that they still hold."""
    if not bridge.ages:
        return []
    worst = bridge.ages[0]
    key = f"bridge {bridge.id} rules {worst.step}"
    said = f"{possessive(bridge.name)} rules are not confirmed for {count(worst.days, 'day')}"
    return [BridgeAlarm(key, said, " ".join((*(age_means(age) for age in bridge.ages), "Restore its connection.")))]


def age_means(age: ClassAge) -> str:
    """What the age of the rules means at one class of doors."""
    where = CLASS_WORDS[age.door_class]
    if age.over:
        return f"At {where} whoever has hours is refused and timed unlocks stay locked."
    return f"In {count(max(1, age.limit_days - age.days), 'day')} that stops what has hours at {where}."


def _kind(given: InputSaid) -> str:
    return given.kind if given.kind in _INPUTS else ""


def _unread(bridge: BridgeNow, given: InputSaid) -> str:
    what = INPUT_WORDS.get(given.kind, "alarm input").lower()
    return f"At {bridge.name}. {given.why} This {what} tells nothing until that is mended."


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


def disk_means(bridge: BridgeNow) -> str:
    """What a disk that takes nothing means and what to do."""
    todo = "Exchange it" if bridge.disk.read_only else "Make room on it"
    return (
        f"Its doors go on, but refuse passes for a single entry. A restart would forget what is in its memory only: "
        f"{count(bridge.disk.waiting, 'event')}. {todo}."
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
