"""The Policy on this machine's disk, for commands that work without a running bridge."""

from __future__ import annotations

from access_control.core.decision.model import Policy
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import Config
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.keys import KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.state_lock import StateDirectoryError, only_one
from firmware_bridge.store.trust import TrustError, read_trust


class StoredPolicyError(Exception):
    """There is none to be had; the text is one plain sentence."""


def stored_policy(config: Config) -> Policy:
    """Read it, checked as at a start.

    Raises:
        StoredPolicyError: The bridge is not set up, has none yet, its state is another user's or in use.
    """
    at = SystemClock().moment().at
    try:
        trust = read_trust(config.state_dir)
        with only_one(config.state_dir):
            keys = KeyStore(config.state_dir / "keys").load()
            memory = BridgeMemory(config.state_dir, at)
            try:
                documents = Documents(config.state_dir / "documents", trust, keys, memory)
                documents.load(at)
            finally:
                memory.close()
    except (KeyFileError, MemoryFullError, StateDirectoryError, TrustError) as error:
        raise StoredPolicyError(str(error)) from error
    if documents.policy is None:
        raise StoredPolicyError("There is no Policy yet that names doors. Apply one first.")
    return documents.policy
