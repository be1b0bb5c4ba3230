"""An emergency outlives the bridge that raised it, also at the machine that takes its place."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.decision.emergency import Directive, Release
from access_control.core.wire.directives import (
    Authority,
    open_directive,
    open_release,
    seal_directive,
    seal_release,
)
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import SigningKey, signer_of
from access_control.database.ids import new_id
from access_control.readers.enrolment import fingerprint, revoke_bridge
from access_control.readers.orders import active_directives, hear_from_bridge
from access_control.readers.replacement import begin_replacement, confirm_replacement, enroll_replacement
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY

NEW = Ed25519PrivateKey.generate()


@pytest.fixture
def raised(live: LiveSchool) -> Directive:
    """A lockdown that a panic button of the first bridge started."""
    return replace(live.directive(), origin=f"bridge:{live.bridge}", by="input:1")


def signed(live: LiveSchool, directive: Directive) -> bytes:
    """As the first bridge's old machine signed it."""
    return seal_directive(directive, SigningKey(live.bridge, live.signing[live.bridge]), site=live.school.site)


def replaced(live: LiveSchool) -> None:
    with live.writing() as session:
        code = begin_replacement(session, live.keys, AT, bridge_id=live.bridge, by=BY).text
        public = NEW.public_key().public_bytes_raw()
        enroll_replacement(session, live.keys, AT, code=code, public_key=public, address="")
        shown = fingerprint(public)
        confirm_replacement(session, live.keys, AT, bridge_id=live.bridge, compared=shown, by=BY)


def authority(live: LiveSchool) -> Authority:
    """Whom the new machine believes."""
    return Authority(
        service=live.keys.document_public(),
        bridge=live.bridge,
        own_key=NEW.public_key().public_bytes_raw(),
        own_doors=frozenset({live.door}),
    )


def test_a_lockdown_of_the_dead_machine_is_believed_by_the_new_one(live: LiveSchool, raised: Directive) -> None:
    end = Release(new_id(AT), raised.id, frozenset({live.door}), "a", "b", "all safe here", AT)
    key = SigningKey(live.bridge, live.signing[live.bridge])
    ended = seal_release(end, key, site=live.school.site)
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, AT, live.bridge, [signed(live, raised)], [ended]) == []
    assert {signer_of(one) for one in live.orders().directives} == {live.bridge, live.keys.document.key_id}
    replaced(live)
    orders = live.orders()
    (directive,) = orders.directives
    assert open_directive(directive, authority(live), site=live.school.site) == raised
    (release,) = orders.releases
    assert open_release(release, authority(live), site=live.school.site) == end


@pytest.mark.parametrize("known", [None, Ed25519PrivateKey.generate()], ids=["unknown", "an older key"])
def test_a_bridge_that_does_not_know_the_signers_key_yet_believes_the_services_copy(
    live: LiveSchool, raised: Directive, known: Ed25519PrivateKey | None
) -> None:
    other = live.school.other_bridge
    with live.writing() as session:
        hear_from_bridge(session, live.keys, AT, live.bridge, [signed(live, raised)], [])
    neighbours = {} if known is None else {live.bridge: (known.public_key().public_bytes_raw(), ("site",))}
    there = Authority(service=live.keys.document_public(), bridge=other, own_key=bytes(32), neighbours=neighbours)
    found = []
    for sealed in live.orders().directives:
        with suppress(Refused):
            found.append(open_directive(sealed, there, site=live.school.site))
    assert found == [raised]


def test_a_lockdown_that_a_neighbour_tells_of_later_is_taken_and_vouched_for(
    live: LiveSchool, raised: Directive
) -> None:
    sealed, other = signed(live, raised), live.school.other_bridge
    replaced(live)
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, later(5), other, [sealed, sealed], []) == []
        (row,) = active_directives(session)
        assert (row.id, row.origin, len(row.sealed)) == (raised.id, f"bridge:{live.bridge}", 1)
    (directive,) = live.orders().directives
    assert open_directive(directive, authority(live), site=live.school.site) == raised


def test_nothing_that_was_signed_with_the_old_key_after_that_is_taken(live: LiveSchool, raised: Directive) -> None:
    late = signed(live, replace(raised, started_at=AT + timedelta(seconds=1)))
    forged = seal_directive(raised, SigningKey(live.bridge, Ed25519PrivateKey.generate()), site=live.school.site)
    replaced(live)
    with live.writing() as session:
        refused = hear_from_bridge(session, live.keys, later(5), live.school.other_bridge, [late, forged], [])
        assert [one.code for one in refused] == [RefusalCode.BAD_SIGNATURE] * 2
        assert active_directives(session) == []


def test_of_a_revoked_bridge_what_was_taken_stands_and_nothing_more_is_taken(
    live: LiveSchool, raised: Directive
) -> None:
    with live.writing() as session:
        hear_from_bridge(session, live.keys, AT, live.bridge, [signed(live, raised)], [])
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
        late = signed(live, replace(raised, id=new_id(AT)))
        (refused,) = hear_from_bridge(session, live.keys, AT, live.school.other_bridge, [late], [])
        assert refused.code is RefusalCode.UNKNOWN_KEY
        (row,) = active_directives(session)
        assert row.id == raised.id
