"""Orders hold what concerns one bridge, as long as it is in force, and nothing of its neighbours."""

from __future__ import annotations

from access_control.core.credentials.canonical import digest
from access_control.core.decision.model import BadgeStatus, OverrideEffect, PassRevocation
from access_control.readers.models import Badge, Bridge
from access_control.readers.orders import add_directive, revoke_pass, set_override
from access_control.readers.orders_content import PASS_GRACE, directives_at, said_to_rule
from access_control.readers.publishing import publish_all_orders
from access_control.readers.revocations import set_badge_status
from tests.building.published import CARD, LiveSchool, later
from tests.building.said import a_status, an_emergency
from tests.building.sites import AT, BY


def publish(live: LiveSchool, seconds: float) -> None:
    with live.writing() as session:
        publish_all_orders(session, live.keys, later(seconds))


def test_an_override_is_there_until_it_expires(live: LiveSchool) -> None:
    with live.writing() as session:
        unlock, until = OverrideEffect.UNLOCK, later(600)
        set_override(session, live.keys, AT, door_id=live.door, effect=unlock, by=BY, why="moving in", expires_at=until)
    (override,) = live.orders().overrides
    assert (override.door, override.effect, override.expires) == (live.door, unlock, int(until.timestamp()))
    assert not live.orders(live.school.other_bridge).overrides
    publish(live, 599)
    assert live.orders().overrides
    publish(live, 600)
    assert not live.orders().overrides


def test_a_dead_pass_goes_to_its_bridge_until_a_day_after_its_end(live: LiveSchool) -> None:
    ends = later(3600)
    with live.writing() as session:
        why = PassRevocation.SIGNED_OUT
        revoke_pass(session, live.keys, AT, pass_id="00000000000000ff", why=why, bridge_id=live.bridge, expires_at=ends)
    assert live.orders().revoked_passes[255].why is why
    assert not live.orders(live.school.other_bridge).revoked_passes
    gone_s = 3600 + PASS_GRACE.total_seconds()
    publish(live, gone_s - 1)
    assert live.orders().revoked_passes
    publish(live, gone_s)
    assert not live.orders().revoked_passes


def test_a_lost_badge_goes_to_every_bridge_under_its_own_digest(live: LiveSchool) -> None:
    with live.writing() as session:
        version = session.get_one(Badge, live.badge).version
        set_badge_status(
            session, live.keys, later(1), badge_id=live.badge, status=BadgeStatus.STOLEN, version=version, by=BY
        )
    here, there = live.orders().revoked, live.orders(live.school.other_bridge).revoked
    assert here == {digest(live.digest_key, CARD): BadgeStatus.STOLEN}
    assert list(there.values()) == [BadgeStatus.STOLEN]
    assert not here.keys() & there.keys()


def test_a_bridge_hears_of_directives_at_its_doors_and_of_those_it_says_are_in_force(live: LiveSchool) -> None:
    directive, other = live.directive(), live.school.other_bridge
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Rivera")
        assert [row.id for row in directives_at(session, live.bridge)] == [directive.id]
        assert directives_at(session, other) == []
        session.get_one(Bridge, other).status = a_status(emergencies=[an_emergency(directive.id)]).status
        session.flush()
        assert [row.id for row in directives_at(session, other)] == [directive.id]
        session.get_one(Bridge, other).status = {"clock_trusted": "perhaps"}
        session.flush()
        assert said_to_rule(session.get_one(Bridge, other)) == frozenset()
        assert directives_at(session, other) == []
