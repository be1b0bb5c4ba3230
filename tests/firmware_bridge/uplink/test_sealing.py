"""The service gets a sealed copy of the readers' keys, again until it has it, and nothing without a passphrase."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.sealed_keys import open_device_keys
from firmware_bridge.store.keys import KeyStore
from tests.building.processes import until
from tests.building.recovery import OTHER_RECOVERY, OTHER_SECRET, RECOVERY, SECRET
from tests.building.signed import BRIDGE, SITE
from tests.firmware_bridge.uplink.conftest import told
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, reply

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Around, Script


class Holder:
    """A service that keeps what it is sent, and refuses as often as a test says."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.copies: list[bytes] = []
        self.refuse = 0
        script.instead["sealed-keys"] = self.take

    def take(self, _visit: Visit) -> bytes:
        body = next(body for path, body in reversed(self.script.asked) if path == "sealed-keys")
        if self.refuse:
            self.refuse -= 1
            return reply(b'{"status":503,"code":"busy","detail":"Not now."}', 503)
        self.copies.append(b64decode(json.loads(body)["sealed"]))
        held: dict[str, Any] = {"n": len(self.copies), "digest": sha256(self.copies[-1]).hexdigest()}
        self.script.status_more = {"sealed_keys": held}
        return told(held)


def apply_policy(around: Around, recovery: RecoveryKey | None) -> None:
    draft = replace(around.school.draft(around.school.policies + 1), recovery=recovery)
    assert around.apply(around.school.policy(draft=draft))["ok"]


def key_in(sealed: bytes, secret: bytes = SECRET) -> str:
    (row,) = open_device_keys(sealed, secret, site=SITE, bridge=BRIDGE).keys
    return row.key


def test_it_is_sent_until_it_is_there_and_status_says_which_one_fits(
    around: Around, script: Script, server: Wicked
) -> None:
    holder = Holder(script)
    holder.refuse = 1
    KeyStore(around.folder / "keys").keep_reader_key("A", 1, b"k" * 16)
    apply_policy(around, RECOVERY)
    with around.uplink(server):
        until(lambda: holder.copies, "the copy is there")
        digest = sha256(holder.copies[0]).hexdigest()
        said = f'"sealed_keys":"{digest}"'.encode()
        until(lambda: any(said in body for path, body in script.asked if path == "status"), "its Status names it")
    assert key_in(holder.copies[0]) == (b"k" * 16).hex()
    assert len(holder.copies) == 1
    with around.uplink(server):  # after a restart nothing is sent that is there
        before = len(script.asked)
        until(lambda: sum(path == "status" for path, _ in script.asked[before:]) > 1, "two more Statuses")
    assert len(holder.copies) == 1


def test_a_new_passphrase_in_policy_has_the_keys_sealed_anew(around: Around, script: Script, server: Wicked) -> None:
    holder = Holder(script)
    KeyStore(around.folder / "keys").keep_reader_key("A", 1, b"k" * 16)
    with around.uplink(server) as uplink:
        until(lambda: any(path == "status" for path, _ in script.asked), "it speaks")
        apply_policy(around, None)
        uplink.recovery_changed()
        apply_policy(around, RECOVERY)
        uplink.recovery_changed()
        until(lambda: holder.copies, "sealed to the first")
        script.status_more = {"sealed_keys": None}  # what is here is not for the new one
        apply_policy(around, OTHER_RECOVERY)
        uplink.recovery_changed()
        until(lambda: len(holder.copies) > 1, "sealed to the second")
    assert key_in(holder.copies[-1], OTHER_SECRET) == (b"k" * 16).hex()


def test_a_copy_that_is_later_than_its_own_is_left_alone_and_said(
    around: Around, script: Script, server: Wicked
) -> None:
    holder = Holder(script)
    apply_policy(around, RECOVERY)
    with around.uplink(server):
        until(lambda: holder.copies, "the copy is there")
    script.status_more = {"sealed_keys": {"n": 9, "digest": "ab" * 32}}
    with around.uplink(server) as uplink:
        until(lambda: "enroll --replace" in uplink.shape()["sealed_keys"], "it says what to do")
    assert len(holder.copies) == 1
