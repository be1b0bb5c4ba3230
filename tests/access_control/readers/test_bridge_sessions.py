"""Sessions of bridges: the right key, a confirmed bridge, one process at a time."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.wire.uplink import session_message
from access_control.readers.bridge_sessions import (
    CHALLENGE_LASTS,
    SESSION_LASTS,
    SILENT,
    SessionRefusedError,
    caller_of,
    challenge_for,
    had_twin,
    open_session,
    open_session_in,
    require_session,
)
from access_control.readers.enrolment import revoke_bridge
from access_control.readers.models import Bridge
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY

FIRST, SECOND = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def signed_in(
    live: LiveSchool,
    *,
    instance: str = FIRST,
    key: Ed25519PrivateKey | None = None,
    after: timedelta = timedelta(0),
    waited: timedelta = timedelta(0),
) -> str:
    """Open a session as a bridge does; the token."""
    at = AT + after
    challenge = challenge_for(live.keys, at, live.bridge)
    signature = (key or live.signing[live.bridge]).sign(session_message(challenge, instance))
    return open_session_in(
        live.database,
        live.keys,
        at + waited,
        bridge_id=live.bridge,
        challenge=challenge,
        signature=signature,
        instance=instance,
    ).token


def refusal(live: LiveSchool, **how: object) -> str:
    with pytest.raises(SessionRefusedError) as refused:
        signed_in(live, **how)  # type: ignore[arg-type] # the cases below name arguments of signed_in
    return refused.value.code


def test_a_bridge_with_its_key_gets_a_session(live: LiveSchool) -> None:
    caller = caller_of(live.keys, AT, signed_in(live))
    assert (caller.bridge_id, caller.instance) == (live.bridge, FIRST)
    with live.writing() as session:
        assert require_session(session, AT, caller, write=True).name == "North bridge"


def test_a_thief_with_another_key_gets_none(live: LiveSchool) -> None:
    assert refusal(live, key=Ed25519PrivateKey.generate()) == "bad_signature"


def test_a_challenge_lasts_a_minute_and_is_for_one_bridge(live: LiveSchool) -> None:
    assert refusal(live, waited=CHALLENGE_LASTS) == "bad_signature"
    challenge = challenge_for(live.keys, AT, live.school.other_bridge)
    signature = live.signing[live.bridge].sign(session_message(challenge, FIRST))
    for shown in (challenge, "", "AAAA", challenge[:-4], "é"):
        with live.writing() as session, pytest.raises(SessionRefusedError):
            open_session(
                session,
                live.keys,
                AT,
                bridge_id=live.bridge,
                challenge=shown,
                signature=signature,
                instance=FIRST,
            )


def test_a_token_lasts_minutes_and_cannot_be_made_up(live: LiveSchool) -> None:
    token = signed_in(live)
    caller_of(live.keys, AT + SESSION_LASTS - timedelta(seconds=1), token)
    for wrong, at in ((token, AT + SESSION_LASTS), (token[:-4] + "AAAA", AT), ("", AT), ("é", AT)):
        with pytest.raises(SessionRefusedError) as refused:
            caller_of(live.keys, at, wrong)
        assert refused.value.code == "session_over"


def test_a_challenge_is_no_token(live: LiveSchool) -> None:
    with pytest.raises(SessionRefusedError):
        caller_of(live.keys, AT, challenge_for(live.keys, AT, live.bridge))


def hear(live: LiveSchool, token: str, after: timedelta) -> Bridge:
    """The process that has this token says its Status."""
    with live.writing() as session:
        return require_session(session, AT + after, caller_of(live.keys, AT, token), write=True)


def seen_twice(live: LiveSchool) -> int:
    """How often the audit says that a bridge was seen twice at a time."""
    with live.database.reading() as session:
        return len(session.scalars(select(AuditRecord).where(AuditRecord.action == "bridge.twin")).all())


def test_two_processes_that_both_live_are_told_and_the_second_gets_nothing(live: LiveSchool) -> None:
    token = signed_in(live)
    assert refusal(live, instance=SECOND, after=timedelta(seconds=5)) == "place_taken"
    assert seen_twice(live) == 0
    soon = timedelta(seconds=6)
    assert had_twin(hear(live, token, soon), AT + soon)
    for seconds in range(8, 60, 3):
        assert refusal(live, instance=SECOND, after=timedelta(seconds=seconds)) == "duplicate_identity"
        after = timedelta(seconds=seconds + 1)
        assert had_twin(hear(live, token, after), AT + after)
    assert seen_twice(live) == 1
    over = timedelta(seconds=60) + SILENT
    assert not had_twin(hear(live, token, over), AT + over)


def test_a_machine_that_was_started_anew_waits_and_is_nobodys_twin(live: LiveSchool) -> None:
    before = signed_in(live)
    hear(live, before, timedelta(seconds=4))
    for seconds in (20, 24, 28, 33):
        assert refusal(live, instance=SECOND, after=timedelta(seconds=seconds)) == "place_taken"
    again = timedelta(seconds=4) + SILENT
    token = signed_in(live, instance=SECOND, after=again)
    assert not had_twin(hear(live, token, again + timedelta(seconds=2)), AT + again)
    assert seen_twice(live) == 0


def test_a_status_that_was_sent_before_the_second_asked_proves_nothing(live: LiveSchool) -> None:
    token = signed_in(live)
    assert refusal(live, instance=SECOND, after=timedelta(seconds=5)) == "place_taken"
    late = hear(live, token, timedelta(seconds=5))
    assert not had_twin(late, AT + timedelta(seconds=5))


def test_the_first_that_only_opens_its_session_anew_lives_as_well(live: LiveSchool) -> None:
    signed_in(live)
    assert refusal(live, instance=SECOND, after=timedelta(seconds=5)) == "place_taken"
    signed_in(live, after=timedelta(seconds=7))
    assert refusal(live, instance=SECOND, after=timedelta(seconds=8)) == "duplicate_identity"


def test_one_that_comes_back_after_its_twin_took_the_place_is_told(live: LiveSchool) -> None:
    signed_in(live)
    token = signed_in(live, instance=SECOND, after=SILENT)
    assert refusal(live, instance=FIRST, after=SILENT + timedelta(seconds=3)) == "place_taken"
    assert had_twin(hear(live, token, SILENT + timedelta(seconds=4)), AT + SILENT + timedelta(seconds=4))
    assert refusal(live, instance=FIRST, after=SILENT + timedelta(seconds=6)) == "duplicate_identity"


def test_after_a_silence_the_second_process_takes_the_place(live: LiveSchool) -> None:
    first = caller_of(live.keys, AT, signed_in(live))
    signed_in(live, instance=SECOND, after=SILENT)
    with live.database.reading() as session, pytest.raises(SessionRefusedError) as refused:
        require_session(session, AT + SILENT, first)
    assert refused.value.code == "session_over"


def test_the_word_of_a_revoked_bridge_counts_for_nothing(live: LiveSchool) -> None:
    caller = caller_of(live.keys, AT, signed_in(live))
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
    with live.database.reading() as session, pytest.raises(SessionRefusedError) as refused:
        require_session(session, AT, caller)
    assert refused.value.code == "revoked"
    assert refusal(live) == "revoked"


def test_a_bridge_that_nobody_confirmed_gets_none(live: LiveSchool) -> None:
    with live.writing() as session:
        session.get_one(Bridge, live.bridge).state = "enrolled"  # type: ignore[assignment] # as the database has it
    assert refusal(live) == "not_confirmed"
