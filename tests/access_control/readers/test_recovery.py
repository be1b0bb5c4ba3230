"""The passphrase is kept nowhere; of each bridge the newest sealed copy of its keys is here."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest
from sqlalchemy import inspect, select, text

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.recovery import private_key, read_passphrase
from access_control.core.wire.sealed_keys import sign_copy
from access_control.readers.models import Bridge
from access_control.readers.publishing import publish_policy
from access_control.readers.recovery import (
    CopyState,
    copy_for,
    copy_states,
    former_copies,
    keep_sealed_keys,
    make_passphrase,
    recovery_key,
    set_recovery_key,
)
from access_control.readers.recovery_models import RecoveryKeyRow, SealedKeysRow
from access_control.readers.status import take_status
from tests.building.published import LiveSchool, later
from tests.building.recovery import OTHER_RECOVERY, RECOVERY, copy_of
from tests.building.said import a_status
from tests.building.sites import BY


@pytest.fixture(autouse=True)
def _passphrase(live: LiveSchool) -> None:
    with live.writing() as session:
        set_recovery_key(session, later(0), RECOVERY, by=BY)


def keep(live: LiveSchool, sealed: bytes) -> int:
    with live.writing() as session:
        signature = sign_copy(sealed, live.signing[live.bridge])
        return keep_sealed_keys(session, later(1), live.bridge, sealed, signature).n


def refusal(live: LiveSchool, sealed: bytes) -> RefusalCode:
    with live.writing() as session, pytest.raises(Refused) as refused:
        keep_sealed_keys(session, later(1), live.bridge, sealed, sign_copy(sealed, live.signing[live.bridge]))
    return refused.value.code


def state(live: LiveSchool) -> CopyState:
    with live.database.reading() as session:
        return copy_states(session)[live.bridge]


def test_a_passphrase_opens_what_its_key_seals_and_is_shown_by_nothing_else() -> None:
    made = make_passphrase()
    private_key(read_passphrase(made.text), made.key)
    assert made.text not in repr(made)
    assert make_passphrase().text != made.text


def test_nothing_of_the_passphrase_is_stored(live: LiveSchool) -> None:
    made = make_passphrase()
    secret = read_passphrase(made.text)
    with live.writing() as session:
        set_recovery_key(session, later(1), made.key, by=BY)
        columns = {column.key for column in inspect(RecoveryKeyRow).columns}
        assert columns == {"site_id", "public_key", "salt", "memory_kib", "passes", "lanes", "made_at", "made_by"}
        row = session.scalars(select(RecoveryKeyRow)).one()
        assert secret not in {row.public_key, row.salt}
        assert private_key(secret, made.key).private_bytes_raw() not in {row.public_key, row.salt}
    with live.database.reading() as session:
        told = [str(row) for row in session.execute(text("SELECT action, facts FROM audit_record"))]
        assert not any(made.text in one or secret.hex() in one for one in told)


def test_bridges_hear_of_it_with_their_policies(live: LiveSchool) -> None:
    with live.writing() as session:
        assert session.get_one(Bridge, live.bridge).policy_stale
        publish_policy(session, live.keys, live.bridge, later(1))
        assert recovery_key(session) == RECOVERY
    assert live.policy().recovery == RECOVERY


def test_a_newer_copy_takes_the_place_of_an_older_one_and_never_the_other_way(live: LiveSchool) -> None:
    site = live.school.site
    second = copy_of(site, live.bridge, 2)
    assert keep(live, second) == 2
    assert keep(live, second) == 2, "the same bytes again are acknowledged"
    assert refusal(live, copy_of(site, live.bridge, 1)) is RefusalCode.OLDER
    assert refusal(live, copy_of(site, live.bridge, 2)) is RefusalCode.OLDER
    third = copy_of(site, live.bridge, 3)
    assert keep(live, third) == 3
    with live.database.reading() as session:
        assert session.get_one(SealedKeysRow, live.bridge).sealed == third
        held = copy_for(session, live.bridge)
        assert held is not None
        assert held.digest == sha256(third).hexdigest()


def test_a_bridge_sends_its_own_keys_and_nobody_elses(live: LiveSchool) -> None:
    site, other = live.school.site, live.school.other_bridge
    assert refusal(live, copy_of(site, other)) is RefusalCode.WRONG_RECIPIENT
    assert refusal(live, copy_of(other, live.bridge)) is RefusalCode.WRONG_RECIPIENT
    assert refusal(live, b"nonsense") is RefusalCode.BAD_FRAME
    assert refusal(live, bytes(300_000)) is RefusalCode.TOO_LARGE


def test_with_another_passphrase_the_copy_stays_until_a_new_one_comes(live: LiveSchool) -> None:
    site = live.school.site
    old = copy_of(site, live.bridge, 7)
    keep(live, old)
    with live.writing() as session:
        set_recovery_key(session, later(2), OTHER_RECOVERY, by=BY)
    assert state(live) is CopyState.EARLIER_PASSPHRASE
    with live.database.reading() as session:
        assert session.get_one(SealedKeysRow, live.bridge).sealed == old
        assert copy_for(session, live.bridge) is None
    assert refusal(live, copy_of(site, live.bridge, 8)) is RefusalCode.UNKNOWN_KEY
    assert keep(live, copy_of(site, live.bridge, 1, OTHER_RECOVERY)) == 1, "numbers count for one passphrase"
    with live.database.reading() as session:
        assert [row.sealed for row in former_copies(session, live.bridge)] == [old], "its disk may have gone back"


def test_a_later_copy_for_another_passphrase_leaves_nothing_behind(live: LiveSchool) -> None:
    keep(live, copy_of(live.school.site, live.bridge, 7))
    with live.writing() as session:
        set_recovery_key(session, later(2), OTHER_RECOVERY, by=BY)
    keep(live, copy_of(live.school.site, live.bridge, 8, OTHER_RECOVERY))
    with live.database.reading() as session:
        assert former_copies(session, live.bridge) == []


def test_what_the_bridge_did_not_sign_is_not_kept(live: LiveSchool) -> None:
    """The recovery key is public: anybody can seal something to it."""
    sealed = copy_of(live.school.site, live.bridge)
    for signature in (bytes(64), b"", sign_copy(sealed, live.signing[live.school.other_bridge])):
        with live.writing() as session, pytest.raises(Refused) as refused:
            keep_sealed_keys(session, later(1), live.bridge, sealed, signature)
        assert refused.value.code is RefusalCode.BAD_SIGNATURE


def test_how_it_stands_with_a_bridges_copy(live: LiveSchool) -> None:
    assert state(live) is CopyState.MISSING
    sealed = copy_of(live.school.site, live.bridge)
    keep(live, sealed)
    assert state(live) is CopyState.BEHIND, "the bridge has not said yet that it fits its keys"

    def say(digest: str | None, seconds: float) -> None:
        with live.writing() as session:
            said = msgspec.structs.replace(a_status(), sealed_keys=digest)
            answer = take_status(session, live.keys, later(seconds), live.bridge, said)
            assert answer.sealed_keys is not None
            assert answer.sealed_keys.digest == sha256(sealed).hexdigest()

    say(sha256(sealed).hexdigest(), 2)
    assert state(live) is CopyState.GOOD
    say("00" * 32, 3)
    assert state(live) is CopyState.BEHIND
    with live.writing() as session:
        session.delete(session.scalars(select(RecoveryKeyRow)).one())
    assert state(live) is CopyState.NO_PASSPHRASE
