"""Whoever may hold a directive is told of its end: a neighbour without a door in its scope, and a new machine."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive
from access_control.core.wire.signing import Kind, SigningKey
from access_control.database.ids import new_id
from access_control.readers.enrolment import confirm_bridge, enroll, fingerprint, invite_again
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.orders import add_directive, add_release, hear_from_bridge
from access_control.readers.owed_releases import owed_bridges
from access_control.readers.publishing import publish_orders
from access_control.readers.records import DirectiveRow
from access_control.readers.replacement import begin_replacement, confirm_replacement, enroll_replacement
from access_control.readers.status import newest_revisions, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import a_status
from tests.building.sites import AT, BY


def raised(live: LiveSchool, by: str) -> tuple[Directive, bytes]:
    """One over the doors of the first bridge, raised by a bridge."""
    directive = Directive(
        new_id(AT), EmergencyAction.LOCKDOWN, "site", frozenset({live.door}), f"bridge:{by}", "local:principal",
        drill=False, started_at=AT,
    )  # fmt: skip
    return directive, seal_directive(directive, SigningKey(by, live.signing[by]), site=live.school.site)


def tells(live: LiveSchool, bridge: str, sealed: bytes, seconds: float) -> None:
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, later(seconds), bridge, [sealed], []) == []


def release(live: LiveSchool, directive: Directive, seconds: float = 60) -> bytes:
    made, sealed = live.release(directive)
    with live.writing() as session:
        add_release(session, live.keys, later(seconds), made, sealed, by_name="A. Rivera")
    return sealed


def has_orders(live: LiveSchool, bridge: str, seconds: float) -> None:
    """Its newest Orders are in force at a bridge, which is under no emergency."""
    with live.writing() as session:
        newest = newest_revisions(session, bridge).get(Kind.ORDERS)
        take_status(session, live.keys, later(seconds), bridge, a_status(orders=newest))


def test_a_neighbour_without_a_door_in_its_scope_is_told_of_the_end_until_it_has_it(live: LiveSchool) -> None:
    other = live.school.other_bridge
    directive, sealed = raised(live, live.bridge)
    tells(live, live.bridge, sealed, 1)
    tells(live, other, sealed, 2)
    end = release(live, directive)
    assert live.orders(other).releases == (end,)
    has_orders(live, live.bridge, 61)
    assert live.orders(other).releases == (end,)
    has_orders(live, other, 62)
    assert live.orders(other).releases == ()
    with live.database.reading() as session:
        assert owed_bridges(session, directive.id) == set()
        assert session.get_one(DirectiveRow, directive.id).confirmed == sorted([live.bridge, other])


def test_whoever_raised_one_over_the_doors_of_others_is_told_of_the_end_once(live: LiveSchool) -> None:
    other = live.school.other_bridge
    directive, sealed = raised(live, other)
    tells(live, other, sealed, 1)
    end = release(live, directive)
    assert live.orders(other).releases == (end,)
    for bridge in (other, live.bridge):
        has_orders(live, bridge, 61)
    revision = live.orders(other).revision
    tells(live, other, sealed, 362)  # as it does for ever with what it raised itself
    assert (live.orders(other).revision, live.orders(other).releases) == (revision, ())


def test_who_tells_of_it_after_it_ended_everywhere_else_gets_the_end(live: LiveSchool) -> None:
    other = live.school.other_bridge
    directive, sealed = raised(live, live.bridge)
    tells(live, live.bridge, sealed, 1)
    end = release(live, directive)
    has_orders(live, live.bridge, 61)
    assert live.orders().releases == ()
    for seconds in (100, 500):  # the second time from a machine that was set back to an older disk
        tells(live, other, sealed, seconds)
        assert live.orders(other).releases == (end,)
        has_orders(live, other, seconds + 1)
        assert live.orders(other).releases == ()
    assert live.orders().releases == ()


def test_a_bridge_with_a_door_in_its_scope_is_told_as_ever(live: LiveSchool) -> None:
    directive, sealed = raised(live, live.bridge)
    tells(live, live.bridge, sealed, 1)
    with live.database.reading() as session:
        assert owed_bridges(session, directive.id) == set()


def over(live: LiveSchool) -> bytes:
    """An emergency that has ended and left the Orders of everybody; its release."""
    directive = live.directive()
    with live.writing() as session:
        add_directive(session, live.keys, later(1), directive, live.sealed(directive), by_name="A. Rivera")
    doors, part = live.release(directive, frozenset({live.door}))
    with live.writing() as session:
        add_release(session, live.keys, later(50), doors, part, by_name="A. Rivera")
    end = release(live, directive)
    has_orders(live, live.bridge, 61)
    assert live.orders().releases == ()
    return end


def test_a_machine_that_takes_a_bridges_place_is_told_what_has_ended(live: LiveSchool) -> None:
    end = over(live)
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with live.writing() as session:
        code = begin_replacement(session, live.keys, later(70), bridge_id=live.bridge, by=BY).text
        enroll_replacement(session, live.keys, later(71), code=code, public_key=public, address="192.0.2.9")
        confirm_replacement(session, live.keys, later(72), bridge_id=live.bridge, compared=fingerprint(public), by=BY)
    assert (live.orders().directives, live.orders().releases) == ((), (end,))
    has_orders(live, live.bridge, 80)
    assert live.orders().releases == ()


def test_a_new_bridge_is_told_what_has_ended(live: LiveSchool) -> None:
    end, other = over(live), live.school.other_bridge
    with live.writing() as session:
        session.get_one(Bridge, other).state = BridgeState.INVITED
        session.flush()
        code = invite_again(session, live.keys, later(70), bridge_id=other, by=BY).text
        public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        enroll(session, live.keys, later(71), code=code, public_key=public, address="192.0.2.9")
        confirm_bridge(session, live.keys, later(72), bridge_id=other, compared=fingerprint(public), by=BY)
    assert live.orders(other).releases == (end,)
    has_orders(live, other, 80)
    with live.writing() as session:
        publish_orders(session, live.keys, other, later(81))
    assert live.orders(other).releases == ()
