"""Visitor passes: a signed token in a QR code that a door checks by itself. docs/credentials.md has the layout."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntFlag

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from access_control.core.credentials import base45

PREFIX = "SAC/P/"
"""How a pass begins; every character is in the QR alphanumeric set."""

INVITATION_PREFIX = "SAC/V/"
"""How an invitation's look-up code begins. It is for the desk and the kiosk; no door ever takes it."""

VERSION = 1
_LAYOUT = struct.Struct(">BHQIIIIB")
_SIGNATURE_BYTES = 64
_DOMAIN = b"school-access-control/visitor-pass\x00"
_TOKEN_BYTES = _LAYOUT.size + _SIGNATURE_BYTES
_TEXT_LENGTH = len(PREFIX) + len(base45.encode(bytes(_TOKEN_BYTES)))


class PassFlags(IntFlag):
    """What is unusual about a pass; none set means one entry."""

    NONE = 0
    REUSABLE = 1


# A plain integer: inverting an IntFlag keeps to its known bits, and the unknown ones are what has to be found.
_ALL_FLAGS = int(PassFlags.REUSABLE)


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """What a pass says.

    Attributes:
        key_id: Which pass key of the site signed it, 16 bits.
        pass_id: The pass, 64 bits, random.
        site_code: The site it is for, 32 bits.
        group: The door group it opens, 32 bits.
        not_before: UTC seconds.
        not_after: UTC seconds; from this second on it is dead.
    """

    key_id: int
    pass_id: int
    site_code: int
    group: int
    not_before: int
    not_after: int
    flags: PassFlags = PassFlags.NONE
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class SignedPass:
    """A pass as it was read, with the bytes that its signature covers. Trust nothing in it before :meth:`genuine`."""

    content: VisitorPass
    signed: bytes
    signature: bytes

    def genuine(self, public_key: bytes) -> bool:
        """Whether the holder of ``public_key`` (Ed25519, 32 bytes) signed exactly these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, _DOMAIN + self.signed)
        except (InvalidSignature, ValueError):
            return False
        return True


def mint(visitor_pass: VisitorPass, private_key: Ed25519PrivateKey) -> str:
    """Write and sign a pass as the text of its QR code.

    Raises:
        ValueError: A value does not fit its field, or the times are the wrong way round.
    """
    content = visitor_pass
    if content.version != VERSION or content.not_before >= content.not_after or content.flags & ~_ALL_FLAGS:
        raise ValueError("a pass has this version's layout and flags, and ends after it begins")
    try:
        signed = _LAYOUT.pack(
            content.version,
            content.key_id,
            content.pass_id,
            content.site_code,
            content.group,
            content.not_before,
            content.not_after,
            content.flags,
        )
    except struct.error as error:
        raise ValueError(f"a value does not fit in a pass: {error}") from None
    return PREFIX + base45.encode(signed + private_key.sign(_DOMAIN + signed))


def parse(text: str) -> SignedPass | None:
    """Take a scanned text apart; ``None`` when it is not exactly a pass of this version. Never raises."""
    if len(text) != _TEXT_LENGTH or not text.startswith(PREFIX):
        return None
    try:
        token = base45.decode(text[len(PREFIX) :])
    except ValueError:
        return None
    # A text of this length has exactly the bytes of a token, so the layout fits.
    signed, signature = token[: _LAYOUT.size], token[_LAYOUT.size :]
    version, key_id, pass_id, site_code, group, not_before, not_after, flags = _LAYOUT.unpack(signed)
    if version != VERSION or flags & ~_ALL_FLAGS or not_before >= not_after:
        return None
    content = VisitorPass(key_id, pass_id, site_code, group, not_before, not_after, PassFlags(flags), version)
    return SignedPass(content, signed, signature)


def looks_like_invitation(text: str) -> bool:
    """Whether a scanned text is an invitation's look-up code, which belongs to the desk and never to a door."""
    return text.startswith(INVITATION_PREFIX)
