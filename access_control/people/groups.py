"""Groups: people who get the same levels."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.errors import expect_version
from access_control.people.actors import Local, reference, require
from access_control.people.errors import BadValueError, NotThereError
from access_control.people.models import Group, Membership
from access_control.people.permissions import Actor, Permission
from access_control.people.values import line


def add_group(session: Session, at: datetime, *, name: str, by: Actor | Local) -> Group:
    """Add an empty group.

    Raises:
        NotAllowedError: ``by`` may not.
        BadValueError: The name is missing or taken.
    """
    require(by, Permission.PERSON_EDIT)
    group = Group(name=_free_name(session, name))
    session.add(group)
    session.flush()
    _record(session, at, group, "group.added", by)
    return group


def rename_group(session: Session, at: datetime, *, group_id: int, name: str, version: int, by: Actor | Local) -> Group:
    """Give a group another name.

    Raises:
        NotThereError: There is no such group.
        NotAllowedError: ``by`` may not.
        BadValueError: The name is missing or taken.
        ConflictError: Somebody else changed it meanwhile.
    """
    require(by, Permission.PERSON_EDIT)
    group = get_group(session, group_id)
    expect_version(group.version, version)
    group.name = _free_name(session, name, group)
    session.flush()
    _record(session, at, group, "group.renamed", by)
    return group


def get_group(session: Session, group_id: int) -> Group:
    """A group.

    Raises:
        NotThereError: There is no such group.
    """
    found = session.get(Group, group_id)
    if found is None:
        raise NotThereError("There is no such group.", "Look at the list of groups.")
    return found


def list_groups(session: Session) -> list[tuple[Group, int]]:
    """Every group with the number of people in it, by name."""
    counted = (
        select(Group, func.count(Membership.person_ref))
        .outerjoin(Membership, Membership.group_id == Group.id)
        .group_by(Group.id)
        .order_by(Group.name)
    )
    return [(group, count) for group, count in session.execute(counted)]


def members_of(session: Session, groups: Collection[int]) -> list[int]:
    """The people in any of these groups, as their opaque numbers, sorted."""
    found = select(Membership.person_ref).where(Membership.group_id.in_(groups)).distinct()
    return sorted(session.scalars(found))


def _free_name(session: Session, name: str, of: Group | None = None) -> str:
    name = line(name, "name", "The name", 80)
    taken = session.scalars(select(Group).where(Group.name == name)).first()
    if taken is not None and taken is not of:
        raise BadValueError(f"There is a group {name} already.", "Choose another name.", "name")
    return name


def _record(session: Session, at: datetime, group: Group, action: str, by: Actor | Local) -> None:
    facts = {"name": group.name}
    record(session, at, actor=reference(by), action=action, subject=f"group:{group.id}", facts=facts)
