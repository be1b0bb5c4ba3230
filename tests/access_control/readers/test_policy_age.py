"""The service counts how old the rules at a bridge are, also while it hears nothing from there."""

from __future__ import annotations

from typing import Any

import pytest

from access_control.core.decision.model import DoorClass
from access_control.core.wire.signing import Kind
from access_control.readers.policy_age import ClassAge
from access_control.readers.publishing import publish_stale
from access_control.readers.settings import SchoolSettings, change_settings
from access_control.readers.site import the_site
from access_control.readers.status import newest_revisions, site_overview, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import a_door, a_status

DAY = 86_400
AGE = {"policy_age_s": 1.0, "limits": {"exterior": 30, "interior": 60}, "steps": {"exterior": 0, "interior": 0}}


def hear(live: LiveSchool, days: float, policy: str | None = "newest", **more: Any) -> None:
    with live.writing() as session:
        there = newest_revisions(session, live.bridge)[Kind.POLICY] if policy == "newest" else policy
        status = a_status(a_door(live.door), policy=there, **{"policy_age": AGE, **more})
        take_status(session, live.keys, later(days * DAY), live.bridge, status)


def ages(live: LiveSchool, days: float) -> tuple[ClassAge, ...]:
    with live.database.reading() as session:
        (one,) = [one for one in site_overview(session, later(days * DAY)).bridges if one.id == live.bridge]
        return one.ages


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (14, ()),
        (15, (ClassAge(DoorClass.EXTERIOR, 50, 15, 30),)),
        (24, (ClassAge(DoorClass.EXTERIOR, 80, 24, 30),)),
        (31, (ClassAge(DoorClass.EXTERIOR, 100, 31, 30), ClassAge(DoorClass.INTERIOR, 50, 31, 60))),
    ],
)
def test_a_silent_bridge_gets_old(live: LiveSchool, days: int, found: tuple[ClassAge, ...]) -> None:
    hear(live, 0)
    assert ages(live, days) == found


def test_a_bridge_that_has_the_newest_rules_is_never_old(live: LiveSchool) -> None:
    for days in (0, 20, 40):
        hear(live, days)
    assert ages(live, 41) == ()


def test_a_bridge_that_talks_and_does_not_take_the_new_rules_gets_old(live: LiveSchool) -> None:
    hear(live, 0)
    with live.database.reading() as session:
        first = newest_revisions(session, live.bridge)[Kind.POLICY]
    with live.writing() as session:
        site = the_site(session)
        change_settings(session, later(DAY), SchoolSettings(drill_moves_doors=False), site.version, "cli")
    publish_stale(live.database, live.keys, later(DAY))
    for days in (10, 20):
        hear(live, days, first)
    assert [age.step for age in ages(live, 20)] == [50]
    hear(live, 21)
    assert ages(live, 21) == ()


def test_one_that_was_never_heard_or_says_no_limits_is_not_judged(live: LiveSchool) -> None:
    assert ages(live, 100) == ()
    hear(live, 0, policy_age=None)
    assert ages(live, 100) == ()
