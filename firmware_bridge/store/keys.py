"""The bridge's secrets: one file each, mode 0600, in a directory of mode 0700.

* ``bridge.key``: the bridge's own Ed25519 key, with which it signs the directives it raises.
* ``digest.key``: the HMAC key under which Policy names credentials and PINs.
* ``reader-NAME-ADDRESS.key``: the Secure Channel base key of the reader or board at that port and address.
* ``reader-NAME-ADDRESS.next.key``: the other key that it may have already, while its key is being exchanged.

Nothing here is ever logged; the records hide their contents from ``repr``.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.store.files import write_durably

KEY_BYTES: Final = 32
SCBK_BYTES: Final = 16
_NAME_MARKS: Final = frozenset("-_")
_ANEW: Final = "put it back from the backup, or set the bridge up anew with `firmware-bridge enroll`."
_DEVICE_FILE: Final = re.compile(r"reader-[\w%-]+-\d{1,3}(\.next)?\.key")


class KeyFileError(Exception):
    """A key cannot be used. The text is one plain sentence that never holds any of the key."""


@dataclass(frozen=True, slots=True)
class BridgeKeys:
    """What the bridge itself needs to decide and to sign."""

    signing: Ed25519PrivateKey = field(repr=False)
    digest: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public half of the bridge's own key, 32 bytes."""
        return self.signing.public_key().public_bytes_raw()


class KeyStore:
    """The directory of keys."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read or made before it is asked for."""
        self.directory = directory
        self._ahead: dict[str, bytes | str] | None = None  # keys of devices by file, or why one cannot be used

    def create(self, *, signing: bytes | None = None, digest: bytes | None = None) -> BridgeKeys:
        """Make the directory and whatever keys are missing; keys that exist stay as they are unless given.

        Raises:
            KeyFileError: The directory or an existing key may be read by others, or is damaged.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, given in (("bridge.key", signing), ("digest.key", digest)):
            if given is not None or not (self.directory / name).exists():
                self._write(name, given if given is not None else os.urandom(KEY_BYTES), KEY_BYTES)
        return self.load()

    def load(self) -> BridgeKeys:
        """Read the bridge's keys.

        Raises:
            KeyFileError: One is missing, damaged, or may be read by others.
        """
        signing = Ed25519PrivateKey.from_private_bytes(self._read("bridge.key", KEY_BYTES))
        return BridgeKeys(signing, self._read("digest.key", KEY_BYTES))

    def read_ahead(self) -> None:
        """Read every key of a reader or board now: from then on none of them is looked for on the disk, which may hang.

        Only for the one that holds the state directory's lock: changes by another program are not seen.
        """
        ahead: dict[str, bytes | str] = {}
        for path in self.directory.glob("reader-*.key"):
            try:
                ahead[path.name] = self._read(path.name, SCBK_BYTES)
            except KeyFileError as error:
                ahead[path.name] = str(error)
        self._ahead = ahead

    def reader_key(self, port: str, address: int) -> bytes | None:
        """The Secure Channel base key of the reader there, or ``None`` before commissioning.

        Raises:
            KeyFileError: It is damaged, or may be read by others.
        """
        return self._device_key(_reader_file(port, address))

    def keep_reader_key(self, port: str, address: int, key: bytes) -> None:
        """Keep a reader's key, in place of an earlier one; it survives power loss once this returns.

        Raises:
            KeyFileError: The directory may be read by others, or cannot be written.
        """
        self._write(_reader_file(port, address), key, SCBK_BYTES)

    def restore_reader_key(self, port: str, address: int, key: bytes | None) -> None:
        """Go back to the key before, or to none: the reader did not take the new one.

        Raises:
            KeyFileError: See :meth:`keep_reader_key`.
        """
        if key is not None:
            self.keep_reader_key(port, address, key)
            return
        self._remove(_reader_file(port, address))

    def next_reader_key(self, port: str, address: int) -> bytes | None:
        """The key that it is just being given in place of :meth:`reader_key`, or ``None``: either may be the right one.

        Raises:
            KeyFileError: It is damaged, or may be read by others.
        """
        return self._device_key(_next_file(port, address))

    def keep_next_reader_key(self, port: str, address: int, key: bytes) -> None:
        """Keep the key that a reader is about to be given, beside the one that it has.

        Raises:
            KeyFileError: See :meth:`keep_reader_key`.
        """
        self._write(_next_file(port, address), key, SCBK_BYTES)

    def settle_reader_key(self, port: str, address: int, key: bytes | None) -> None:
        """Keep ``key`` only, which the reader has; ``None`` for none. Broken off in the middle, it is never lost.

        Raises:
            KeyFileError: See :meth:`keep_reader_key`.
        """
        if self.reader_key(port, address) != key:
            self.restore_reader_key(port, address, key)
        self._remove(_next_file(port, address))

    def device_keys(self) -> dict[str, bytes]:
        """Every key of a reader or board, by the name of its file.

        Raises:
            KeyFileError: One is damaged, or may be read by others.
        """
        names = sorted(path.name for path in self.directory.glob("reader-*.key"))
        return {name: self._read(name, SCBK_BYTES) for name in names}

    def keep_device_keys(self, keys: Mapping[str, bytes]) -> None:
        """Keep what :meth:`device_keys` of another machine handed out.

        Raises:
            KeyFileError: A name is none of such a file; or see :meth:`keep_reader_key`.
        """
        for name, key in keys.items():
            if not _DEVICE_FILE.fullmatch(name):
                raise KeyFileError(f"{name[:60]} is no name of a reader's key.")
            self._write(name, key, SCBK_BYTES)

    def _device_key(self, name: str) -> bytes | None:
        if self._ahead is None:
            return self._read(name, SCBK_BYTES) if (self.directory / name).exists() else None
        found = self._ahead.get(name)
        if isinstance(found, str):
            raise KeyFileError(found)
        return found

    def _remove(self, name: str) -> None:
        (self.directory / name).unlink(missing_ok=True)
        if self._ahead is not None:
            self._ahead.pop(name, None)

    def _read(self, name: str, length: int) -> bytes:
        self._check_directory()
        path = self.directory / name
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii")
        except FileNotFoundError as error:
            raise KeyFileError(f"{path} is missing; {_ANEW}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"{path} cannot be read; restore it from the backup.") from error
        if stat.S_IMODE(mode) & 0o077:
            raise KeyFileError(f"Others may read {path}; run `chmod 600 {path}` and replace the key if it was exposed.")
        with suppress(ValueError):
            key = bytes.fromhex(text)
            if len(key) == length:
                return key
        raise KeyFileError(f"{path} is damaged; restore it from the backup.")

    def _write(self, name: str, key: bytes, length: int) -> None:
        if len(key) != length:
            raise KeyFileError(f"The key for {name} must have {length} bytes, not {len(key)}.")
        self._check_directory()
        path = self.directory / name
        try:
            write_durably(path, key.hex().encode("ascii"))
        except OSError as error:
            raise KeyFileError(f"{path} cannot be written: {error.strerror}.") from error
        if self._ahead is not None and _DEVICE_FILE.fullmatch(name):
            self._ahead[name] = key

    def _check_directory(self) -> None:
        try:
            mode = self.directory.stat().st_mode
        except OSError as error:
            raise KeyFileError(f"{self.directory} is missing; {_ANEW}") from error
        if stat.S_IMODE(mode) & 0o077:
            raise KeyFileError(f"Others may look into {self.directory}; run `chmod 700 {self.directory}`.")


def _next_file(port: str, address: int) -> str:
    return _reader_file(port, address).removesuffix(".key") + ".next.key"


def _reader_file(port: str, address: int) -> str:
    safe = "".join(sign if sign.isalnum() or sign in _NAME_MARKS else f"%{ord(sign):x}" for sign in port)
    return f"reader-{safe}-{address}.key"
