"""Orders keep a revocation and a release until a bridge has proved that it needs them no more."""

from __future__ import annotations

from sqlalchemy import select

from access_control.core.decision.model import BadgeStatus
from access_control.core.wire.signing import Kind
from access_control.readers.models import Badge, Bridge
from access_control.readers.orders import add_directive, add_release
from access_control.readers.publishing import publish_orders, publish_stale
from access_control.readers.records import DirectiveRow, RevocationAt
from access_control.readers.revocations import set_badge_status
from access_control.readers.status import newest_revisions, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import a_door, a_status, an_emergency
from tests.building.sites import BY


def newest(live: LiveSchool, bridge: str | None = None) -> tuple[str | None, str | None]:
    with live.database.reading() as session:
        found = newest_revisions(session, bridge or live.bridge)
    return found.get(Kind.POLICY), found.get(Kind.ORDERS)


def say(live: LiveSchool, policy: str | None, orders: str | None, seconds: float, *ruling: str) -> None:
    with live.writing() as session:
        emergencies = [an_emergency(one) for one in ruling]
        status = a_status(a_door(live.door), policy=policy, orders=orders, emergencies=emergencies)
        take_status(session, live.keys, later(seconds), live.bridge, status)


def lose(live: LiveSchool, status: BadgeStatus, seconds: float) -> None:
    with live.writing() as session:
        version = session.get_one(Badge, live.badge).version
        set_badge_status(session, live.keys, later(seconds), badge_id=live.badge, status=status, version=version, by=BY)


def confirmed(live: LiveSchool) -> RevocationAt:
    with live.database.reading() as session:
        return session.scalars(select(RevocationAt).where(RevocationAt.bridge_id == live.bridge)).one()


def test_a_bridge_that_is_behind_keeps_every_revocation(live: LiveSchool) -> None:
    old_policy, old_orders = newest(live)
    lose(live, BadgeStatus.LOST, 1)
    say(live, old_policy, old_orders, 2)
    assert confirmed(live).confirmed_at is None
    say(live, old_policy, newest(live)[1], 3)
    assert confirmed(live).confirmed_at == later(3)
    publish_stale(live.database, live.keys, later(4))
    say(live, old_policy, newest(live)[1], 5)
    assert confirmed(live).done_at is None
    assert len(live.orders().revoked) == 1
    say(live, *newest(live), 6)
    assert confirmed(live).done_at == later(6)
    assert live.orders().revoked == {}


def test_a_found_badge_is_granted_once_orders_without_it_are_in_force(live: LiveSchool) -> None:
    lose(live, BadgeStatus.LOST, 1)
    behind = newest(live)[1]
    publish_stale(live.database, live.keys, later(2))
    lose(live, BadgeStatus.ACTIVE, 3)
    publish_stale(live.database, live.keys, later(4))
    say(live, newest(live)[0], behind, 5)
    publish_stale(live.database, live.keys, later(6))
    assert live.status_in_policy() is BadgeStatus.LOST
    say(live, *newest(live), 7)
    publish_stale(live.database, live.keys, later(8))
    assert live.status_in_policy() is BadgeStatus.ACTIVE


def test_a_release_leaves_orders_only_after_its_bridge_let_go(live: LiveSchool) -> None:
    directive = live.directive()
    release, sealed = live.release(directive)
    with live.writing() as session:
        add_directive(session, live.keys, later(1), directive, live.sealed(directive), by_name="A. Rivera")
    before = newest(live)
    with live.writing() as session:
        add_release(session, live.keys, later(60), release, sealed, by_name="A. Rivera")
    say(live, *before, 61, directive.id)
    say(live, *newest(live), 62, directive.id)
    assert len(live.orders().releases) == 1
    say(live, *newest(live), 63)
    assert live.orders().releases == ()
    with live.database.reading() as session:
        assert session.get_one(DirectiveRow, directive.id).left_orders_at == later(63)


def test_a_bridge_still_under_an_emergency_that_has_left_gets_it_again_with_its_release(live: LiveSchool) -> None:
    directive = live.directive()
    release, sealed = live.release(directive)
    with live.writing() as session:
        add_directive(session, live.keys, later(1), directive, live.sealed(directive), by_name="A. Rivera")
        add_release(session, live.keys, later(60), release, sealed, by_name="A. Rivera")
        session.get_one(DirectiveRow, directive.id).left_orders_at = later(61)  # the door was elsewhere meanwhile
    with live.writing() as session:
        publish_orders(session, live.keys, live.bridge, later(62))
    assert live.orders().directives == ()
    say(live, *newest(live), 70, directive.id)
    assert (len(live.orders().directives), len(live.orders().releases)) == (1, 1)
    say(live, *newest(live), 72)
    with live.writing() as session:
        publish_orders(session, live.keys, live.bridge, later(74))
    assert live.orders().directives == ()


def test_a_bridge_whose_orders_cannot_be_made_any_more_is_heard_all_the_same(live: LiveSchool) -> None:
    directive = live.directive()
    release, sealed = live.release(directive)
    with live.writing() as session:
        add_directive(session, live.keys, later(1), directive, live.sealed(directive), by_name="A. Rivera")
        add_release(session, live.keys, later(60), release, sealed, by_name="A. Rivera")
        session.get_one(Bridge, live.bridge).digest_key_sealed = b"junk"
    say(live, *newest(live), 62)
    with live.database.reading() as session:
        bridge = session.get_one(Bridge, live.bridge)
        assert bridge.status_at == later(62)
        assert "encrypted with another key" in (bridge.policy_error or "")
