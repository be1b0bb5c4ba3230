"""Codes of a bridge at the service: in its Policy as digests, replaced together, counted when a release comes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.decision.emergency import Release
from access_control.core.wire.directives import seal_release
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.release_codes import BY_CODE, code_digest
from access_control.core.wire.release_persons import write_person
from access_control.core.wire.signing import SigningKey
from access_control.database.ids import new_id
from access_control.readers.digests import digest_key_of
from access_control.readers.documents import published_documents
from access_control.readers.enrolment import revoke_bridge
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.models import Bridge
from access_control.readers.orders import add_directive, hear_from_bridge
from access_control.readers.publishing import publish_policy
from access_control.readers.records import ReleaseCode, ReleaseRow
from access_control.readers.release_codes import codes_made, make_release_codes, unused_digests
from access_control.readers.site import the_site
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY


def make(live: LiveSchool, seconds: float = 0) -> tuple[str, ...]:
    with live.writing() as session:
        return make_release_codes(session, live.keys, later(seconds), bridge_id=live.bridge, by=BY)[1]


def digests(live: LiveSchool, codes: tuple[str, ...]) -> list[bytes]:
    with live.database.reading() as session:
        key = digest_key_of(session.get_one(Bridge, live.bridge), live.keys)
    return sorted(code_digest(key, code) for code in codes)


def test_a_policy_holds_the_digests_of_the_newest_codes(live: LiveSchool) -> None:
    first = make(live)
    assert len(set(first)) == 10
    second = make(live, 1)
    with live.writing() as session:
        publish_policy(session, live.keys, live.bridge, later(2))
    assert sorted(live.policy().release_codes) == digests(live, second)
    with live.database.reading() as session:
        made = codes_made(session, live.bridge)
        assert made is not None
        assert (made.made_at, made.made_by, made.left, made.made) == (later(1), BY, 10, 10)
        assert len(session.scalars(select(ReleaseCode)).all()) == 20
        assert codes_made(session, live.school.other_bridge) is None


def test_only_a_bridge_in_use_has_codes(live: LiveSchool) -> None:
    with live.writing() as session, pytest.raises(NotThereError):
        make_release_codes(session, live.keys, AT, bridge_id=new_id(AT), by=BY)
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
        with pytest.raises(BadValueError, match="not in use"):
            make_release_codes(session, live.keys, AT, bridge_id=live.bridge, by=BY)


def released(live: LiveSchool, directive: str, key: SigningKey, *, by: str, second: str) -> bytes:
    release = Release(
        id=new_id(later(5)),
        directive=directive,
        doors=frozenset({live.door}),
        by=by,
        second=second,
        why="All clear here.",
        at=later(5),
    )
    with live.database.reading() as session:
        return seal_release(release, key, site=the_site(session).id)


def test_a_release_with_a_code_uses_it_up_and_goes_to_no_other_bridge(live: LiveSchool) -> None:
    one = digests(live, make(live))[0]
    directive = live.directive()
    key = SigningKey(live.bridge, live.signing[live.bridge])
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Rivera")
    sealed = released(live, directive.id, key, by="local:caretaker", second=BY_CODE + one.hex())
    for _ in range(2):
        with live.writing() as session:
            assert hear_from_bridge(session, live.keys, later(6), live.bridge, [], [sealed]) == []
    with live.database.reading() as session:
        assert one not in unused_digests(session, live.bridge)
        made = codes_made(session, live.bridge)
        assert made is not None
        assert made.left == 9
        used = session.get_one(ReleaseCode, (live.bridge, one))
        assert (used.used_at, used.used_by) == (later(6), "local:caretaker")
        assert session.scalars(select(ReleaseRow)).one().origin == f"bridge:{live.bridge}"
        other = live.orders(live.school.other_bridge)
        assert (len(live.orders().releases), other.releases) == (1, ())
        here = published_documents(session, live.keys, session.get_one(Bridge, live.bridge), later(7)).orders
        assert len(here.directives.releases) == 1, "the bridge's own Orders hold it, and Why? reads it there"


def test_a_release_by_two_people_is_kept_and_recorded_by_their_references_and_uses_no_code(live: LiveSchool) -> None:
    make(live)
    directive = live.directive()
    key = SigningKey(live.bridge, live.signing[live.bridge])
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Rivera")
    alone = released(live, directive.id, key, by=write_person(7), second=write_person(7))
    both = released(live, directive.id, key, by=write_person(7), second=write_person(9))
    with live.writing() as session:
        (refused,) = hear_from_bridge(session, live.keys, later(6), live.bridge, [], [alone, both])
        assert refused.code is RefusalCode.NOT_ALLOWED
    with live.database.reading() as session:
        row = session.scalars(select(ReleaseRow)).one()
        assert (row.by, row.second) == ("holder:7", "holder:9")
        made = codes_made(session, live.bridge)
        assert made is not None
        assert made.left == 10
        (said,) = [one for one in session.scalars(select(AuditRecord)) if one.action == "emergency.released"]
        assert said.facts == {"first": 7, "second": 9}
    assert live.orders(live.school.other_bridge).releases == ()
