"""Sets up a bridge's state directory: keys, whom it belongs to, and the first proof of its clock.

Enrolment at a service ends in the same files.
"""

from __future__ import annotations

import os
from pathlib import Path

from firmware_bridge.clock import Clock
from firmware_bridge.store.clock_trust import boot_id
from firmware_bridge.store.keys import BridgeKeys, KeyStore
from firmware_bridge.store.memory import BridgeMemory, ClockProof
from firmware_bridge.store.state_lock import require_owner
from firmware_bridge.store.trust import Trust, TrustError, read_trust, write_trust


class AlreadySetUpError(Exception):
    """The directory belongs to a bridge; the text is one plain sentence."""


def set_up(
    state_dir: Path, trust: Trust, clock: Clock, *, digest: bytes | None = None, signing: bytes | None = None
) -> BridgeKeys:
    """Make a state directory ready for ``firmware-bridge run``; the clock counts as proved from now on.

    Args:
        state_dir: Made if it is missing, for its owner only.
        trust: The site, this bridge, and the school's public identity key.
        clock: Whoever sets the bridge up has looked that the machine's clock is right.
        digest: The 32-byte key under which Policy names credentials; a new one if ``None``.
        signing: The bridge's own 32-byte Ed25519 private key; a new one if ``None``.

    Raises:
        AlreadySetUpError: The directory belongs to another bridge or site.
        KeyFileError: Keys that are there already cannot be used.
        MemoryFullError: The disk took nothing.
        NotOwnerError: This is root, and the directory is somebody else's.
        OSError: As above.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_owner(state_dir)
    if state_dir.stat().st_uid == os.getuid():
        state_dir.chmod(0o700)
    try:
        before = read_trust(state_dir)
    except TrustError:
        before = trust
    if before != trust:
        raise AlreadySetUpError(f"{state_dir} already belongs to bridge {before.bridge}; choose an empty directory.")
    keys = KeyStore(state_dir / "keys").create(digest=digest, signing=signing)
    moment = clock.moment()
    memory = BridgeMemory(state_dir, moment.at)
    try:
        memory.prove_clock(ClockProof(boot_id(), moment.at, moment.mono_s))
    finally:
        memory.close()
    write_trust(state_dir, trust)
    return keys
