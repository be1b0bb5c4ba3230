"""Whom this bridge belongs to: its site, its own identity, and the one public key that it believes from the start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from firmware_bridge.store.files import write_durably

_Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
_Key = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Trust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pinned at enrolment; ``identity_key`` is the school's Ed25519 public identity key in hex."""

    site: _Uuid
    bridge: _Uuid
    identity_key: _Key

    def identity_bytes(self) -> bytes:
        """The identity key, 32 bytes."""
        return bytes.fromhex(self.identity_key)


class TrustError(Exception):
    """The bridge does not know whom it belongs to; the text is one plain sentence."""


def write_trust(state_dir: Path, trust: Trust) -> None:
    """Pin it.

    Raises:
        OSError: The disk refused.
    """
    checked = msgspec.json.decode(msgspec.json.encode(trust), type=Trust)
    write_durably(state_dir / "trust.json", msgspec.json.format(msgspec.json.encode(checked)))


def read_trust(state_dir: Path) -> Trust:
    """What was pinned.

    Raises:
        TrustError: Nothing was, or the file is damaged.
    """
    path = state_dir / "trust.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Trust)
    except FileNotFoundError as error:
        text = f"{path} is missing: this bridge belongs to no school yet; `firmware-bridge enroll` sets it up."
        raise TrustError(text) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise TrustError(f"{path} cannot be used ({error}); restore it from the backup.") from error
