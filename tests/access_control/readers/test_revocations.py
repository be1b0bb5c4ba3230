"""A lost badge is dead at once, by Orders that wait for no Policy."""

from __future__ import annotations

import pytest

from access_control.core.credentials.canonical import digest
from access_control.core.decision.model import BadgeStatus
from access_control.database.errors import ConflictError
from access_control.readers.models import Badge
from access_control.readers.publishing import publish_policy, publish_stale
from access_control.readers.revocations import reached, set_badge_status
from tests.building.published import CARD, LiveSchool, later
from tests.building.sites import BY


def mark(live: LiveSchool, status: BadgeStatus, seconds: float) -> None:
    with live.writing() as session:
        version = session.get_one(Badge, live.badge).version
        set_badge_status(session, live.keys, later(seconds), badge_id=live.badge, status=status, version=version, by=BY)


def test_it_is_in_the_orders_of_every_bridge_before_any_policy_is_rebuilt(live: LiveSchool) -> None:
    before = live.policy().revision
    mark(live, BadgeStatus.LOST, 1)
    assert live.orders().revoked == {digest(live.digest_key, CARD): BadgeStatus.LOST}
    assert len(live.orders(live.school.other_bridge).revoked) == 1
    assert live.policy().revision == before
    assert live.status_in_policy() is BadgeStatus.ACTIVE


def test_the_next_policy_says_so_too(live: LiveSchool) -> None:
    mark(live, BadgeStatus.STOLEN, 1)
    publish_stale(live.database, live.keys, later(2))
    assert live.status_in_policy() is BadgeStatus.STOLEN
    assert len(live.orders().revoked) == 1, "nothing has proved that this Policy is in force"


def test_another_status_takes_the_place_of_the_first(live: LiveSchool) -> None:
    mark(live, BadgeStatus.LOST, 1)
    mark(live, BadgeStatus.DESTROYED, 2)
    assert list(live.orders().revoked.values()) == [BadgeStatus.DESTROYED]


def test_a_badge_that_is_found_leaves_orders_and_waits_for_that_before_a_policy_grants_it(live: LiveSchool) -> None:
    mark(live, BadgeStatus.LOST, 1)
    publish_stale(live.database, live.keys, later(2))
    mark(live, BadgeStatus.ACTIVE, 3)
    assert live.orders().revoked == {}
    with live.writing() as session:
        publish_policy(session, live.keys, live.bridge, later(4))
    assert live.status_in_policy() is BadgeStatus.LOST


def test_nobody_has_confirmed_what_nobody_has_heard(live: LiveSchool) -> None:
    with live.database.reading() as session:
        assert reached(session, live.badge) == ()
    mark(live, BadgeStatus.LOST, 1)
    with live.database.reading() as session:
        found = reached(session, live.badge)
    assert [(one.name, one.confirmed_at) for one in found] == [("North bridge", None), ("South bridge", None)]


def test_a_stale_page_changes_nothing(live: LiveSchool) -> None:
    mark(live, BadgeStatus.LOST, 1)
    with live.writing() as session, pytest.raises(ConflictError):
        set_badge_status(session, live.keys, later(2), badge_id=live.badge, status=BadgeStatus.ACTIVE, version=1, by=BY)
    assert len(live.orders().revoked) == 1
