"""The school's keys: files in one folder, readable by their owner only, never in the database.

* ``identity.key`` signs the key statement and nothing else; bridges pin its public half when they are enrolled.
* ``document-N.key`` signs Policy, Orders, actions, directives and releases; the highest number signs, all are named.
* ``pass-N.key`` signs visitor passes, likewise; N stands in the pass.
* ``sealing.key`` encrypts what the database must not hold in clear text: PINs and the bridges' digest keys.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access_control.core.wire.keys import identity_key
from access_control.core.wire.signing import SigningKey

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_NUMBERED: Final = re.compile(r"(document|pass)-([1-9][0-9]{0,4})\.key", re.ASCII)


class KeyFileError(Exception):
    """A key cannot be used. ``sentence`` and ``action`` never hold any of the key; the text is both."""

    def __init__(self, sentence: str, action: str) -> None:
        super().__init__(f"{sentence} {action}")
        self.sentence = sentence
        self.action = action


@dataclass(frozen=True, slots=True)
class SchoolKeys:
    """What the service signs and seals with.

    Attributes:
        identity: Signs key statements only.
        document: Signs everything else that bridges take.
        passes: Keys of visitor passes by their number.
    """

    identity: SigningKey = field(repr=False)
    documents: Mapping[str, SigningKey] = field(repr=False)
    document: SigningKey = field(repr=False)
    passes: Mapping[int, Ed25519PrivateKey] = field(repr=False)
    sealing: bytes = field(repr=False)

    @property
    def identity_public(self) -> bytes:
        """The public half of the identity key, 32 bytes: what bridges pin."""
        return self.identity.public_bytes()

    @property
    def pass_number(self) -> int:
        """The number of the key that signs new passes."""
        return max(self.passes)

    def pass_key(self, number: int | None = None) -> Ed25519PrivateKey:
        """The key of visitor passes with a number; the newest for ``None``.

        Raises:
            KeyError: There is none with this number.
        """
        return self.passes[self.pass_number if number is None else number]

    def document_public(self) -> dict[str, bytes]:
        """The public halves of every document key, by key id: what opens what we published."""
        return {key_id: key.public_bytes() for key_id, key in self.documents.items()}

    def pass_public(self) -> dict[int, bytes]:
        """The public halves of the pass keys by their number."""
        return {number: key.public_key().public_bytes_raw() for number, key in self.passes.items()}

    def seal(self, clear: bytes) -> bytes:
        """Encrypt something for the database."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.sealing).encrypt(nonce, clear, None)

    def unseal(self, sealed: bytes) -> bytes:
        """The inverse of :meth:`seal`.

        Raises:
            KeyFileError: It was sealed with another key, or was changed.
        """
        try:
            return AESGCM(self.sealing).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError) as error:
            raise KeyFileError(
                "Something in the database was encrypted with another key than sealing.key.",
                "Restore the keys that belong to this database.",
            ) from error

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, such as signing sessions; the same one as long as the sealing key is."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"school access control, " + purpose.encode()).derive(
            self.sealing
        )


def make_keys(folder: Path) -> SchoolKeys:
    """Make the folder and whatever keys are missing; keys that are there stay as they are.

    Raises:
        KeyFileError: The folder or a key may be read by others, or is damaged.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("identity.key", "document-1.key", "pass-1.key", "sealing.key"):
        if not (folder / name).exists():
            _write(folder / name, os.urandom(KEY_BYTES))
    return load_keys(folder)


def load_keys(folder: Path) -> SchoolKeys:
    """Read the school's keys.

    Raises:
        KeyFileError: One is missing, damaged, or may be read by others.
    """
    if not folder.is_dir():
        raise KeyFileError(f"The folder of keys {folder} is missing.", "Set the service up, or restore its keys.")
    _require_private(folder)
    numbered: dict[str, dict[int, bytes]] = {"document": {}, "pass": {}}
    for path in folder.iterdir():
        if found := _NUMBERED.fullmatch(path.name):
            numbered[found[1]][int(found[2])] = _read(path)
    for kind, keys in numbered.items():
        if not keys:
            raise KeyFileError(f"{folder} holds no {kind} key.", "Restore the keys from the backup.")
    documents = {
        f"document-{number}": SigningKey(f"document-{number}", Ed25519PrivateKey.from_private_bytes(key))
        for number, key in sorted(numbered["document"].items())
    }
    return SchoolKeys(
        identity=identity_key(Ed25519PrivateKey.from_private_bytes(_read(folder / "identity.key"))),
        documents=documents,
        document=documents[f"document-{max(numbered['document'])}"],
        passes={number: Ed25519PrivateKey.from_private_bytes(key) for number, key in sorted(numbered["pass"].items())},
        sealing=_read(folder / "sealing.key"),
    )


def _write(path: Path, key: bytes) -> None:
    waiting = path.with_name(f".{path.name}.new")
    waiting.unlink(missing_ok=True)
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.hex().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    waiting.rename(path)


def _read(path: Path) -> bytes:
    try:
        _require_private(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        raise KeyFileError(f"The key {path} is missing.", "Restore the keys from the backup.") from error
    except (OSError, ValueError) as error:
        raise KeyFileError(f"The key {path} cannot be read.", "Restore the keys from the backup.") from error
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"The key {path} is damaged.", "Restore the keys from the backup.")
    return key


def _require_private(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path} may be read by others.", f"Run: chmod go-rwx {path}")
