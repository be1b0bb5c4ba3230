"""A one-time code for one named bridge, and a person who confirms it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from access_control.core.wire.enrolment_code import code_for, write_code
from access_control.core.wire.keys import open_keys
from access_control.database.engine import Database
from access_control.readers.enrolment import (
    CODE_LASTS,
    EnrolmentRefusedError,
    add_bridge,
    confirm_bridge,
    enroll,
    fingerprint,
    invite_again,
    revoke_bridge,
)
from access_control.readers.errors import BadValueError
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.statements import issue_statement, statement_in_force
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY

PUBLIC = bytes(range(32))


def invite(live: LiveSchool, name: str = "Gym bridge") -> tuple[str, str]:
    with live.writing() as session:
        made = add_bridge(session, live.keys, AT, name=name, building_id=live.school.building, by=BY)
        return made.bridge_id, made.text


def test_the_right_code_enrols_its_bridge(live: LiveSchool) -> None:
    bridge, code = invite(live)
    with live.writing() as session:
        taken = enroll(session, live.keys, AT, code=code.lower(), public_key=PUBLIC, address="192.0.2.7")
        assert (taken.bridge, taken.site, taken.name) == (bridge, live.school.site, "Gym bridge")
        row = session.get_one(Bridge, bridge)
        assert (row.state, row.public_key, row.address) == (BridgeState.ENROLLED, PUBLIC, "192.0.2.7")
        assert row.digest_key_sealed is not None
        assert live.keys.unseal(row.digest_key_sealed) == taken.digest_key
    open_keys(taken.keys, live.keys.identity_public, site=live.school.site)


def refusal(live: LiveSchool, code: str, after: timedelta = timedelta(0)) -> str:
    with live.writing() as session, pytest.raises(EnrolmentRefusedError) as refused:
        enroll(session, live.keys, AT + after, code=code, public_key=PUBLIC, address="")
    return refused.value.code


def test_a_code_is_good_once(live: LiveSchool) -> None:
    _, code = invite(live)
    with live.writing() as session:
        enroll(session, live.keys, AT, code=code, public_key=PUBLIC, address="")
    assert refusal(live, code) == "used_code"


def test_a_code_is_good_for_15_minutes(live: LiveSchool) -> None:
    _, code = invite(live)
    assert refusal(live, code, CODE_LASTS) == "expired_code"


def test_a_code_of_nobody_or_of_another_school_is_refused(live: LiveSchool) -> None:
    stranger = write_code(code_for(os.urandom(16), os.urandom(32)))
    guessed = write_code(code_for(os.urandom(16), live.keys.identity_public))
    for code in (stranger, guessed, "", "SAC1-AAAA", "x" * 5000):
        assert refusal(live, code) == "wrong_code"


def test_a_new_code_makes_the_old_one_worthless(live: LiveSchool) -> None:
    bridge, old = invite(live)
    with live.writing() as session:
        new = invite_again(session, live.keys, AT, bridge_id=bridge, by=BY).text
    assert refusal(live, old) == "wrong_code"
    with live.writing() as session:
        enroll(session, live.keys, AT, code=new, public_key=PUBLIC, address="")
        with pytest.raises(BadValueError, match="enrolled already"):
            invite_again(session, live.keys, AT, bridge_id=bridge, by=BY)


@pytest.mark.parametrize("compared", ["", fingerprint(bytes(32)), fingerprint(PUBLIC)[:-5]])
def test_only_the_machine_that_was_compared_is_confirmed(live: LiveSchool, compared: str) -> None:
    bridge, code = invite(live)
    with live.writing() as session:
        enroll(session, live.keys, AT, code=code, public_key=PUBLIC, address="")
    with live.writing() as session, pytest.raises(BadValueError, match="is not the one of the machine"):
        confirm_bridge(session, live.keys, AT, bridge_id=bridge, compared=compared, by=BY)
    with live.writing() as session:
        assert session.get_one(Bridge, bridge).state is BridgeState.ENROLLED
        typed = fingerprint(PUBLIC).upper().replace(" ", "") + "\n"
        confirm_bridge(session, live.keys, AT, bridge_id=bridge, compared=typed, by=BY)
        with pytest.raises(BadValueError, match="is not the one of the machine"):
            confirm_bridge(session, live.keys, AT, bridge_id=bridge, compared=compared, by=BY)


def test_only_a_confirmed_bridge_is_in_the_key_statement(live: LiveSchool) -> None:
    bridge, code = invite(live)

    def named() -> set[str]:
        with live.database.reading() as session:
            sealed, _ = statement_in_force(session)
        return set(open_keys(sealed, live.keys.identity_public, site=live.school.site).bridges)

    with live.writing() as session:
        with pytest.raises(BadValueError, match="has not enrolled"):
            confirm_bridge(session, live.keys, AT, bridge_id=bridge, compared=fingerprint(PUBLIC), by=BY)
        enroll(session, live.keys, AT, code=code, public_key=PUBLIC, address="")
    assert bridge not in named()
    with live.writing() as session:
        confirm_bridge(session, live.keys, AT, bridge_id=bridge, compared=fingerprint(PUBLIC), by=BY)
    assert bridge in named()
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=bridge, by=BY)
    assert bridge not in named()


def test_the_doors_of_a_revoked_bridge_wait_for_another(live: LiveSchool) -> None:
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
        assert session.get_one(Door, live.door).bridge_id is None


def test_a_statement_that_says_the_same_is_the_same_bytes(live: LiveSchool) -> None:
    with live.writing() as session:
        assert issue_statement(session, live.keys, AT) == issue_statement(session, live.keys, AT + CODE_LASTS)


def test_a_name_is_one_bridge(live: LiveSchool, any_database: Database) -> None:
    assert any_database is live.database
    with pytest.raises(BadValueError, match="already a bridge called North bridge"):
        invite(live, "North bridge")
