"""The ten codes with which a person at a bridge may end an emergency at its own doors, each good once.

Twelve letters (base32) in groups of four. A bridge's Policy holds digests under the bridge's digest key and nothing
else; which were used, the bridge remembers itself. The release names the code that it was made with by its digest.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from typing import Final

from access_control.core.wire.policy_people import cut_digests, require_ascending
from access_control.core.wire.spelling import write_bytes

CODES: Final = 10
LETTERS: Final = 12
BY_CODE: Final = "code:"
"""How the second person's field of a release begins that a code was given for; the digest in hex digits follows."""
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_GROUP: Final = 4
_SIZE: Final = 16


def code_from(random: bytes) -> str:
    """The text of a code made of 12 random bytes.

    Raises:
        ValueError: Not 12 bytes.
    """
    if len(random) != LETTERS:
        raise ValueError(f"a code is made of {LETTERS} bytes, not {len(random)}")
    letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random)
    return "-".join(letters[start : start + _GROUP] for start in range(0, LETTERS, _GROUP))


def code_digest(digest_key: bytes, text: str) -> bytes:
    """What Policy says of a code, 16 bytes; small letters, blanks and missing dashes do no harm."""
    letters = "".join(sign for sign in text.upper() if sign not in "- \t\r\n")
    return hmac.digest(digest_key, b"release code\n" + letters.encode(), "sha256")[:_SIZE]


def write_release_codes(digests: Collection[bytes]) -> str:
    """Spell the digests of a bridge's codes."""
    return write_bytes(b"".join(sorted(set(digests))))


def read_release_codes(text: str) -> frozenset[bytes]:
    """The inverse of :func:`write_release_codes`.

    Raises:
        Refused: ``bad_content`` or ``bad_columns``.
    """
    digests = cut_digests(text, "release codes")
    require_ascending(digests, "release code")
    return frozenset(digests)
