"""The sealed copy of this bridge's devices' keys, and of its settings, that the service holds for the day it dies.

The copy that was made last lies in ``sealed-keys.doc``, so that the same bytes are sent until they are acknowledged. A
new one is made when the keys, the settings or the school's recovery key differ from what was sealed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import msgspec

from access_control.core.decision.model import RecoveryKey
from access_control.core.wire.errors import Refused
from access_control.core.wire.guarded import guard, unguard
from access_control.core.wire.sealed_keys import (
    MOST_SETTINGS,
    DeviceKeys,
    KeyRow,
    SealedHead,
    read_head,
    seal_device_keys,
    sign_copy,
)
from access_control.core.wire.strict import write_record
from access_control.core.wire.uplink import SealedKeysHeld
from firmware_bridge.store.files import write_durably
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.trust import Trust

_FILE: Final = "sealed-keys.doc"
_FOREIGN: Final = "0" * 64  # of what another machine's copy was made; it never fits
_Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class _Kept(msgspec.Struct, frozen=True):
    """The file: the copy, of what it was made, and whether the service has it."""

    content: _Hex32
    sealed: bytes
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """A copy that fits the keys of now; ``acknowledged``: the service has said that it has these bytes."""

    head: SealedHead
    sealed: bytes
    acknowledged: bool

    @property
    def digest(self) -> str:
        """SHA-256 of it in hex digits."""
        return sha256(self.sealed).hexdigest()


class BehindError(Exception):
    """The service holds a later copy than this bridge ever made; the text is one plain sentence."""


class SealedKeys:
    """Makes and remembers copies. The keys do not change while the bridge runs: whoever changes them stops it."""

    def __init__(self, state_dir: Path, trust: Trust, keys: KeyStore, settings: Path) -> None:
        """Nothing is read before it is needed, and then once: every Status names the copy.

        ``settings`` is the file with the bridge's own settings.
        """
        self._path = state_dir / _FILE
        self._trust = trust
        self._keys = keys
        self._settings = settings
        self._kept: _Kept | None = None
        self._looked = False

    def fitting(self, recovery: RecoveryKey | None) -> SealedCopy | None:
        """The copy that was made of the keys of now for this recovery key, if there is one.

        Raises:
            KeyFileError: A key is damaged, or may be read by others.
        """
        kept = self._read()
        if kept is None or recovery is None:
            return None
        head = read_head(kept.sealed)
        fits = head.recovery == recovery and kept.content == self._digest and self._is_ours(head)
        return SealedCopy(head, kept.sealed, kept.acknowledged) if fits else None

    def bring_up_to_date(
        self, recovery: RecoveryKey, held: SealedKeysHeld | None, at: datetime, entropy: Callable[[int], bytes]
    ) -> SealedCopy:
        """The copy to have: the one that fits, or a new one under the next number.

        Args:
            recovery: What to seal to, as the Policy in force says.
            held: The copy that the service holds for it.
            at: Now.
            entropy: So many random bytes.

        Raises:
            BehindError: The service's copy is later than any that was made here: this disk is an older state of itself.
            KeyFileError: A key is damaged, or may be read by others.
            Refused: There is too much to seal, or the recovery key is none.
            OSError: The disk does not take it.
        """
        there = self.fitting(recovery)
        kept = self._read()
        made = None if kept is None else read_head(kept.sealed)
        last = made.n if made is not None and self._is_ours(made) else 0
        if held is not None and self._is_behind(held, last, kept):
            raise BehindError(
                f"The service holds copy {held.n} of the readers' keys and this bridge has made {last or 'none'}: its "
                "disk went back to an older state or lost something, and so may its keys. Enrol it anew with `enroll "
                "--replace` to get them back."
            )
        if there is not None:
            return there
        n = max(last, 0 if held is None else held.n) + 1
        sealed = seal_device_keys(
            self._content,
            recovery,
            site=self._trust.site,
            bridge=self._trust.bridge,
            n=n,
            made_at=at,
            ephemeral=entropy(32),
        )
        self._write(_Kept(self._digest, sealed, acknowledged=False))
        return SealedCopy(read_head(sealed), sealed, acknowledged=False)

    def take_over(self, sealed: bytes) -> None:
        """Know a copy that another machine made for this bridge and the service holds; the next one is a later one.

        Raises:
            Refused: It is no copy.
            OSError: The disk does not take it.
        """
        read_head(sealed)
        self._write(_Kept(_FOREIGN, sealed, acknowledged=True))

    def signature(self, copy: SealedCopy) -> bytes:
        """This bridge's signature of a copy.

        Raises:
            KeyFileError: The bridge's key is missing, damaged, or may be read by others.
        """
        return sign_copy(copy.sealed, self._keys.load().signing)

    def acknowledge(self, copy: SealedCopy) -> None:
        """Remember that the service has a copy.

        Raises:
            OSError: The disk does not take it.
        """
        if not copy.acknowledged:
            self._write(_Kept(self._digest, copy.sealed, acknowledged=True))

    @staticmethod
    def _is_behind(held: SealedKeysHeld, last: int, kept: _Kept | None) -> bool:
        own = "" if kept is None else sha256(kept.sealed).hexdigest()
        return held.n >= last and held.digest != own

    def _is_ours(self, head: SealedHead) -> bool:
        return (head.site, head.bridge) == (self._trust.site, self._trust.bridge)

    @cached_property
    def _digest(self) -> str:
        return sha256(write_record(self._content)).hexdigest()

    @cached_property
    def _content(self) -> DeviceKeys:
        rows = [KeyRow(name, key.hex()) for name, key in self._keys.device_keys().items()]
        return DeviceKeys(rows, _text_of(self._settings))

    def _read(self) -> _Kept | None:
        if self._looked:
            return self._kept
        self._kept, self._looked = self._stored(), True
        return self._kept

    def _stored(self) -> _Kept | None:
        try:
            kept = msgspec.json.decode(unguard(self._path.read_bytes()), type=_Kept)
            read_head(kept.sealed)
        except (OSError, Refused, msgspec.MsgspecError):
            return None  # missing or damaged: the next one takes its place
        return kept

    def _write(self, kept: _Kept) -> None:
        write_durably(self._path, guard(msgspec.json.encode(kept)))
        self._kept = kept


def _text_of(path: Path) -> str | None:
    """The settings as they were written; ``None`` if they are too long to be kept, or cannot be read any more."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if len(text.encode()) <= MOST_SETTINGS else None
