"""A new machine takes a bridge's place: nothing changes before it is confirmed, and then the old one is nobody."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from access_control.audit.models import AuditRecord
from access_control.core.decision.model import OverrideEffect, Policy
from access_control.core.wire.policy import open_policy
from access_control.core.wire.sealed_keys import DeviceKeys, sign_copy
from access_control.core.wire.signing import Kind
from access_control.core.wire.uplink import session_message
from access_control.readers.bridge_sessions import SessionRefusedError, challenge_for, open_session
from access_control.readers.enrolment import CODE_LASTS, EnrolmentRefusedError, enroll, fingerprint, revoke_bridge
from access_control.readers.errors import BadValueError
from access_control.readers.event_streams import stream_position
from access_control.readers.gap_reports import gaps_to_show
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.orders import overrides_in_force, set_override
from access_control.readers.publishing import publish_policy, published
from access_control.readers.recovery import copy_for, keep_sealed_keys, set_recovery_key
from access_control.readers.release_codes import codes_made, make_release_codes
from access_control.readers.replacement import (
    begin_replacement,
    cancel_replacement,
    confirm_replacement,
    enroll_replacement,
    offer_keys,
    replacement_of,
)
from access_control.readers.status import take_status
from tests.building.published import LiveSchool, later
from tests.building.recovery import OTHER_RECOVERY, RECOVERY, copy_of
from tests.building.said import STREAM, a_status
from tests.building.sites import AT, BY

NEW = Ed25519PrivateKey.generate()
PUBLIC = NEW.public_key().public_bytes_raw()
SHOWN = fingerprint(PUBLIC)
INSTANCE = "0193a000-0000-4000-8000-00000000bbbb"
OTHER_STREAM = "0193a000-0000-4000-8000-00000000cccc"


def begun(live: LiveSchool) -> str:
    with live.writing() as session:
        return begin_replacement(session, live.keys, AT, bridge_id=live.bridge, by=BY).text


def enrolled(live: LiveSchool) -> bytes:
    """The new machine has come; the key of its digests."""
    code = begun(live)
    with live.writing() as session:
        made = enroll_replacement(session, live.keys, AT, code=code, public_key=PUBLIC, address="192.0.2.9")
        assert (made.bridge, made.name, made.site) == (live.bridge, "North bridge", live.school.site)
        return made.digest_key


def confirmed(live: LiveSchool) -> bytes:
    digest_key = enrolled(live)
    with live.writing() as session:
        confirm_replacement(session, live.keys, later(1), bridge_id=live.bridge, compared=SHOWN, by=BY)
    return digest_key


def session_code(live: LiveSchool, key: Ed25519PrivateKey) -> str:
    """What a machine with this key is told when it opens a session."""
    with live.writing() as session:
        challenge = challenge_for(live.keys, AT, live.bridge)
        signature = key.sign(session_message(challenge, INSTANCE))
        try:
            open_session(
                session,
                live.keys,
                AT,
                bridge_id=live.bridge,
                challenge=challenge,
                signature=signature,
                instance=INSTANCE,
            )
        except SessionRefusedError as refused:
            return refused.code
        return "open"


def neighbours_policy(live: LiveSchool) -> Policy:
    other = live.school.other_bridge
    with live.writing() as session:
        publish_policy(session, live.keys, other, later(2))
        row = published(session, other, Kind.POLICY)
        assert row is not None
        sealed = session.get_one(Bridge, other).digest_key_sealed
        assert sealed is not None
        keys = live.keys.document_public()
        return open_policy(row.sealed, keys, site=live.school.site, bridge=other, digest_key=live.keys.unseal(sealed))


def refusal(do: Callable[[], object]) -> str:
    with pytest.raises(EnrolmentRefusedError) as refused:
        do()
    return refused.value.code


def test_before_it_is_confirmed_the_old_machine_is_the_bridge(live: LiveSchool) -> None:
    old = live.signing[live.bridge]
    enrolled(live)
    assert session_code(live, NEW) == "not_confirmed"
    assert session_code(live, old) == "open"
    assert neighbours_policy(live).neighbour_keys[live.bridge][0] == old.public_key().public_bytes_raw()
    with live.database.reading() as session:
        row = session.get_one(Bridge, live.bridge)
        assert (row.state, row.public_key) == (BridgeState.CONFIRMED, old.public_key().public_bytes_raw())


def test_from_then_on_only_the_new_one_is(live: LiveSchool) -> None:
    digest_key = confirmed(live)
    assert session_code(live, live.signing[live.bridge]) == "revoked"
    assert session_code(live, NEW) == "open"
    assert session_code(live, Ed25519PrivateKey.generate()) == "bad_signature"
    assert neighbours_policy(live).neighbour_keys[live.bridge][0] == PUBLIC
    live.digest_key = digest_key
    assert set(live.policy().doors) == {live.door}, "its doors stay its doors"
    with live.database.reading() as session:
        assert session.get_one(Door, live.door).bridge_id == live.bridge
        assert replacement_of(session, live.bridge) is None
        done = session.scalars(select(AuditRecord).where(AuditRecord.action == "bridge.replaced")).one()
        assert (done.actor, done.facts) == (BY, {"fingerprint": fingerprint(PUBLIC), "unsent": 0})


def test_a_session_of_the_old_machine_ends_with_it(live: LiveSchool) -> None:
    with live.writing() as session:
        session.get_one(Bridge, live.bridge).instance = INSTANCE
    confirmed(live)
    with live.database.reading() as session:
        row = session.get_one(Bridge, live.bridge)
        assert (row.instance, row.status, row.neighbour_address) == (None, None, None)


def test_what_the_old_machine_had_not_sent_shows_as_missing_once_the_new_one_speaks(live: LiveSchool) -> None:
    def say(stream: str, last_seq: int, seconds: float) -> None:
        with live.writing() as session:
            said = msgspec.structs.replace(a_status(), stream=stream, acknowledged=0, last_seq=last_seq)
            take_status(session, live.keys, later(seconds), live.bridge, said)

    with live.writing() as session:
        session.get_one(Bridge, live.bridge).in_force = {}
    say(STREAM, 5, 0)
    with live.writing() as session:
        stream_position(session, live.bridge, STREAM).seq = 3
    confirmed(live)
    for seconds in (10, 20, 90):
        say(OTHER_STREAM, 0, seconds)
    with live.database.reading() as session:
        (gap,) = gaps_to_show(session, later(100))[live.bridge]
        assert (gap.stream, gap.from_seq, gap.to_seq) == (STREAM, 4, 5)


def test_what_only_the_old_machine_remembered_ends_with_it(live: LiveSchool) -> None:
    """A lockdown may have cancelled an unlock there, and release codes are known by its own key."""
    with live.writing() as session:
        soon = AT + timedelta(hours=1)
        unlock = OverrideEffect.UNLOCK
        set_override(session, live.keys, AT, door_id=live.door, effect=unlock, by=BY, why="delivery", expires_at=soon)
        make_release_codes(session, live.keys, AT, bridge_id=live.bridge, by=BY)
    confirmed(live)
    with live.database.reading() as session:
        assert overrides_in_force(session, later(2), [live.door]) == []
        assert codes_made(session, live.bridge) is None
    assert live.orders().overrides == ()


def test_a_code_is_good_once_for_15_minutes_and_only_for_this(live: LiveSchool) -> None:
    first, code = begun(live), begun(live)

    def take(text: str, seconds: float = 0) -> None:
        with live.writing() as session:
            enroll_replacement(session, live.keys, later(seconds), code=text, public_key=PUBLIC, address="")

    def plain(text: str) -> None:
        with live.writing() as session:
            enroll(session, live.keys, AT, code=text, public_key=PUBLIC, address="")

    assert refusal(lambda: take(first)) == "wrong_code", "a new one makes the old one worthless"
    assert refusal(lambda: take("SAC1-AAAA")) == "wrong_code"
    assert refusal(lambda: take(code, CODE_LASTS.total_seconds())) == "expired_code"
    with pytest.raises(EnrolmentRefusedError, match="Add --replace"):
        plain(code)
    take(code)
    assert refusal(lambda: take(code)) == "used_code"


def test_whoever_has_the_code_is_given_the_sealed_keys_and_keeps_the_code(live: LiveSchool) -> None:
    code = begun(live)

    def offered() -> tuple[bytes | None, str]:
        with live.writing() as session:
            given = offer_keys(session, live.keys, AT, code)
            assert (given.bridge, given.name) == (live.bridge, "North bridge")
            return (None if given.sealed is None else b64decode(given.sealed)), given.held

    assert offered() == (None, "The school has no recovery passphrase, so there is no copy of the readers' keys.")
    with live.writing() as session:
        set_recovery_key(session, AT, RECOVERY, by=BY)
    assert offered() == (None, "North bridge never sent a copy of its readers' keys.")
    sealed = copy_of(live.school.site, live.bridge)
    with live.writing() as session:
        keep_sealed_keys(session, AT, live.bridge, sealed, sign_copy(sealed, live.signing[live.bridge]))
    assert offered() == (sealed, "The copy of North bridge's keys came on 2026-11-23 at 15:42 UTC.")
    with live.writing() as session:
        set_recovery_key(session, AT, OTHER_RECOVERY, by=BY)
    assert "only the passphrase before the present one opens it" in offered()[1]
    with live.writing() as session:
        enroll_replacement(session, live.keys, AT, code=code, public_key=PUBLIC, address="")
        assert refusal(lambda: offer_keys(session, live.keys, AT, code)) == "used_code"


def test_a_machine_that_came_after_the_comparison_is_not_confirmed(live: LiveSchool) -> None:
    """Somebody looks at the page and compares; meanwhile another code is made and another machine enrols with it."""
    enrolled(live)
    another = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    code = begun(live)
    with live.writing() as session:
        enroll_replacement(session, live.keys, AT, code=code, public_key=another, address="")
    with live.writing() as session, pytest.raises(BadValueError, match="is not the one of the machine"):
        confirm_replacement(session, live.keys, AT, bridge_id=live.bridge, compared=SHOWN, by=BY)
    assert session_code(live, live.signing[live.bridge]) == "open"


def test_the_copy_of_the_old_machine_is_kept_whatever_the_new_one_sends(live: LiveSchool) -> None:
    """Also if the new one had to do without the keys: the page with the passphrase may be found the day after."""
    sealed = copy_of(live.school.site, live.bridge, 7)
    with live.writing() as session:
        set_recovery_key(session, AT, RECOVERY, by=BY)
        keep_sealed_keys(session, AT, live.bridge, sealed, sign_copy(sealed, live.signing[live.bridge]))
    confirmed(live)

    def offered() -> tuple[str | None, list[bytes], str]:
        code = begun(live)
        with live.writing() as session:
            given = offer_keys(session, live.keys, AT, code)
        return given.sealed, [b64decode(text) for text in given.former], given.held

    nothing, former, held = offered()
    assert (nothing, former) == (None, [sealed])
    assert "has not sent a copy of its readers' keys since its machine was replaced. A copy of an earlier" in held
    with live.writing() as session:
        assert copy_for(session, live.bridge) is None, "so the new machine does not think that its disk went back"
        empty = copy_of(live.school.site, live.bridge, keys=DeviceKeys([], None))
        keep_sealed_keys(session, AT, live.bridge, empty, sign_copy(empty, NEW))
    newest, former, held = offered()
    assert (b64decode(newest or ""), former) == (empty, [sealed])
    assert "--former-keys" in held


def test_it_can_be_called_off(live: LiveSchool) -> None:
    code = begun(live)
    with live.writing() as session:
        cancel_replacement(session, AT, bridge_id=live.bridge, by=BY)
        assert refusal(lambda: offer_keys(session, live.keys, AT, code)) == "wrong_code"
    enrolled(live)
    with live.writing() as session:
        cancel_replacement(session, AT, bridge_id=live.bridge, by=BY)
    assert session_code(live, NEW) == "bad_signature"
    assert session_code(live, live.signing[live.bridge]) == "open"


def test_only_a_bridge_in_use_is_replaced_and_only_by_a_machine_that_came(live: LiveSchool) -> None:
    begun(live)
    with live.writing() as session, pytest.raises(BadValueError, match="No machine has enrolled"):
        confirm_replacement(session, live.keys, AT, bridge_id=live.bridge, compared=SHOWN, by=BY)
    enrolled(live)
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
    with live.writing() as session:
        with pytest.raises(BadValueError, match="No machine has enrolled"):
            confirm_replacement(session, live.keys, AT, bridge_id=live.bridge, compared=SHOWN, by=BY)
        with pytest.raises(BadValueError, match="is not in use"):
            begin_replacement(session, live.keys, AT, bridge_id=live.bridge, by=BY)
