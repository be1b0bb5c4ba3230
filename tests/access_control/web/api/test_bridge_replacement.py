"""Sealed keys and a machine that replaces a bridge, over HTTP."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from access_control.core.wire.sealed_keys import sign_copy
from access_control.core.wire.uplink import (
    EnrolAnswer,
    EnrolRequest,
    RecoveryAnswer,
    RecoveryRequest,
    SealedKeysHeld,
    SealedKeysRequest,
)
from access_control.readers.enrolment import fingerprint
from access_control.readers.recovery import set_recovery_key
from access_control.readers.replacement import begin_replacement, confirm_replacement
from tests.access_control.web.api.conftest import BridgeSide, Clock, code_of, told
from tests.access_control.web.api.test_bridge import events, status, stored
from tests.building.published import LiveSchool
from tests.building.recovery import RECOVERY, copy_of
from tests.building.sites import AT, BY


@pytest.fixture(autouse=True)
def _passphrase(live: LiveSchool) -> None:
    with live.writing() as session:
        set_recovery_key(session, AT, RECOVERY, by=BY)


def sent(live: LiveSchool, sealed: bytes) -> SealedKeysRequest:
    return SealedKeysRequest(b64encode(sealed).decode(), sign_copy(sealed, live.signing[live.bridge]).hex())


def test_a_bridge_leaves_its_sealed_keys(side: BridgeSide, live: LiveSchool) -> None:
    sealed = copy_of(live.school.site, live.bridge, 2)
    held = told(side.post("sealed-keys", sent(live, sealed)), SealedKeysHeld)
    assert (held.n, held.digest) == (2, sha256(sealed).hexdigest())
    assert code_of(side.post("sealed-keys", sent(live, copy_of(live.school.site, live.bridge, 1)))) == (409, "older")


def test_what_is_no_copy_of_its_own_is_refused(side: BridgeSide, app: Flask, live: LiveSchool) -> None:
    site, other = live.school.site, live.school.other_bridge
    assert code_of(side.post("sealed-keys", sent(live, copy_of(site, other)))) == (400, "wrong_recipient")
    assert code_of(side.post("sealed-keys", sent(live, b"nonsense"))) == (400, "bad_frame")
    unsigned = msgspec.structs.replace(sent(live, copy_of(site, live.bridge)), signature="00" * 64)
    assert code_of(side.post("sealed-keys", unsigned)) == (400, "bad_signature")
    assert code_of(side.post("sealed-keys", SealedKeysRequest("***", "00" * 64))) == (400, "bad_content")
    assert code_of(side.post("sealed-keys", sent(live, bytes(400_000)))) == (400, "bad_content")
    stranger = BridgeSide(app.test_client(), live.bridge, Ed25519PrivateKey.generate(), live.keys)
    assert code_of(stranger.post("sealed-keys", sent(live, copy_of(site, live.bridge)))) == (401, "session_over")


def test_a_new_machine_takes_over_and_the_old_one_is_nobody(
    side: BridgeSide, app: Flask, live: LiveSchool, clock: Clock
) -> None:
    sealed = copy_of(live.school.site, live.bridge)
    told(side.post("sealed-keys", sent(live, sealed)), SealedKeysHeld)
    with live.writing() as session:
        code = begin_replacement(session, live.keys, AT, bridge_id=live.bridge, by=BY).text
    key = Ed25519PrivateKey.generate()
    new = BridgeSide(app.test_client(), live.bridge, key, live.keys)

    offered = told(new.post("recovery", RecoveryRequest(code)), RecoveryAnswer)
    assert (offered.bridge, offered.name) == (live.bridge, "North bridge")
    assert b64decode(offered.sealed or "") == sealed
    assert (offered.signature, offered.former) == (sent(live, sealed).signature, [])
    asked = EnrolRequest(code, key.public_key().public_bytes_raw().hex(), "cabinet", replace=True)
    plain = EnrolRequest(code, asked.public_key, "cabinet", replace=False)
    assert code_of(new.post("enrol", plain)) == (403, "wrong_code")
    assert told(new.post("enrol", asked), EnrolAnswer).bridge == live.bridge
    assert code_of(new.post("enrol", asked)) == (403, "used_code")
    assert code_of(new.post("recovery", RecoveryRequest(code))) == (403, "used_code")
    assert code_of(new.open()) == (403, "not_confirmed")
    assert side.post("status", status()).status_code == 200

    with live.writing() as session:
        shown = fingerprint(key.public_key().public_bytes_raw())
        confirm_replacement(session, live.keys, clock(), bridge_id=live.bridge, compared=shown, by=BY)
    assert code_of(side.post("events", events(live, 1, 1))) == (401, "session_over")
    assert code_of(side.get("documents/policy")) == (401, "session_over")
    assert code_of(side.open()) == (403, "revoked")
    assert stored(live) == []
    assert new.open().status_code == 200
    assert new.get("documents/policy").status_code == 200


def test_without_a_code_nobody_gets_anything(side: BridgeSide) -> None:
    assert code_of(side.post("recovery", RecoveryRequest("SAC1-AAAA"))) == (403, "wrong_code")
