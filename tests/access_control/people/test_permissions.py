"""Permissions: what a role is, how far a grant reaches, and that the rest is not allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.people.permissions import (
    DISTRICT,
    ROLE_NAMES,
    ROLES,
    ActiveGrant,
    Actor,
    Permission,
    Place,
    Role,
    ScopeKind,
)

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RELEASED = Path(__file__).with_name("released_permissions.txt")
ABOUT_PEOPLE = (
    "person", "badge", "guardian", "visitor", "screening", "banned", "pickup", "custody", "contractor", "presence",
    "muster", "why", "event", "operator", "audit", "level",
)  # fmt: skip

steps = st.integers(1, 3)
places = st.one_of(
    st.just(DISTRICT),
    st.builds(Place, st.sampled_from(["a", "b"])),
    st.builds(Place, st.sampled_from(["a", "b"]), steps),
    st.builds(Place, st.sampled_from(["a", "b"]), steps, steps),
)


def actor(*grants: ActiveGrant) -> Actor:
    return Actor("1", "Ada Ames", "ada", grants)


def test_a_permission_that_was_released_keeps_its_word() -> None:
    assert {permission.value for permission in Permission} >= set(RELEASED.read_text().split())


def test_every_role_has_a_name_and_includes_oneself() -> None:
    assert set(ROLES) == set(Role) == set(ROLE_NAMES)
    assert all(Permission.SELF in permissions for permissions in ROLES.values())


def test_an_administrator_may_do_everything() -> None:
    assert ROLES[Role.ADMINISTRATOR] == frozenset(Permission)


def test_an_installer_sees_doors_and_no_people() -> None:
    seen = {permission.partition(".")[0] for permission in ROLES[Role.INSTALLER]}
    assert not seen & set(ABOUT_PEOPLE)
    assert {"door", "reader", "bridge"} <= seen


@pytest.mark.parametrize(
    "permission",
    ["emergency.release", "screening.decide", "banned.edit", "operator.edit", "person.edit", "door.override"],
)
def test_the_front_desk_leaves_decisions_about_people_and_the_end_of_an_emergency_to_others(permission: str) -> None:
    assert Permission(permission) not in ROLES[Role.FRONT_DESK]
    assert Permission.EMERGENCY_START in ROLES[Role.FRONT_DESK]


def test_nobody_without_a_grant_may_anything_but_be_themselves() -> None:
    assert actor().permissions == {Permission.SELF}
    assert [permission for permission in Permission if actor().may(permission)] == [Permission.SELF]


def test_a_grant_reaches_what_lies_in_its_scope() -> None:
    ada = actor(ActiveGrant(Role.FRONT_DESK, Place("a", 1)))
    assert ada.may(Permission.DOOR_VIEW)
    assert ada.may(Permission.DOOR_VIEW, Place("a", 1))
    assert ada.may(Permission.DOOR_VIEW, Place("a", 1, 9))
    for elsewhere in (Place("a"), Place("a", 2), Place("b", 1), DISTRICT, Place("a", 2, 9)):
        assert not ada.may(Permission.DOOR_VIEW, elsewhere)


@given(places, places, places)
def test_scopes_lie_in_each_other(one: Place, two: Place, three: Place) -> None:
    assert one.contains(one)
    assert DISTRICT.contains(one)
    assert not (one.contains(two) and two.contains(three)) or one.contains(three)
    assert not (one.contains(two) and two.contains(one)) or one == two


@given(places)
def test_a_path_leads_back(place: Place) -> None:
    assert Place.of(place.path) == place
    assert place.kind is list(ScopeKind)[len(place.path.split("/")) if place.path else 0]


@pytest.mark.parametrize("path", ["a/b", "a/1/2/3", "a//3"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever part of it is wrong
        Place.of(path)


def test_a_place_leaves_no_step_out() -> None:
    with pytest.raises(ValueError, match="step"):
        Place("a", None, 3)
    with pytest.raises(ValueError, match="step"):
        Place(None, 3)


@given(places, places, st.none() | st.integers(1, 3), st.none() | st.integers(1, 3))
def test_who_holds_a_grant_holds_each_smaller_one(
    mine: Place, asked: Place, my_days: int | None, days: int | None
) -> None:
    ada = actor(ActiveGrant(Role.ADMINISTRATOR, mine, None if my_days is None else AT + timedelta(days=my_days)))
    wanted = ActiveGrant(Role.FRONT_DESK, asked, None if days is None else AT + timedelta(days=days))
    long_enough = my_days is None or (days is not None and days <= my_days)
    assert ada.holds(wanted) == (mine.contains(asked) and long_enough)


def test_two_grants_together_hold_what_neither_does() -> None:
    both = actor(ActiveGrant(Role.FRONT_DESK), ActiveGrant(Role.INSTALLER))
    assert both.holds(ActiveGrant(Role.INSTALLER))
    assert not both.holds(ActiveGrant(Role.ADMINISTRATOR))


def test_the_salt_of_a_session_is_not_shown() -> None:
    assert "pepper" not in repr(Actor("1", "Ada", "ada", (), session_salt="pepper"))
