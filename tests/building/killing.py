"""The verdict on a bridge that was killed again and again: what relays really did against its events.

The building's own relay log is the witness. A release of a lock without the event of a grant is a *lost* event; an
event that is there twice, or a grant that no release follows although no kill explains it, is a *doubled* one. A
lockdown that the bridge answered for is *forgotten* if a later start does not know it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from access_control.core.decision.building import DoorTiming
from access_control.core.wire.events import EventRecord
from access_control.core.wire.policy_draft import PolicyDraft
from firmware_bridge.simulator.relay_log import read_relay_log
from tests.building.nursery import WentAhead
from tests.building.processes import Site
from tests.building.signed import DOORS, card

UNLOCK_S = 0.8
"""Long enough for a board that misses two questions; what is shorter may be over before the lock could be let go."""
GRANTS = {"ACCESS_GRANTED", "GRANTED_EXTENDED", "GRANTED_RESPONDER"}
OF_LOCKDOWNS = {"SRP_LOCKDOWN_START", "DOOR_SECURED", "SECURE_FAILED"}
"""What a lockdown tells while a grant before it may still be without its release."""


def quick(draft: PolicyDraft) -> PolicyDraft:
    """Doors that lock again soon, so that each grant is one movement of a relay."""
    return replace(
        draft, doors=[replace(door, timing=DoorTiming(unlock_s=UNLOCK_S, relock_delay_s=0.1)) for door in draft.doors]
    )


@dataclass(frozen=True)
class Release:
    """A relay that let a lock go, by the building's own account."""

    door: int
    mono_s: float


@dataclass(frozen=True)
class Press:
    """A lockdown that was asked for just before a kill; seconds are monotonic.

    Attributes:
        directive: The lockdown's id: what was answered, else what the next start had in force; ``None`` for neither.
        answered: Whether the bridge had said that it is kept.
        held: Whether the next start had it in force.
        killed_s: When the bridge was killed.
        started_s: When the next one was started, and ``tried_s`` when the first responder came after it.
    """

    directive: str | None
    answered: bool
    pressed_s: float
    killed_s: float
    held: bool = False
    started_s: float = 0.0
    tried_s: float = 0.0


@dataclass(frozen=True)
class Lockdowns:
    """What became of the presses.

    Attributes:
        answered: How many the bridge had answered for, and ``unanswered`` those where the kill came first.
        forgotten: Answered for, and not in force at the next start.
        opened: Doors that opened to somebody, or by their schedule, before the first responder came.
        untold: In force without an event of their own, or with several.
        ahead: In force without one, but the bridge had waited its 50 ms for it in vain.
    """

    answered: int
    unanswered: int
    forgotten: tuple[Press, ...]
    opened: tuple[Release, ...]
    untold: tuple[Press, ...]
    ahead: tuple[Press, ...]


@dataclass(frozen=True)
class Verdict:
    """What the rounds came to.

    Attributes:
        releases: How often a lock was let go.
        lost: Releases without the event of a grant just before.
        ahead: The same, but the nursery saw that the bridge had waited its 50 ms in vain for the event to be stored: a
            door does not wait longer for a disk or a machine that stands still, and then the kill came.
        unfinished: Grants without a release whose bridge was killed just then: stored, but the lock never moved.
        expired: Grants without a release of which the bridge says itself that they came too late for the lock.
        doubled: Grants without a release that no kill explains, and events that are there more than once.
        gaps: Whether sequence numbers are missing, or there is more than one stream.
        unclean: How often a bridge found that it had been killed.
        lockdowns: What became of the presses.
        wrong_outputs: Starts after which the relays did not come to where they belong.
    """

    releases: int
    lost: tuple[Release, ...]
    ahead: tuple[Release, ...]
    unfinished: tuple[EventRecord, ...]
    expired: tuple[EventRecord, ...]
    doubled: tuple[EventRecord, ...]
    gaps: bool
    unclean: int
    lockdowns: Lockdowns
    wrong_outputs: tuple[str, ...]


def releases(site: Site) -> list[Release]:
    """Every one until now at a door with a reader."""
    return [
        Release(int(str(line["door"])), float(str(line["mono_s"])))
        for line in read_relay_log(site.installation.relays)
        if line["what"] == "output" and line["on"] and line["door"] in DOORS
    ]


def unexplained(moved: list[Release], events: list[EventRecord]) -> tuple[list[Release], list[EventRecord]]:
    """Releases without a grant just before them, and grants without a release just after them."""
    left = [event for event in events if event.code in GRANTS]
    without = []
    for release in moved:
        match = [
            event
            for event in left
            if event.door == release.door and -0.05 <= release.mono_s - (event.mono_ms or 0) / 1000 <= 2.0
        ]
        if match:
            # The nearest: one that a kill left without a release may lie less than 2 s before it, too.
            left.remove(max(match, key=lambda event: event.seq))
        else:
            without.append(release)
    return without, left


def verdict(site: Site, went_ahead: Sequence[WentAhead], presses: Sequence[Press], wrong: Sequence[str]) -> Verdict:
    """Compare everything that relays did with everything that is stored."""
    events, moved = site.events(), releases(site)
    without_event, without_release = unexplained(moved, events)
    ahead = [release for release in without_event if _waited_in_vain(release, went_ahead)]
    codes = [event.code for event in events]
    # A grant is stored before its lock moves: the kill may come in between, and then it is the last of its run.
    unfinished = [event for event in without_release if _ends_a_run(event, events)]
    expired = [event for event in without_release if event not in unfinished and _came_too_late(event, events)]
    explained = [*unfinished, *expired]
    twice = {event_id for event_id, count in Counter(event.id for event in events).items() if count > 1}
    return Verdict(
        len(moved),
        tuple(release for release in without_event if release not in ahead),
        tuple(ahead),
        tuple(unfinished),
        tuple(expired),
        tuple(event for event in events if event.id in twice or (event in without_release and event not in explained)),
        [event.seq for event in events] != list(range(1, len(events) + 1))
        or len({(event.bridge, event.stream) for event in events}) != 1,
        codes.count("BRIDGE_UNCLEAN_STOP"),
        lockdowns(site, events, presses, went_ahead),
        tuple(wrong),
    )


def lockdowns(
    site: Site, events: Sequence[EventRecord], presses: Sequence[Press], went_ahead: Sequence[WentAhead]
) -> Lockdowns:
    """What became of the presses."""
    told = Counter(event.detail["directive"] for event in events if event.code == "SRP_LOCKDOWN_START")
    untold = [press for press in presses if press.held and press.directive and told[press.directive] != 1]
    ahead = [
        press
        for press in untold
        if not told[press.directive]
        and any(press.pressed_s <= one.mono_s <= press.killed_s for one in went_ahead if one.code not in GRANTS)
    ]
    unlocked = [
        Release(int(str(line["door"])), float(str(line["mono_s"])))
        for line in read_relay_log(site.installation.relays)
        if line["what"] == "output" and line["released"]
    ]
    opened = [
        release
        for release in unlocked
        for press in presses
        if press.held and press.started_s <= release.mono_s <= press.tried_s
        if not _was_under_way(release, press, events)
    ]
    return Lockdowns(
        sum(press.answered for press in presses),
        sum(not press.answered for press in presses),
        tuple(press for press in presses if press.answered and not press.held),
        tuple(opened),
        tuple(press for press in untold if press not in ahead),
        tuple(ahead),
    )


def _was_under_way(release: Release, press: Press, events: Sequence[EventRecord]) -> bool:
    """A command that the killed bridge had sent may reach a board on a busy machine when the next one starts."""
    granted_s = [(event.mono_ms or 0) / 1000 for event in events if event.code in GRANTS and event.door == release.door]
    return any(release.mono_s - 2.0 <= at_s <= press.killed_s for at_s in granted_s)


def _waited_in_vain(release: Release, went_ahead: Sequence[WentAhead]) -> bool:
    return any(one.door == release.door and -0.05 <= release.mono_s - one.mono_s <= 2.0 for one in went_ahead)


def _ends_a_run(event: EventRecord, events: list[EventRecord]) -> bool:
    following = [later.code for later in events if later.seq > event.seq and later.code not in OF_LOCKDOWNS][:2]
    return "BRIDGE_UNCLEAN_STOP" in following


def _came_too_late(event: EventRecord, events: list[EventRecord]) -> bool:
    following = [later for later in events if later.seq > event.seq][:10]
    given_up = {("OUTPUT_EXPIRED", event.door), ("OUTPUT_SUPERSEDED", event.door)}
    return any((later.code, later.door) in given_up for later in following)


def present(site: Site, reader: int, person: int) -> None:
    """Hold a person's card to a reader."""
    site.remote.present(reader, card(person))


def outputs_on(site: Site) -> list[Release]:
    """Relays that are still on."""
    state = {line["door"]: line for line in read_relay_log(site.installation.relays) if line["what"] == "output"}
    return [Release(int(str(door)), float(str(line["mono_s"]))) for door, line in state.items() if line["on"]]


def is_locked(site: Site, door: int) -> bool:
    """Whether a door's relay is at rest."""
    return all(one.door != door for one in outputs_on(site))


def has_moved(site: Site, before: int) -> bool:
    """Whether a lock was let go since there were so many releases."""
    return len(releases(site)) > before
