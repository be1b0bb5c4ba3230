"""Access levels: which doors, when, and who holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, selectinload

from access_control.audit.record import record
from access_control.database.errors import expect_version
from access_control.people.models import Cardholder, Group
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError
from access_control.readers.models import Door, GroupLevel, Level, LevelDoor, PersonLevel, Schedule
from access_control.readers.staleness import bridges_of_doors, mark_all_stale, mark_bridges_stale

MAX_DOORS: Final = 10_000


@dataclass(frozen=True, slots=True)
class LevelForm:
    """What a level's form says: for each door the schedule by which it opens, or by which it is forbidden."""

    name: str
    grants: Mapping[int, int] = field(default_factory=dict)
    denials: Mapping[int, int] = field(default_factory=dict)


def add_level(session: Session, at: datetime, form: LevelForm, by: str) -> Level:
    """Put a level on the list.

    Raises:
        BadValueError: A value cannot be stored; ``field`` says which.
        NotThereError: A door or schedule does not exist.
    """
    level = Level(name=_checked_name(session, form, None), doors=_doors(session, form))
    session.add(level)
    session.flush()
    record(session, at, actor=by, action="level.added", subject=f"level:{level.id}", facts=_facts(form))
    return level


def edit_level(session: Session, at: datetime, level_id: int, form: LevelForm, version: int, by: str) -> Level:
    """Change a level; the bridges of the doors it names, and of those it named, get new Policies.

    Raises:
        BadValueError, NotThereError: As :func:`add_level`.
        ConflictError: Somebody else changed it since ``version`` was read.
    """
    level = get_level(session, level_id)
    expect_version(level.version, version)
    before = form_of(level)
    level.name = _checked_name(session, form, level)
    fresh = _doors(session, form)
    if (form.grants, form.denials) != (before.grants, before.denials):
        level.doors.clear()
        session.flush()  # the old rows go before new ones of the same door come
        level.doors.extend(fresh)
        level.version += 1  # rows of another table do not count it up by themselves
        named = {*before.grants, *before.denials, *form.grants, *form.denials}
        mark_bridges_stale(session, bridges_of_doors(session, named))
    session.flush()
    if form_of(level) != before:
        record(session, at, actor=by, action="level.edited", subject=f"level:{level.id}", facts=_facts(form))
    return level


def get_level(session: Session, level_id: int) -> Level:
    """One level.

    Raises:
        NotThereError: There is none with this id.
    """
    return require(session, Level, level_id, "This access level")


def list_levels(session: Session) -> Sequence[Level]:
    """Every level with its doors, by name."""
    return session.scalars(select(Level).options(selectinload(Level.doors)).order_by(Level.name)).all()


def form_of(level: Level) -> LevelForm:
    """What the form shows for a level as it is stored."""
    rows = {deny: {row.door_id: row.schedule_id for row in level.doors if row.deny is deny} for deny in (False, True)}
    return LevelForm(level.name, rows[False], rows[True])


def set_person_levels(session: Session, at: datetime, ref: int, levels: Collection[int], by: str) -> None:
    """Say which levels a person holds besides those of their groups.

    Raises:
        NotThereError: The person or a level does not exist.
    """
    require(session, Cardholder, ref, "This person")
    if set(levels) == person_levels(session, ref):
        return
    for level in levels:
        require(session, Level, level, "This access level", "levels")
    session.execute(delete(PersonLevel).where(PersonLevel.person_ref == ref))
    session.add_all(PersonLevel(person_ref=ref, level_id=level) for level in sorted(set(levels)))
    session.flush()
    mark_all_stale(session)
    facts = {"levels": sorted(set(levels))}
    record(session, at, actor=by, action="person.levels_set", subject=f"person:{ref}", facts=facts)


def set_group_levels(session: Session, at: datetime, group_id: int, levels: Collection[int], by: str) -> None:
    """Say which levels everybody in a group holds.

    Raises:
        NotThereError: The group or a level does not exist.
    """
    require(session, Group, group_id, "This group")
    if set(levels) == group_levels(session, group_id):
        return
    for level in levels:
        require(session, Level, level, "This access level", "levels")
    session.execute(delete(GroupLevel).where(GroupLevel.group_id == group_id))
    session.add_all(GroupLevel(group_id=group_id, level_id=level) for level in sorted(set(levels)))
    session.flush()
    mark_all_stale(session)
    facts = {"levels": sorted(set(levels))}
    record(session, at, actor=by, action="group.levels_set", subject=f"group:{group_id}", facts=facts)


def person_levels(session: Session, ref: int) -> set[int]:
    """The levels that a person holds besides those of their groups."""
    return set(session.scalars(select(PersonLevel.level_id).where(PersonLevel.person_ref == ref)))


def group_levels(session: Session, group_id: int) -> set[int]:
    """The levels that everybody in a group holds."""
    return set(session.scalars(select(GroupLevel.level_id).where(GroupLevel.group_id == group_id)))


def holders_of(session: Session) -> Mapping[int, tuple[int, int]]:
    """For each level how many people hold it themselves, and how many groups."""
    people = _counted(session, select(PersonLevel.level_id, func.count()).group_by(PersonLevel.level_id))
    groups = _counted(session, select(GroupLevel.level_id, func.count()).group_by(GroupLevel.level_id))
    return {level: (people.get(level, 0), groups.get(level, 0)) for level in people.keys() | groups.keys()}


def _counted(session: Session, query: Select[int, int]) -> dict[int, int]:
    return dict(session.execute(query).all())


def _checked_name(session: Session, form: LevelForm, level: Level | None) -> str:
    name = clean_text(form.name, "name", "The level's name", 80)
    with session.no_autoflush:
        twin = session.scalar(select(Level).where(Level.name == name))
    if twin is not None and twin is not level:
        raise BadValueError(f"There is already a level called {name}.", "Choose another name.", "name")
    return name


def _doors(session: Session, form: LevelForm) -> list[LevelDoor]:
    rows = []
    for deny, named in ((False, form.grants), (True, form.denials)):
        for door, schedule in sorted(named.items()):
            require(session, Door, door, "This door", "doors")
            require(session, Schedule, schedule, "This schedule", "doors")
            rows.append(LevelDoor(door_id=door, schedule_id=schedule, deny=deny))
    return rows


def _facts(form: LevelForm) -> dict[str, object]:
    return {"doors": sorted(form.grants), "forbidden": sorted(form.denials)}
