"""The keys that one peripheral may have: one, none yet, or two while its key is being exchanged."""

from __future__ import annotations


class Keyring:
    """Which key to try. Of two, each is tried before a handshake counts as failed; the one that proved itself stays."""

    def __init__(self, scbk: bytes | None, spare: bytes | None) -> None:
        """``spare`` is the other key of an exchange that was broken off."""
        self._keys = [key for key in (scbk, spare) if key is not None]
        self._tried = 0

    @property
    def key(self) -> bytes | None:
        """The key to try now."""
        return self._keys[0] if self._keys else None

    def proved(self) -> None:
        """The peripheral has the key that was tried."""
        self._tried = 0

    def try_other(self) -> bool:
        """It does not have this one; whether there is another that was not tried since."""
        self._tried += 1
        if self._tried >= len(self._keys):
            self._tried = 0
            return False
        self._keys.reverse()
        return True
