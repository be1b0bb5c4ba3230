"""What the audit says to people: a deed for each action, and a name for whom or what it was done to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access_control.audit.models import AuditRecord
from access_control.people.models import Cardholder, Group, Operator
from access_control.readers.models import (
    Badge,
    Board,
    Bridge,
    Building,
    DayType,
    Door,
    Level,
    Reader,
    Schedule,
    Site,
    Zone,
)
from access_control.readers.records import DirectiveRow
from access_control.visitors.models import BannedPerson, Visit

DEEDS: Final[Mapping[str, str]] = {
    "alarm.seen": "saw an alarm",
    "badge.edited": "changed the badge",
    "badge.issued": "issued the badge",
    "badge.status": "set what the badge is good for",
    "banned.added": "put on the banned list",
    "banned.edited": "changed on the banned list",
    "banned.ended": "took off the banned list",
    "board.added": "added the board",
    "board.edited": "changed the board",
    "bridge.added": "added the bridge",
    "bridge.confirmed": "confirmed the bridge",
    "bridge.enrolled": "enrolled as the bridge",
    "bridge.gap_closed": "gave up waiting for missing events of",
    "bridge.invited_again": "made a new code for the bridge",
    "bridge.renamed": "renamed the bridge",
    "bridge.revoked": "revoked the bridge",
    "bridge.twin": "was seen twice at a time",
    "building.added": "added the building",
    "calendar.cleared": "made regular days of the days from",
    "calendar.marked": "marked the days from",
    "day_type.added": "added the kind of day",
    "door.added": "added the door",
    "door.edited": "changed the door",
    "door.override_ended": "ended the order by hand at the door",
    "door.override_set": "set by hand the door",
    "door.unlock_once": "released once the door",
    "emergency.going": "went to a door of",
    "emergency.release_asked": "asked to release",
    "emergency.release_cancelled": "took back the release of",
    "emergency.released": "released",
    "emergency.started": "started",
    "group.added": "added the group",
    "group.levels_set": "set the access levels of the group",
    "group.renamed": "renamed the group",
    "level.added": "added the access level",
    "level.edited": "changed the access level",
    "operator.added": "added the account of",
    "operator.edited": "changed the account of",
    "operator.grant_ended": "took a role from",
    "operator.granted": "gave a role to",
    "operator.password_changed": "changed the password of",
    "operator.signed_in": "signed in",
    "operator.signed_out": "signed out",
    "pass.minted_again": "made a new pass for",
    "person.added": "added",
    "person.edited": "changed",
    "person.levels_set": "set the access levels of",
    "person.pin_removed": "removed the PIN of",
    "person.pin_set": "set the PIN of",
    "reader.added": "added the reader",
    "reader.edited": "changed the reader",
    "schedule.added": "added the schedule",
    "schedule.edited": "changed the schedule",
    "screening.decided": "decided a possible match of",
    "setting.changed": "changed a setting of",
    "site.created": "created the school",
    "site.made_up": "made up the school",
    "visit.cancelled": "cancelled the visit of",
    "visit.checked_in": "checked in",
    "visit.closed": "closed, unfinished, the visit of",
    "visit.expected": "expected",
    "visit.extended": "extended the visit of",
    "visit.held": "had to wait for a decision about",
    "visit.signed_out": "signed out",
    "zone.added": "added the zone",
}
"""What somebody did, between who did it and to what. A test sees that no action is without one."""

GONE: Final = "one that is gone"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a deed was done to; ``path`` is its page, or empty."""

    name: str
    path: str = ""


def _directive(row: DirectiveRow) -> str:
    return f"{'the drill of ' if row.drill else ''}{row.action.value.capitalize()}"


_KINDS: Final[Mapping[str, tuple[Any, Any, Callable[[Any], str], str]]] = {
    "badge": (select(Badge), Badge.id, lambda row: f"{row.label or row.number}", "/badges/{}"),
    "banned": (
        BannedPerson,
        BannedPerson.id,
        lambda row: f"{row.given_name} {row.family_name}".strip(),
        "/desk/banned/{}",
    ),
    "board": (select(Board), Board.id, lambda row: row.name, "/boards/{}"),
    "bridge": (select(Bridge), Bridge.id, lambda row: row.name, "/bridges/{}"),
    "building": (select(Building), Building.id, lambda row: row.name, ""),
    "day_type": (select(DayType), DayType.id, lambda row: row.name, ""),
    "directive": (select(DirectiveRow), DirectiveRow.id, _directive, "/emergency/{}"),
    "door": (select(Door), Door.id, lambda row: f"{row.number}, {row.name}", "/doors/{}"),
    "group": (select(Group), Group.id, lambda row: row.name, "/groups/{}"),
    "level": (select(Level), Level.id, lambda row: row.name, "/levels/{}"),
    "operator": (select(Operator), Operator.id, lambda row: row.name, "/operators/{}"),
    "person": (select(Cardholder), Cardholder.ref, lambda row: row.full_name, "/people/{}"),
    "reader": (select(Reader), Reader.id, lambda row: row.name, "/readers/{}"),
    "schedule": (select(Schedule), Schedule.id, lambda row: row.name, "/schedules/{}"),
    "site": (select(Site), Site.id, lambda row: row.name, ""),
    "visit": (
        select(Visit).options(joinedload(Visit.visitor)),
        Visit.id,
        lambda row: row.visitor.full_name,
        "/visits/{}",
    ),
    "zone": (select(Zone), Zone.id, lambda row: row.name, ""),
}


def subjects(session: Session, references: Iterable[str]) -> dict[str, Subject]:
    """The names behind references such as ``door:7``: one question for each kind, however many there are."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    found: dict[str, Subject] = {}
    for reference in references:
        kind, _, key = reference.partition(":")
        if kind in _KINDS:
            keys[kind].add(key)
            found[reference] = Subject(GONE)
        else:
            found[reference] = Subject(key if kind == "calendar" else "")
    for kind, wanted in keys.items():
        query, column, name, path = _KINDS[kind]
        numbers = column.type.python_type is int
        ids = [int(key) for key in wanted if key.isdecimal()] if numbers else list(wanted)
        for row in session.scalars(query.where(column.in_(ids))):
            key = str(getattr(row, column.key))
            found[f"{kind}:{key}"] = Subject(name(row), path.format(key))
    return found


def sentence(record: AuditRecord, subject: Subject) -> tuple[str, Subject]:
    """What somebody did and to what; who signs in or out does it to nobody else."""
    alone = record.subject == record.actor and record.action in {"operator.signed_in", "operator.signed_out"}
    return deed(record.action, record.facts), Subject("") if alone else subject


def deed(action: str, facts: Mapping[str, Any]) -> str:
    """What somebody did; of an action that this version does not know, its name."""
    if action == "badge.status" and isinstance(facts.get("status"), str):
        return f"marked {facts['status']} the badge"
    return DEEDS.get(action, action)
