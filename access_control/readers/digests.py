"""The keys under which each bridge's documents name badges, and digests made with them."""

from __future__ import annotations

import os

from access_control.core.credentials.canonical import Credential, digest
from access_control.readers.errors import ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge

DIGEST_KEY_BYTES = 32


def new_digest_key(keys: SchoolKeys) -> tuple[bytes, bytes]:
    """A new key for a bridge's digests: in the clear, and sealed as the database keeps it."""
    clear = os.urandom(DIGEST_KEY_BYTES)
    return clear, keys.seal(clear)


def digest_key_of(bridge: Bridge, keys: SchoolKeys) -> bytes:
    """A bridge's digest key.

    Raises:
        ReadersError: The bridge was never enrolled.
        KeyFileError: It was sealed with another key.
    """
    if bridge.digest_key_sealed is None:
        raise ReadersError(f"{bridge.name} was never enrolled.", "Enrol it first.")
    return keys.unseal(bridge.digest_key_sealed)


def canonical_digest(digest_key: bytes, canonical: str) -> bytes:
    """The digest of a badge by its canonical name, as :func:`core.credentials.canonical.digest` makes it."""
    format_, facility, number = canonical.split(":")
    value = int(number, 16 if format_.startswith("RAW") else 10)
    return digest(digest_key, Credential(format_, int(facility) if facility else None, value))
