"""Whether the readers' keys would outlive this machine."""

from __future__ import annotations

from collections.abc import Iterator

from access_control.core.decision.model import Policy
from firmware_bridge.config import Config
from firmware_bridge.doctor.finding import Finding, good, look
from firmware_bridge.store.keys import KeyFileError, KeyStore
from firmware_bridge.store.sealed_keys import SealedKeys
from firmware_bridge.store.trust import TrustError, read_trust


def look_at_recovery(config: Config, policy: Policy | None) -> Iterator[Finding]:
    """Look at the sealed copy that was made last; nothing is opened, made or sent."""
    if policy is None or config.service is None:
        return
    if policy.recovery is None:
        yield look(
            "recovery",
            "The school has no recovery passphrase: if this machine dies, each of its readers has to be reset and "
            "given a new key. Have an administrator make one, under Bridges in the console.",
        )
        return
    try:
        trust = read_trust(config.state_dir)
        copies = SealedKeys(config.state_dir, trust, KeyStore(config.state_dir / "keys"), config.source)
        copy = copies.fitting(policy.recovery)
    except (KeyFileError, TrustError):
        return  # told with the keys
    if copy is None:
        yield look(
            "recovery",
            "The service has no copy of the keys that the readers have now. Start the bridge; it sends one by itself. "
            "If it does not, `firmware-bridge status` says why.",
        )
    elif not copy.acknowledged:
        yield look(
            "recovery", "The service has not taken the newest copy of the readers' keys yet. See whether it is reached."
        )
    else:
        yield good("recovery", f"The service holds the readers' keys, sealed (copy {copy.head.n}).")
