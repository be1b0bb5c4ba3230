"""Sessions of bridges: the right key, a confirmed bridge, one process at a time."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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


def test_a_second_process_with_one_identity_gets_nothing_while_the_first_is_alive(live: LiveSchool) -> None:
    token = signed_in(live)
    soon = timedelta(seconds=5)
    assert refusal(live, instance=SECOND, after=soon) == "duplicate_identity"
    with live.writing() as session:
        bridge = require_session(session, AT + soon, caller_of(live.keys, AT, token), write=True)
        assert had_twin(bridge, AT + soon)
        assert not had_twin(bridge, AT + soon + SILENT)


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
