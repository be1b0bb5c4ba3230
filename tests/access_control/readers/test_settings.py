"""What the school chose: defaults, limits, conflicts, and which choices reach bridges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.model import DoorClass
from access_control.database.errors import ConflictError
from access_control.readers.errors import BadValueError
from access_control.readers.settings import (
    SchoolSettings,
    age_limits,
    change_settings,
    emergency_rules,
    school_settings,
)
from access_control.readers.site import the_site
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY, fresh, stale


def choose(live: LiveSchool, **chosen: Any) -> set[str]:
    """Choose; the bridges whose Policies are due by it."""
    with live.writing() as session:
        fresh(session)
        site = the_site(session)
        change_settings(session, AT, replace(school_settings(session), **chosen), site.version, BY)
        return stale(session)


def test_what_nobody_chose_has_its_default_and_unknown_names_do_no_harm(live: LiveSchool) -> None:
    with live.writing() as session:
        the_site(session).settings = {"pass_hours": 4, "of_another_version": True}
    with live.database.reading() as session:
        assert school_settings(session) == replace(SchoolSettings(), pass_hours=4)


def test_only_what_stands_in_a_policy_makes_policies_due(live: LiveSchool) -> None:
    assert choose(live, pass_hours=3) == set()
    assert choose(live, drill_moves_doors=False) == {"North bridge", "South bridge"}
    assert choose(live, drill_moves_doors=False) == set()
    with live.database.reading() as session:
        site = the_site(session)
        assert school_settings(session) == SchoolSettings(drill_moves_doors=False, pass_hours=3)
        rules = emergency_rules(site)
        assert (rules.drill_moves_doors, rules.lockdown_locks_perimeter) == (False, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("pass_hours", 0), ("pass_hours", 11), ("proof_limit_s", 4), ("proof_limit_s", 61)),
        *(("exterior_days", 6), ("interior_days", 366), ("room_days", 0)),
    ],
)
def test_a_number_outside_its_limits_is_refused_at_its_field(live: LiveSchool, field: str, value: int) -> None:
    with pytest.raises(BadValueError, match="must be") as refused:
        choose(live, **{field: value})
    assert refused.value.field == field
    with live.database.reading() as session:
        assert school_settings(session) == SchoolSettings()


def test_how_old_rules_may_get_is_chosen_for_each_class_of_doors_or_not_limited(live: LiveSchool) -> None:
    with live.database.reading() as session:
        usual = {DoorClass.EXTERIOR: 30, DoorClass.INTERIOR: 60, DoorClass.ROOM: 90}
        assert age_limits(the_site(session)) == usual
    assert choose(live, exterior_days=7, room_days=None) == {"North bridge", "South bridge"}
    with live.database.reading() as session:
        assert age_limits(the_site(session)) == {DoorClass.EXTERIOR: 7, DoorClass.INTERIOR: 60}


def test_a_stale_form_overwrites_nothing(live: LiveSchool) -> None:
    with live.database.reading() as session:
        before = the_site(session).version
    choose(live, pass_hours=3)
    with pytest.raises(ConflictError), live.writing() as session:
        change_settings(session, AT, SchoolSettings(pass_hours=9), before, BY)
    with live.database.reading() as session:
        assert school_settings(session).pass_hours == 3
