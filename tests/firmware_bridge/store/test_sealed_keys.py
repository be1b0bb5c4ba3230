"""A copy is made anew when keys, settings or passphrase change, and the same one is sent until it arrived."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.sealed_keys import DeviceKeys, is_signed, open_device_keys
from access_control.core.wire.uplink import SealedKeysHeld
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.sealed_keys import BehindError, SealedCopy, SealedKeys
from tests.building.clock import MONDAY
from tests.building.recovery import OTHER_RECOVERY, RECOVERY, SECRET, copy_of
from tests.building.signed import BRIDGE, SITE, TRUST


@dataclass
class Disk:
    """A bridge's state directory; each :meth:`started` is a start of the bridge."""

    place: Path
    keys: KeyStore = field(init=False)

    def __post_init__(self) -> None:
        self.keys = KeyStore(self.place / "keys")
        self.keys.create()
        self.keys.keep_reader_key("A", 1, b"k" * 16)
        self.settings.write_text('state_dir = "state"\n')

    @property
    def settings(self) -> Path:
        return self.place / "bridge.toml"

    def started(self) -> SealedKeys:
        return SealedKeys(self.place, TRUST, self.keys, self.settings)

    def up_to_date(self, held: SealedKeysHeld | None = None, recovery: RecoveryKey = RECOVERY) -> SealedCopy:
        return self.started().bring_up_to_date(recovery, held, MONDAY, os.urandom)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def held(copy: SealedCopy) -> SealedKeysHeld:
    return SealedKeysHeld(copy.head.n, copy.digest)


def opened(copy: SealedCopy) -> DeviceKeys:
    return open_device_keys(copy.sealed, SECRET, site=SITE, bridge=BRIDGE)


def test_it_holds_every_devices_keys_and_the_settings(disk: Disk) -> None:
    disk.keys.keep_next_reader_key("A", 1, b"n" * 16)
    content = opened(disk.up_to_date())
    assert {row.file: bytes.fromhex(row.key) for row in content.keys} == {
        "reader-A-1.key": b"k" * 16,
        "reader-A-1.next.key": b"n" * 16,
    }
    assert content.settings == 'state_dir = "state"\n'


def test_the_same_bytes_are_sent_until_they_arrived_also_after_a_restart(disk: Disk) -> None:
    first = disk.up_to_date()
    assert (first.head.n, first.acknowledged) == (1, False)
    assert disk.up_to_date() == first
    disk.started().acknowledge(first)
    again = disk.up_to_date(held(first))
    assert (again.sealed, again.acknowledged) == (first.sealed, True)
    assert disk.up_to_date(None).sealed == first.sealed, "a service that lost it is sent the same again"


def test_another_key_other_settings_or_another_passphrase_make_a_new_one(disk: Disk) -> None:
    first = disk.up_to_date()
    disk.keys.keep_reader_key("A", 1, b"r" * 16)
    assert disk.started().fitting(RECOVERY) is None
    second = disk.up_to_date(held(first))
    assert (second.head.n, opened(second).keys[0].key) == (2, (b"r" * 16).hex())
    disk.settings.write_text('state_dir = "elsewhere"\n')
    third = disk.up_to_date(held(second))
    assert third.head.n == 3
    assert disk.started().fitting(OTHER_RECOVERY) is None
    assert disk.up_to_date(None, OTHER_RECOVERY).head.recovery == OTHER_RECOVERY
    assert disk.started().fitting(None) is None


def test_a_disk_that_went_back_takes_no_newer_keys_away_from_the_service(disk: Disk) -> None:
    disk.up_to_date()
    older = (disk.place / "sealed-keys.doc").read_bytes()
    disk.keys.keep_reader_key("A", 1, b"r" * 16)
    newest = disk.up_to_date()
    disk.keys.keep_reader_key("A", 1, b"k" * 16)
    (disk.place / "sealed-keys.doc").write_bytes(older)
    with pytest.raises(BehindError, match=r"holds copy 2 .* this bridge has made 1"):
        disk.up_to_date(held(newest))
    disk.keys.keep_reader_key("A", 1, b"s" * 16)
    with pytest.raises(BehindError):
        disk.up_to_date(held(newest))
    with pytest.raises(BehindError):
        disk.up_to_date(SealedKeysHeld(9, "ab" * 32), OTHER_RECOVERY)  # it was before the present passphrase
    assert disk.up_to_date(None, OTHER_RECOVERY).head.n > 0, "another passphrase begins anew"


@pytest.mark.parametrize("damage", [b"", b"nonsense"])
def test_a_disk_that_lost_its_copy_takes_no_keys_away_from_the_service(disk: Disk, damage: bytes) -> None:
    """Whatever took the copy may have taken keys as well."""
    first = disk.up_to_date()
    path = disk.place / "sealed-keys.doc"
    path.write_bytes(damage) if damage else path.unlink()
    with pytest.raises(BehindError, match="this bridge has made none"):
        disk.up_to_date(held(first))
    assert disk.up_to_date(None).head.n == 1, "a service that holds nothing loses nothing"


def test_a_machine_that_got_its_keys_from_a_copy_makes_the_next_one(disk: Disk) -> None:
    sealed = copy_of(SITE, BRIDGE, 7)
    disk.started().take_over(sealed)
    assert disk.started().fitting(RECOVERY) is None
    digest = sha256(sealed).hexdigest()
    assert disk.up_to_date(SealedKeysHeld(7, digest)).head.n == 8
    disk.started().take_over(sealed)
    assert disk.up_to_date(None).head.n == 8
    disk.started().take_over(sealed)
    with pytest.raises(BehindError):
        disk.up_to_date(SealedKeysHeld(8, "ab" * 32))


def test_it_is_signed_with_the_bridges_own_key(disk: Disk) -> None:
    copy, public = disk.up_to_date(), disk.keys.load().public
    signature = disk.started().signature(copy)
    assert is_signed(copy.sealed, signature, public)
    assert not is_signed(copy.sealed + b" ", signature, public)
    assert not is_signed(copy.sealed, signature, bytes(32))


def test_it_is_for_its_owner_only_and_holds_no_key_in_the_clear(disk: Disk) -> None:
    copy = disk.up_to_date()
    path = disk.place / "sealed-keys.doc"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (b"k" * 16).hex().encode() not in path.read_bytes()
    assert copy.digest == sha256(copy.sealed).hexdigest()


def test_settings_that_are_too_long_are_left_out(disk: Disk) -> None:
    disk.settings.write_text("#" * 70_000)
    assert opened(disk.up_to_date()).settings is None
