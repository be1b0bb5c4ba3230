"""Sees that the service holds a sealed copy of this bridge's devices' keys, and says so until it does."""

from __future__ import annotations

import logging
import os
from base64 import b64encode
from typing import Final

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.errors import Refused
from access_control.core.wire.uplink import SealedKeysHeld, SealedKeysRequest
from firmware_bridge.store.keys import KeyFileError
from firmware_bridge.store.sealed_keys import BehindError, SealedCopy, SealedKeys
from firmware_bridge.uplink.activity import Activity, Bench
from firmware_bridge.uplink.errors import NonsenseError, RefusedError

LOOK_S: Final = 60.0  # how often it looks without being woken
REFUSED_AGAIN_S: Final = 600.0
_log = logging.getLogger(__name__)


class Sealer(Activity):
    """Makes the copy and sends it. Without the school's passphrase there is nothing to do."""

    def __init__(self, bench: Bench, keys: SealedKeys) -> None:
        """Nothing is sealed before the service has said what it holds."""
        super().__init__("sealed-keys", bench)
        self._keys = keys
        self._held: SealedKeysHeld | None = None
        self._asked = False
        self.trouble = ""

    def held(self, held: SealedKeysHeld | None) -> None:
        """The service said which copy it holds for the passphrase in force; never blocks."""
        news = not self._asked or held != self._held
        self._held, self._asked = held, True
        if news:
            self.wake()

    def digest(self) -> str | None:
        """SHA-256 of the copy that fits the keys of now and the passphrase in force; ``None`` while there is none."""
        try:
            copy = self._keys.fitting(self._recovery)
        except KeyFileError:
            return None
        return None if copy is None else copy.digest

    def work(self) -> float | None:
        """Seal and send if that is due."""
        recovery = self._recovery
        if recovery is None or not self._asked:
            return LOOK_S
        try:
            at = self._bench.clock.moment().at
            copy = self._keys.bring_up_to_date(recovery, self._held, at, os.urandom)
            if self._held is None or self._held.digest != copy.digest:
                self._send(copy)
            self._keys.acknowledge(copy)
        except RefusedError as error:
            if error.code not in {"older", "unknown_key"}:
                raise
            return self._put_off(error, LOOK_S)  # its next Status says what it holds, and Policy what to seal to
        except (BehindError, KeyFileError, Refused, OSError) as error:
            return self._put_off(error, REFUSED_AGAIN_S)
        self.trouble = ""
        return LOOK_S

    @property
    def _recovery(self) -> RecoveryKey | None:
        policy = self._bench.documents.policy
        return None if policy is None else policy.recovery

    def _send(self, copy: SealedCopy) -> None:
        signature = self._keys.signature(copy).hex()
        said = SealedKeysRequest(b64encode(copy.sealed).decode("ascii"), signature)
        taken = self._bench.session.tell(self._line, "sealed-keys", said, SealedKeysHeld)
        if taken.digest != copy.digest:
            raise NonsenseError("The service acknowledged other sealed keys than it was sent.")
        self._held = taken
        _log.info("The service holds copy %d of the readers' keys.", copy.head.n)

    def _put_off(self, error: Exception, wait_s: float) -> float:
        if str(error) != self.trouble:
            _log.warning("%s", error)
        self.trouble = str(error)
        return wait_s
