"""A recovery passphrase whose key is cheap to make, and copies of keys that are sealed to it."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.recovery import new_recovery_key, write_passphrase
from access_control.core.wire.sealed_keys import DeviceKeys, KeyRow, seal_device_keys

SECRET, OTHER_SECRET = bytes(range(17)), bytes(range(1, 18))
PASSPHRASE, OTHER_PASSPHRASE = write_passphrase(SECRET), write_passphrase(OTHER_SECRET)
RECOVERY = new_recovery_key(SECRET, bytes(16), memory_kib=8192, passes=1)
OTHER_RECOVERY = new_recovery_key(OTHER_SECRET, bytes(16), memory_kib=8192, passes=1)
KEYS = DeviceKeys([KeyRow("reader-A-1.key", "0f" * 16)], None)


def copy_of(site: str, bridge: str, n: int = 1, recovery: RecoveryKey = RECOVERY, keys: DeviceKeys = KEYS) -> bytes:
    """A bridge's copy; another one each time."""
    made_at = datetime(2026, 11, 23, tzinfo=UTC)
    return seal_device_keys(keys, recovery, site=site, bridge=bridge, n=n, made_at=made_at, ephemeral=os.urandom(32))
