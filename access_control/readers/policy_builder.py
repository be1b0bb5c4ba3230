"""From rows to a Policy draft for one bridge. What is not a row of this bridge's doors, or of a person, stays out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import BadgeStatus, HolderClass, Revision, Timetable
from access_control.core.wire.policy import FOREVER, Badge, Level, Person, PolicyDraft
from access_control.people.models import Cardholder, Membership
from access_control.people.pins import open_pin
from access_control.readers import models
from access_control.readers.building_records import board_record, door_record, input_record, reader_record
from access_control.readers.input_models import AlarmInput
from access_control.readers.keys import SchoolKeys
from access_control.readers.neighbours import neighbour_addresses, neighbour_keys
from access_control.readers.records import Revocation, RevocationAt
from access_control.readers.recovery import recovery_key
from access_control.readers.release_codes import unused_digests
from access_control.readers.settings import age_limits, emergency_rules
from access_control.readers.site import scopes, the_site
from access_control.readers.timetables import Calendar, Interval

_ALWAYS = Timetable(always=True)
_NEVER = Timetable()
_CLASSES = {one.value: one for one in HolderClass}
_STATUSES = {one.value: one for one in BadgeStatus}

# The two long lists are read as columns of their tables, and their words as text: making entities and looking up each
# word through its column's type would take most of the time of a build.
_HOLDER = Cardholder.__table__.c
_CARDHOLDERS = select(
    _HOLDER.ref,
    type_coerce(_HOLDER.holder_class, String),
    _HOLDER.active,
    _HOLDER.extended,
    _HOLDER.pin_sealed,
    _HOLDER.valid_from,
    _HOLDER.valid_until,
    _HOLDER.may_release,
)
_BADGE = models.Badge.__table__.c
_BADGES = select(
    _BADGE.canonical,
    _BADGE.person_ref,
    _BADGE.format,
    _BADGE.facility_code,
    _BADGE.number,
    type_coerce(_BADGE.status, String),
    _BADGE.valid_from,
    _BADGE.valid_until,
)


def calendar_for(session: Session, timezone: str, at: datetime) -> Calendar:
    """The site's calendar from the beginning of this week, so that within a week the same rows give the same spans."""
    monday = at.astimezone(UTC).date() - timedelta(days=at.astimezone(UTC).weekday())
    special = dict(session.execute(select(models.CalendarDay.day, models.CalendarDay.day_type_id)).all())
    return Calendar(ZoneInfo(timezone), special, monday)


def draft_for(
    session: Session, bridge: models.Bridge, keys: SchoolKeys, at: datetime, revision: Revision
) -> PolicyDraft:
    """Everything that one bridge shall know.

    Raises:
        BadValueError: A door's point cannot be read.
        KeyFileError: A PIN was sealed with another key.
    """
    site = the_site(session)
    calendar = calendar_for(session, site.timezone, at)
    spans = _timetables(session, calendar)
    doors = session.scalars(
        select(models.Door).where(models.Door.bridge_id == bridge.id).order_by(models.Door.id)
    ).all()
    own = {door.id for door in doors}
    readers = session.scalars(select(models.Reader).where(models.Reader.door_id.in_(own))).all()
    boards = session.scalars(select(models.Board).where(models.Board.bridge_id == bridge.id)).all()
    inputs = session.scalars(select(AlarmInput).where(AlarmInput.bridge_id == bridge.id)).all()
    groups = session.scalars(select(models.DoorGroup).where(models.DoorGroup.bridge_id == bridge.id)).all()
    return PolicyDraft(
        site=site.id,
        site_code=site.code,
        bridge=bridge.id,
        revision=revision,
        made_at=at,
        horizon=calendar.horizon,
        doors=[door_record(door, spans.get(door.unlock_schedule_id, _NEVER)) for door in doors],
        readers=[reader_record(reader, spans.get(reader.pin_schedule_id, _NEVER)) for reader in readers],
        boards=[board_record(board) for board in boards],
        inputs=[input_record(given) for given in inputs],
        levels=_levels(session, own, spans),
        people=_people(session, keys),
        badges=_badges(session, bridge.id),
        emergency_rules=emergency_rules(site),
        pass_keys=keys.pass_public(),
        pass_groups={group.id: sorted(own.intersection(group.doors)) for group in groups},
        scopes=_scopes(session, own, {given.scope for given in inputs if given.scope is not None}),
        neighbour_keys=neighbour_keys(session, bridge.id),
        neighbour_addresses=neighbour_addresses(session, bridge.id),
        release_codes=unused_digests(session, bridge.id),
        age_limits=age_limits(site),
        recovery=recovery_key(session),
    )


def _scopes(session: Session, own: set[int], named: set[str]) -> dict[str, list[int]]:
    """What each scope means at this bridge; one that a panic button names is there even without a door."""
    meant = {name: list[int]() for name in named} | dict(scopes(session))
    return {name: sorted(own.intersection(doors)) for name, doors in meant.items() if name != "site"}


def _timetables(session: Session, calendar: Calendar) -> dict[int | None, Timetable]:
    intervals: dict[int, list[Interval]] = defaultdict(list)
    for row in session.scalars(select(models.ScheduleInterval)):
        intervals[row.schedule_id].append(Interval(row.start_minute, row.end_minute, row.weekday, row.day_type_id))
    always = dict(session.execute(select(models.Schedule.id, models.Schedule.always)).all())
    return {
        schedule: _ALWAYS if constant else calendar.timetable(intervals[schedule])
        for schedule, constant in always.items()
    }


def _levels(session: Session, own: set[int], spans: Mapping[int | None, Timetable]) -> list[Level]:
    grants: dict[int, dict[int, Timetable]] = defaultdict(dict)
    denials: dict[int, dict[int, Timetable]] = defaultdict(dict)
    for row in session.scalars(select(models.LevelDoor).where(models.LevelDoor.door_id.in_(own))):
        (denials if row.deny else grants)[row.level_id][row.door_id] = spans[row.schedule_id]
    return [Level(level, grants[level], denials[level]) for level in session.scalars(select(models.Level.id))]


def _people(session: Session, keys: SchoolKeys) -> list[Person]:
    levels: dict[int, set[int]] = defaultdict(set)
    for person, level in session.execute(select(models.PersonLevel.person_ref, models.PersonLevel.level_id)):
        levels[person].add(level)
    shared = (
        select(Membership.person_ref, models.GroupLevel.level_id)
        .join(models.GroupLevel, models.GroupLevel.group_id == Membership.group_id)
        .distinct()
    )
    for person, level in session.execute(shared):
        levels[person].add(level)
    return [
        Person(
            ref=ref,
            holder_class=_CLASSES[holder_class],
            levels=tuple(sorted(levels[ref])),
            active=active,
            extended=extended,
            valid_from=_second(valid_from, 0),
            valid_until=_second(valid_until, FOREVER),
            pin=open_pin(ref, sealed, keys.unseal),
            may_release=releases,
        )
        for ref, holder_class, active, extended, sealed, valid_from, valid_until, releases in session.execute(
            _CARDHOLDERS
        )
    ]


def _badges(session: Session, bridge: str) -> list[Badge]:
    held_back = _held_back(session, bridge)
    return [
        Badge(
            Credential(format_, facility, int(number, 16 if format_.startswith("RAW") else 10)),
            person,
            held_back.get(canonical, _STATUSES[status]),
            _second(valid_from, 0),
            _second(valid_until, FOREVER),
        )
        for canonical, person, format_, facility, number, status, valid_from, valid_until in session.execute(_BADGES)
    ]


def _held_back(session: Session, bridge: str) -> dict[str, BadgeStatus]:
    """Badges that are good again, but not before this bridge has Orders without their revocation in force.

    A bridge forgets a revocation only when a Policy follows one that did not grant the badge.
    """
    rows = session.execute(
        select(Revocation.canonical, Revocation.status)
        .join(RevocationAt, RevocationAt.revocation_id == Revocation.id)
        .where(Revocation.lifted_at.is_not(None), RevocationAt.bridge_id == bridge, RevocationAt.done_at.is_(None))
    )
    return dict(rows.all())


def _second(at: datetime | None, otherwise: int) -> int:
    return otherwise if at is None else int(at.timestamp())
