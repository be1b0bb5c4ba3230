"""The one name a credential has everywhere, and the digests that stand for it in documents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hmac import HMAC
from hmac import digest as _hmac

DIGEST_BYTES = 16
"""How much of each HMAC-SHA-256 is kept: 128 bits leave no chance for two credentials to meet."""

REF_BYTES = 8
"""How many bytes a holder's number takes before the PIN; the fixed width keeps the two apart."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a card says, never a number alone: the same number in another format or facility is another card.

    Attributes:
        format: A name of :data:`core.credentials.formats.FORMATS`.
        facility_code: The group number in the card's data; ``None`` for formats that have none.
        number: The card number; for raw formats the bits themselves.
    """

    format: str
    facility_code: int | None
    number: int

    @property
    def key(self) -> str:
        """The canonical text: ``H10301:123:4567``, ``H10302::12345678901``, ``RAW32::04A1B2C3``."""
        facility = "" if self.facility_code is None else str(self.facility_code)
        if self.format.startswith("RAW"):
            width = (int(self.format[3:]) + 3) // 4
            return f"{self.format}:{facility}:{self.number:0{width}X}"
        return f"{self.format}:{facility}:{self.number}"


def digest(digest_key: bytes, credential: Credential) -> bytes:
    """What stands for a credential in one bridge's documents: HMAC-SHA-256 of its canonical text, 16 bytes."""
    started = _started(digest_key).copy()
    started.update(credential.key.encode("ascii"))
    return started.digest()[:DIGEST_BYTES]


@lru_cache(maxsize=4)
def _started(digest_key: bytes) -> HMAC:
    """An HMAC that has taken in its key: starting one costs more than all the rest, and a bridge has one key."""
    return HMAC(digest_key, digestmod="sha256")


def pin_digest(digest_key: bytes, holder_ref: int, pin: str) -> bytes:
    """What stands for a holder's PIN: HMAC-SHA-256 of the holder's number and the digits, 16 bytes.

    The number in front makes equal PINs of two people look different.

    Raises:
        ValueError: ``pin`` has characters outside ASCII.
        OverflowError: ``holder_ref`` does not fit in 8 bytes.
    """
    return _hmac(digest_key, holder_ref.to_bytes(REF_BYTES, "big") + pin.encode("ascii"), "sha256")[:DIGEST_BYTES]
