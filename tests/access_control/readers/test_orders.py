"""Orders: everything in force, whole each time; an emergency is in them until its release is confirmed everywhere."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction, InputKind, OverrideEffect, PassRevocation
from access_control.core.wire.directives import decode_directive, seal_directive
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.signing import Kind, SigningKey, reread, signer_of
from access_control.database.ids import new_id
from access_control.readers.enrolment import revoke_bridge
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.input_models import AlarmInput
from access_control.readers.orders import (
    active_directives,
    add_directive,
    add_release,
    end_override,
    hear_from_bridge,
    overrides_in_force,
    revoke_pass,
    set_override,
)
from access_control.readers.publishing import publish_orders
from access_control.readers.records import DirectiveRow
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY

PASS = "0123456789abcdef"


def start(live: LiveSchool, directive: Directive) -> bool:
    with live.writing() as session:
        return add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Dana Whitfield")


def told(live: LiveSchool) -> set[str]:
    """The directives in the Orders of the bridge."""
    return {decode_directive(reread(sealed, kind=Kind.DIRECTIVE)).id for sealed in live.orders().directives}


def test_a_directive_is_in_the_orders_of_the_bridges_that_it_means(live: LiveSchool) -> None:
    directive = live.directive()
    assert start(live, directive)
    assert told(live) == {directive.id}
    assert live.orders(live.school.other_bridge).directives == ()


def test_the_same_directive_twice_is_one(live: LiveSchool) -> None:
    directive = live.directive()
    assert start(live, directive)
    revision = live.orders().revision
    assert not start(live, directive)
    assert live.orders().revision == revision


def test_a_release_travels_beside_its_directive(live: LiveSchool) -> None:
    directive = live.directive()
    start(live, directive)
    release, sealed = live.release(directive)
    with live.writing() as session:
        assert add_release(session, live.keys, later(60), release, sealed, by_name="Dana Whitfield")
        assert not add_release(session, live.keys, later(61), release, sealed, by_name="Dana Whitfield")
        assert active_directives(session) == []
    assert told(live) == {directive.id}
    assert live.orders().releases == (sealed,)


def test_releases_of_parts_end_it_for_their_doors_only_however_many_they_are(live: LiveSchool) -> None:
    """A door that joins its scope later is under it, and somebody must be able to release it."""
    directive = live.directive()
    start(live, directive)
    for doors, ended in ((frozenset({live.door}), False), (None, True)):
        release, sealed = live.release(directive, doors)
        with live.writing() as session:
            add_release(session, live.keys, later(60), release, sealed, by_name="Dana Whitfield")
            assert (session.get_one(DirectiveRow, directive.id).ended_at is not None) is ended


def test_a_release_of_nothing_known_is_refused(live: LiveSchool) -> None:
    release, sealed = live.release(live.directive())
    with live.writing() as session, pytest.raises(NotThereError, match="not known here"):
        add_release(session, live.keys, later(60), release, sealed, by_name="Dana Whitfield")


def from_bridge(
    live: LiveSchool, key: Ed25519PrivateKey, by: str = "cli", scope: str = "site"
) -> tuple[Directive, bytes]:
    directive = Directive(
        new_id(AT),
        EmergencyAction.LOCKDOWN,
        scope,
        frozenset({live.door}),
        f"bridge:{live.bridge}",
        by,
        drill=False,
        started_at=AT,
    )
    return directive, seal_directive(directive, SigningKey(live.bridge, key), site=live.school.site)


def test_an_emergency_that_a_bridge_raised_is_taken_over_with_its_own_signature(live: LiveSchool) -> None:
    directive, sealed = from_bridge(live, live.signing[live.bridge])
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, AT, live.bridge, [sealed], []) == []
        assert hear_from_bridge(session, live.keys, AT, live.bridge, [sealed], []) == []
        (row,) = active_directives(session)
        assert (row.id, row.by_name) == (directive.id, "North bridge")
    signers = {signer_of(one) for one in live.orders().directives}
    assert signers == {live.bridge, live.keys.document.key_id}
    assert sealed in live.orders().directives


def test_an_emergency_that_a_neighbour_hands_over_is_taken_while_its_bridge_is_in_use(live: LiveSchool) -> None:
    directive, sealed = from_bridge(live, live.signing[live.bridge])
    _, foreign = from_bridge(live, live.signing[live.bridge], scope="building:77")
    other = live.school.other_bridge
    with live.writing() as session:
        (refused,) = hear_from_bridge(session, live.keys, AT, other, [foreign, sealed, sealed], [])
        assert refused.code is RefusalCode.NOT_ALLOWED
        (row,) = active_directives(session)
        assert (row.id, row.by_name, row.origin) == (directive.id, "North bridge", f"bridge:{live.bridge}")
        assert hear_from_bridge(session, live.keys, AT, live.bridge, [sealed], []) == []
    assert sealed in live.orders().directives
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
        late = from_bridge(live, live.signing[live.bridge])[1]
        (refused,) = hear_from_bridge(session, live.keys, AT, other, [late], [])
        assert refused.code is RefusalCode.UNKNOWN_KEY


@pytest.mark.parametrize("by", ["input:1", "input:2", "input:99", "input:x", "local:principal"])
def test_a_panic_button_has_its_name_on_the_emergency(live: LiveSchool, by: str) -> None:
    with live.writing() as session:
        for bridge, place in ((live.bridge, "board 1.7"), (live.school.other_bridge, "board 2.0")):
            row = AlarmInput(bridge_id=bridge, name="Counter", kind=InputKind.PANIC, point=place)
            session.add(row)
            session.flush()
        _, sealed = from_bridge(live, live.signing[live.bridge], by)
        assert hear_from_bridge(session, live.keys, AT, live.bridge, [sealed], []) == []
        (directive,) = active_directives(session)
        assert directive.by_name == ("Counter (North bridge)" if by == "input:1" else "North bridge")


def test_a_forged_one_changes_nothing_and_is_handed_back(live: LiveSchool) -> None:
    thief = Ed25519PrivateKey.generate()
    _, forged = from_bridge(live, thief)
    with live.writing() as session:
        (refused,) = hear_from_bridge(session, live.keys, AT, live.bridge, [forged], [])
        assert refused.code is RefusalCode.BAD_SIGNATURE
        assert active_directives(session) == []


def unlock(live: LiveSchool, minutes: float | None = 15, effect: OverrideEffect = OverrideEffect.UNLOCK) -> str:
    with live.writing() as session:
        ends = None if minutes is None else AT + timedelta(minutes=minutes)
        row = set_override(
            session, live.keys, AT, door_id=live.door, effect=effect, by=BY, why="delivery", expires_at=ends
        )
        return row.id


def test_an_override_is_in_orders_until_its_end(live: LiveSchool) -> None:
    made = unlock(live)
    (override,) = live.orders().overrides
    assert (override.id, override.door, override.effect) == (made, live.door, OverrideEffect.UNLOCK)
    with live.writing() as session:
        publish_orders(session, live.keys, live.bridge, later(15 * 60))
        assert overrides_in_force(session, later(15 * 60), [live.door]) == []
    assert live.orders().overrides == ()


def test_a_new_override_takes_the_place_of_the_old_one_and_can_be_ended(live: LiveSchool) -> None:
    unlock(live)
    made = unlock(live, None, OverrideEffect.LOCK)
    assert [override.id for override in live.orders().overrides] == [made]
    with live.writing() as session:
        end_override(session, live.keys, later(5), made, BY)
        end_override(session, live.keys, later(6), made, BY)
    assert live.orders().overrides == ()


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [(None, "needs an end"), (-1, "over already"), (0, "over already"), (13 * 60, "12 hours at most")],
)
def test_an_unlock_by_hand_always_ends_and_soon(live: LiveSchool, minutes: float | None, sentence: str) -> None:
    with pytest.raises(BadValueError, match=sentence):
        unlock(live, minutes)


def test_a_dead_pass_stays_in_orders_for_a_day_after_its_expiry(live: LiveSchool) -> None:
    with live.writing() as session:
        for _ in range(2):
            revoke_pass(
                session,
                live.keys,
                AT,
                pass_id=PASS,
                why=PassRevocation.SIGNED_OUT,
                bridge_id=live.bridge,
                expires_at=later(3600),
            )
    (dead,) = live.orders().revoked_passes.items()
    assert dead[0] == int(PASS, 16)
    assert dead[1].why is PassRevocation.SIGNED_OUT
    for seconds, there in ((3600 + 86399, True), (3600 + 86401, False)):
        with live.writing() as session:
            publish_orders(session, live.keys, live.bridge, later(seconds))
        assert bool(live.orders().revoked_passes) is there


def test_two_who_set_one_door_by_hand_at_the_same_moment_leave_one_order(live: LiveSchool) -> None:
    door = live.door

    def set_by_hand(effect: OverrideEffect) -> None:
        with live.writing() as session:
            ends = AT + timedelta(hours=1)
            set_override(session, live.keys, AT, door_id=door, effect=effect, by=BY, why="Delivery", expires_at=ends)

    other = threading.Thread(target=set_by_hand, args=(OverrideEffect.BLOCK,))
    with live.writing() as session:
        ends = AT + timedelta(hours=1)
        unlock = OverrideEffect.UNLOCK
        set_override(session, live.keys, AT, door_id=door, effect=unlock, by=BY, why="Delivery", expires_at=ends)
        other.start()
        other.join(0.5)  # on PostgreSQL it is in the middle of its own by now
    other.join(60)
    with live.database.reading() as session:
        assert [row.effect for row in overrides_in_force(session, AT, [door])] == [OverrideEffect.BLOCK]
    assert [one.effect for one in live.orders().overrides] == [OverrideEffect.BLOCK]
