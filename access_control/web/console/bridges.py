"""What the pages say about a bridge, and the forms that concern one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from access_control.people.permissions import Permission
from access_control.readers.bridges import BridgeLine
from access_control.readers.clocks import WRONG_S, clock_off_s
from access_control.readers.enrolment import fingerprint
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.policy_age import ClassAge, ages_of
from access_control.readers.records import EventGap
from access_control.readers.status import last_status
from access_control.readers.status_said import DiskSaid, WireSaid
from access_control.web import words
from access_control.web.bridge_alarms import age_means, how_many_missing, off
from access_control.web.console.fields import ConsoleForm, Line, Pick
from access_control.web.console.places import buildings_for

STATE_WORDS: Final = {
    BridgeState.INVITED: "Waits for its code",
    BridgeState.ENROLLED: "Waits to be confirmed",
    BridgeState.CONFIRMED: "In use",
    BridgeState.REVOKED: "Revoked",
}


class BridgeForm(ConsoleForm):
    """A new bridge."""

    name = Line("Name", needed="Type a name, as North bridge.")
    building_id = Pick("Building", convert=int)


class RenameForm(ConsoleForm):
    """Another name."""

    def __init__(self, **more: Any) -> None:
        super().__init__(prefix="rename-", **more)

    name = Line("Name", needed="Type a name.")


@dataclass(frozen=True, slots=True)
class WireView:
    """An input as an installer sees it; ``trouble`` says that its cable is at fault."""

    point: str
    use: str
    rest: str
    now: str
    since: str
    trouble: bool


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A bridge as a page shows it.

    Attributes:
        fresh: Whether its word is believed now.
        heard: When it was last heard, in words.
        clock: How its clock stands to the service's, in words, and ``clock_wrong`` whether it has to be set.
        disk: What its disk does not do; empty where it takes events.
        wires: Its inputs as they are wired and measured.
        missing: Runs of event numbers that are missing and that nobody closed.
        documents: For Policy and Orders: what was published, what is in force there, and whether these agree.
    """

    line: BridgeLine
    state: str
    fresh: bool
    heard: str
    fingerprint: str
    documents: tuple[tuple[str, str, str, bool], ...]
    twin: bool
    clock: str
    clock_wrong: bool
    missing: tuple[tuple[int, int], ...] = ()
    ages: tuple[ClassAge, ...] = ()
    disk: str = ""
    wires: tuple[WireView, ...] = ()

    @property
    def ageing(self) -> str:
        """What the age of its rules means, in a sentence for each class of doors; empty as long as it means nothing."""
        return " ".join(age_means(age) for age in self.ages)

    @property
    def missing_said(self) -> str:
        """How many events are missing, as ``6 events are missing``."""
        return how_many_missing(self.missing)

    @property
    def bridge(self) -> Bridge:
        """The row."""
        return self.line.bridge


def view(line: BridgeLine, now: datetime, limit_s: float, gaps: Sequence[EventGap], *, twin: bool) -> BridgeView:
    """What is to be said about a bridge at this moment; ``gaps`` are those that nobody closed."""
    bridge, said = line.bridge, last_status(line.bridge)
    wrong_s = clock_off_s(bridge, said, now, limit_s)
    age_s = None if bridge.status_at is None else (now - bridge.status_at).total_seconds()
    fresh = age_s is not None and age_s <= limit_s
    return BridgeView(
        line=line,
        state=STATE_WORDS[bridge.state],
        fresh=fresh and bridge.state is BridgeState.CONFIRMED,
        heard=heard(bridge.status_at, now, limit_s),
        fingerprint="" if bridge.public_key is None else fingerprint(bridge.public_key),
        documents=tuple(_documents(bridge)),
        twin=twin,
        clock=clock_words(None if said is None else said.clock_ahead_s, wrong_s),
        clock_wrong=wrong_s is not None,
        missing=tuple((gap.from_seq, gap.to_seq) for gap in gaps),
        ages=ages_of(bridge, said, now),
        disk="" if said is None else disk_words(said.outbox),
        wires=() if said is None else tuple(_wire(wire, age_s or 0.0, fresh=fresh) for wire in said.wires),
    )


def disk_words(disk: DiskSaid) -> str:
    """What a disk does not do: ``can only be read, 12 events wait in memory``."""
    if not disk.trouble:
        return ""
    how = "Can only be read. Exchange it" if disk.read_only else "Takes no events. Make room on it"
    return f"{how}; a restart would forget {words.count(disk.waiting, 'event')}"


def _wire(wire: WireSaid, age_s: float, *, fresh: bool) -> WireView:
    rest = "" if not wire.use else "Rests closed" if wire.rests_closed else "Rests open"
    now = {"closed": "Closed", "open": "Open", "cut": "Cable cut", "short": "Cable shorted"}.get(wire.state, "")
    since = "" if wire.since_s is None or not fresh else words.age(wire.since_s + age_s)
    trouble = fresh and wire.state in {"cut", "short"}
    return WireView(wire.point, wire.use or "Nothing", rest, (now if fresh else "") or "Not known", since, trouble)


def clock_words(ahead_s: float | None, wrong_s: float | None) -> str:
    """How a clock stands to the service's: ``7 s slow``, ``agrees with the service's within 2 s``."""
    if wrong_s is not None:
        return off(wrong_s)
    return "not known" if ahead_s is None else f"agrees with the service's within {WRONG_S:.0f} s"


def heard(status_at: datetime | None, now: datetime, limit_s: float) -> str:
    """How long ago a bridge was heard: ``heard 2 s ago``, ``silent for 3 min``, ``never heard``."""
    if status_at is None:
        return "never heard"
    age_s = max(timedelta(0), now - status_at).total_seconds()
    return f"heard {words.age(age_s)} ago" if age_s <= limit_s else f"silent for {words.age(age_s)}"


def offer(session: Session, form: BridgeForm) -> BridgeForm:
    """Fill the list of buildings."""
    form.building_id.offer((one.id, one.name) for one in buildings_for(session, Permission.BRIDGE_ADD))
    return form


def _documents(bridge: Bridge) -> list[tuple[str, str, str, bool]]:
    found = []
    for word, kind, n in (("Stored rules", "policy", bridge.policy_n), ("Orders", "orders", bridge.orders_n)):
        made = f"{bridge.epoch}/{n}" if n else ""
        there = str(bridge.in_force.get(kind) or "")
        found.append((word, made or "none yet", there or "not known", bool(made) and made == there))
    return found
