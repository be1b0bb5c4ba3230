"""What the audit says to people: a deed for each action, and a name for whom or what it was done to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from access_control.audit.models import AuditRecord
from access_control.people.models import Cardholder, Group, Operator
from access_control.readers.input_models import AlarmInput
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
from access_control.readers.records import DirectiveRow, FireReportRow
from access_control.typed_numbers import number_or_none
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
    "bridge.neighbours_address": "wrote down where its neighbours reach the bridge",
    "bridge.release_code_used": "took a code that ends an emergency",
    "bridge.release_codes_made": "made codes that end an emergency for the bridge",
    "bridge.renamed": "renamed the bridge",
    "bridge.replaced": "put a new machine in the place of the bridge",
    "bridge.replacement_begun": "made a code for a new machine in the place of the bridge",
    "bridge.replacement_cancelled": "called off a new machine in the place of the bridge",
    "bridge.replacement_enrolled": "enrolled to take the place of the bridge",
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
    "fire.marked": "said what it was of",
    "group.added": "added the group",
    "group.levels_set": "set the access levels of the group",
    "group.renamed": "renamed the group",
    "input.added": "added the alarm input",
    "input.edited": "changed the alarm input",
    "input.removed": "removed the alarm input",
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
    "person.may_release_given": "gave the right to end emergencies at readers to",
    "person.may_release_taken": "took the right to end emergencies at readers from",
    "person.pin_removed": "removed the PIN of",
    "person.pin_set": "set the PIN of",
    "reader.added": "added the reader",
    "reader.edited": "changed the reader",
    "recovery.keys_fetched": "had the sealed keys fetched by whoever had the code of a new machine",
    "recovery.keys_sealed": "sent a sealed copy of its readers' keys",
    "recovery.passphrase_changed": "made another recovery passphrase for",
    "recovery.passphrase_set": "made the recovery passphrase of",
    "schedule.added": "added the schedule",
    "schedule.edited": "changed the schedule",
    "screening.decided": "decided a possible match of",
    "setting.changed": "changed a setting of",
    "site.created": "created the school",
    "site.made_up": "made up the school",
    "site.restored": "found an older copy of the database in use at the school",
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
_ALONE: Final = frozenset(
    {"operator.signed_in", "operator.signed_out", "recovery.keys_fetched", "recovery.keys_sealed"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a deed was done to; ``path`` is its page, or empty."""

    name: str
    path: str = ""


def _name(row: Any) -> str:
    return str(row.name)


def _directive(row: DirectiveRow) -> str:
    return f"{'the drill of ' if row.drill else ''}{row.action.value.capitalize()}"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the rows behind one kind of reference are found and named; ``path`` takes their key."""

    key: InstrumentedAttribute[Any]
    name: Callable[[Any], str]
    path: str = ""
    options: tuple[ExecutableOption, ...] = ()


_KINDS: Final[Mapping[str, _Kind]] = {
    "badge": _Kind(Badge.id, lambda row: str(row.label or row.number), "/badges/{}"),
    "banned": _Kind(BannedPerson.id, lambda row: f"{row.given_name} {row.family_name}".strip(), "/desk/banned/{}"),
    "board": _Kind(Board.id, _name, "/boards/{}"),
    "bridge": _Kind(Bridge.id, _name, "/bridges/{}"),
    "building": _Kind(Building.id, _name),
    "day_type": _Kind(DayType.id, _name),
    "directive": _Kind(DirectiveRow.id, _directive, "/emergency/{}"),
    "door": _Kind(Door.id, lambda row: f"{row.number}, {row.name}", "/doors/{}"),
    "fire": _Kind(FireReportRow.id, lambda row: f"the fire alarm at {row.input}", "/fire-tests/{}"),
    "group": _Kind(Group.id, _name, "/groups/{}"),
    "input": _Kind(AlarmInput.id, _name, "/inputs/{}"),
    "level": _Kind(Level.id, _name, "/levels/{}"),
    "operator": _Kind(Operator.id, _name, "/operators/{}"),
    "person": _Kind(Cardholder.ref, lambda row: str(row.full_name), "/people/{}"),
    "reader": _Kind(Reader.id, _name, "/readers/{}"),
    "schedule": _Kind(Schedule.id, _name, "/schedules/{}"),
    "site": _Kind(Site.id, _name),
    "visit": _Kind(Visit.id, lambda row: str(row.visitor.full_name), "/visits/{}", (joinedload(Visit.visitor),)),
    "zone": _Kind(Zone.id, _name),
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
        of = _KINDS[kind]
        numbers = of.key.type.python_type is int
        read = [number_or_none(key) if numbers else key for key in wanted]
        ids = [key for key in read if key is not None]
        for row in session.scalars(select(of.key.class_).options(*of.options).where(of.key.in_(ids))):
            key = str(getattr(row, of.key.key))
            found[f"{kind}:{key}"] = Subject(of.name(row), of.path.format(key))
    return found


def sentence(record: AuditRecord, subject: Subject) -> tuple[str, Subject]:
    """What somebody did and to what; who signs in or out does it to nobody else."""
    alone = record.subject == record.actor and record.action in _ALONE
    return deed(record.action, record.facts), Subject("") if alone else subject


def deed(action: str, facts: Mapping[str, Any]) -> str:
    """What somebody did; of an action that this version does not know, its name."""
    if action == "badge.status" and isinstance(facts.get("status"), str):
        return f"marked {facts['status']} the badge"
    return DEEDS.get(action, action)
