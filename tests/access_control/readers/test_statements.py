"""The key statement is issued when what it says changes, and only then."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from access_control.core.wire.keys import KeyStatement, open_keys
from access_control.database.engine import Database
from access_control.readers.enrolment import revoke_bridge
from access_control.readers.errors import NotThereError
from access_control.readers.models import Site
from access_control.readers.site import create_site
from access_control.readers.statements import issue_statement, set_tls_keys, statement_in_force
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY


def in_force(live: LiveSchool) -> KeyStatement:
    with live.database.reading() as session:
        sealed, revision = statement_in_force(session)
    statement = open_keys(sealed, live.keys.identity_public, site=live.school.site)
    assert statement.revision == revision
    return statement


def test_it_names_the_schools_keys_and_its_confirmed_bridges(live: LiveSchool) -> None:
    statement = in_force(live)
    assert statement.document_keys == live.keys.document_public()
    assert statement.pass_keys == live.keys.pass_public()
    public = {bridge: key.public_key().public_bytes_raw() for bridge, key in live.signing.items()}
    scopes = (f"building:{live.school.building}", "site")
    assert statement.bridges == {bridge: (key, scopes) for bridge, key in public.items()}


def test_the_same_is_not_issued_again(live: LiveSchool) -> None:
    before = in_force(live)
    with live.writing() as session:
        issue_statement(session, live.keys, later(500))
    assert in_force(live) == before


def test_new_tls_keys_reach_every_confirmed_bridge(live: LiveSchool) -> None:
    before = in_force(live)
    with live.database.changes.listen(f"bridge:{live.bridge}") as listener, live.writing() as session:
        set_tls_keys(session, live.keys, later(5), b"\x01" * 32, b"\x02" * 32)
    change = listener.get(10)
    after = in_force(live)
    assert (after.tls_current, after.tls_next) == (b"\x01" * 32, b"\x02" * 32)
    assert before.revision < after.revision
    assert change is not None
    assert json.loads(change.payload) == {"hint": {"keys": f"{after.revision.epoch}/{after.revision.n}"}}


def test_a_revoked_bridge_is_believed_no_more(live: LiveSchool) -> None:
    with live.writing() as session:
        revoke_bridge(session, live.keys, later(5), bridge_id=live.school.other_bridge, by=BY)
    assert set(in_force(live).bridges) == {live.bridge}


def test_a_raised_epoch_is_in_the_next_one(live: LiveSchool) -> None:
    before = in_force(live).revision
    with live.writing() as session:
        session.execute(update(Site).values(epoch=9))
        set_tls_keys(session, live.keys, later(5), b"\x03" * 32)
    assert before < in_force(live).revision
    assert in_force(live).revision.epoch == 9


def test_before_the_first_there_is_none(any_database: Database) -> None:
    with any_database.writing() as session:
        create_site(session, AT, name="Maple Hollow", timezone="America/Chicago")
        with pytest.raises(NotThereError, match="no key statement"):
            statement_in_force(session)
