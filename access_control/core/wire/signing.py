r"""Sealed documents: exact payload bytes under an Ed25519 signature that also covers what, where and for whom.

Three parts, and nobody ever re-serialises one::

    AC-SEALED <key id> <signature, 86 characters of base64url>\n
    {"version":1,"kind":"orders","site":"...","to":"...","bytes":512}\n
    <exactly that many payload bytes>

The signature covers ``DOMAIN`` and everything after the first line feed. Sizes are judged before any other work.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.strict import Number, Record, ShortText, read_record, write_record
from access_control.core.wire.version import CURRENT, require_spoken

DOMAIN: Final = b"school access control, sealed document\n"
MAGIC: Final = b"AC-SEALED"
MAX_FIRST_LINE: Final = 200
MAX_HEADER: Final = 512
_FIRST: Final = re.compile(rb"AC-SEALED ([A-Za-z0-9._:-]{1,64}) ([A-Za-z0-9_-]{86})")


class Kind(StrEnum):
    """What a sealed document is. A signature for one kind is worth nothing for another."""

    POLICY = "policy"
    ORDERS = "orders"
    ACTION = "action"
    DIRECTIVE = "directive"
    RELEASE = "release"
    KEYS = "keys"


# The most bytes of a whole sealed document of each kind.
LIMITS: Final[Mapping[Kind, int]] = {
    Kind.POLICY: 64 * 1024 * 1024,
    Kind.ORDERS: 16 * 1024 * 1024,
    Kind.ACTION: 4 * 1024,
    Kind.DIRECTIVE: 2 * 1024,
    Kind.RELEASE: 2 * 1024,
    Kind.KEYS: 256 * 1024,
}


class Header(Record, frozen=True):
    """The second line: version, kind, site, recipient, and how many payload bytes follow."""

    version: Number
    kind: Annotated[str, msgspec.Meta(max_length=32)]
    site: ShortText
    to: ShortText
    bytes: Number


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the name under which its public half is known to whoever checks."""

    key_id: str
    private: Ed25519PrivateKey

    def public_bytes(self) -> bytes:
        """The public half, 32 bytes."""
        return self.private.public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed document whose signature was good: who signed it, for whom, and the exact payload."""

    key_id: str
    to: str
    payload: bytes


def seal(kind: Kind, payload: bytes, key: SigningKey, *, site: str, to: str) -> bytes:
    """Sign ``payload`` for one recipient at one site.

    Raises:
        Refused: ``too_large`` or ``bad_frame``: the result could not be opened again.
    """
    header = write_record(Header(CURRENT, kind, site, to, len(payload)))
    covered = header + b"\n" + payload
    signature = urlsafe_b64encode(key.private.sign(DOMAIN + covered)).rstrip(b"=")
    sealed = b" ".join((MAGIC, key.key_id.encode(), signature)) + b"\n" + covered
    _refuse_size(sealed, kind)
    _split(sealed)  # whatever could not be opened must not leave
    return sealed


def open_sealed(data: bytes, keys: Mapping[str, bytes], *, kind: Kind, site: str, to: str) -> bytes:
    """Check a sealed document and hand out its payload.

    Args:
        data: The document as it arrived.
        keys: The public keys (32 bytes) that may sign this kind, by key id.
        kind: What it must be.
        site: The site it must be for.
        to: The recipient it must be for.

    Raises:
        Refused: With the code of the first thing that is wrong; nothing of the payload has been looked at then.
    """
    return unseal(data, keys, kind=kind, site=site, to=to).payload


def unseal(data: bytes, keys: Mapping[str, bytes], *, kind: Kind, site: str, to: str | None) -> Opened:
    """As :func:`open_sealed`, and say who signed and for whom; ``to=None`` leaves judging the recipient to the caller.

    Raises:
        Refused: As :func:`open_sealed`.
    """
    _refuse_size(data, kind)
    key_id, signature, header_line, payload = _split(data)
    header = read_record(header_line, Header, "head of the document", limit=MAX_HEADER)
    require_spoken(header.version)
    _refuse_address(header, kind, site, to)
    _refuse_length(len(payload), header.bytes)
    public = keys.get(key_id)
    if public is None:
        raise Refused(
            RefusalCode.UNKNOWN_KEY,
            f"The document is signed with the key “{key_id}”, which is not known here. "
            "Fetch the school's key statement again; if it was never issued, somebody is feeding in documents.",
        )
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, DOMAIN + header_line + b"\n" + payload)
    except (InvalidSignature, ValueError) as error:
        raise Refused(
            RefusalCode.BAD_SIGNATURE,
            "The document's signature does not fit: it was damaged or changed on the way. Fetch it again.",
        ) from error
    return Opened(key_id, header.to, payload)


def reread(data: bytes, *, kind: Kind) -> bytes:
    """The payload of a document whose signature was good when it came, from a place that notices damage itself.

    A signature is checked once, on first receipt: a key that was exchanged since must not end an old lockdown.

    Raises:
        Refused: It is not a whole sealed document of this kind.
    """
    _refuse_size(data, kind)
    _, _, header_line, payload = _split(data)
    header = read_record(header_line, Header, "head of the document", limit=MAX_HEADER)
    _refuse_address(header, kind, header.site, None)
    _refuse_length(len(payload), header.bytes)
    return payload


def signer_of(sealed: bytes) -> str:
    """The key id in a sealed document's first line; whether it is true was judged when it was taken."""
    parts = sealed.split(b"\n", 1)[0].split(b" ")
    return parts[1].decode("ascii", "replace") if len(parts) > 1 else ""


def _refuse_size(data: bytes, kind: Kind) -> None:
    if len(data) > LIMITS[kind]:
        raise Refused(
            RefusalCode.TOO_LARGE,
            f"The {kind} document has {len(data)} bytes; at most {LIMITS[kind]} are taken. "
            "Name a building or zone instead of many doors, or split the site between bridges.",
        )


def _split(data: bytes) -> tuple[str, bytes, bytes, bytes]:
    """Cut the three parts apart: key id, signature, header line, payload."""
    first_end = data.find(b"\n", 0, MAX_FIRST_LINE)
    if first_end < 0:
        begun = len(data) < MAX_FIRST_LINE and (data.startswith(MAGIC) or MAGIC.startswith(data))
        raise _truncated() if begun else _not_sealed()
    match = _FIRST.fullmatch(data, 0, first_end)
    if match is None:
        raise _not_sealed()
    header_end = data.find(b"\n", first_end + 1, first_end + 1 + MAX_HEADER)
    if header_end < 0:
        raise _truncated() if len(data) - first_end <= MAX_HEADER else _not_sealed()
    signature = urlsafe_b64decode(match[2] + b"==")
    if urlsafe_b64encode(signature).rstrip(b"=") != match[2]:
        raise _not_sealed()  # spare bits set: a second spelling of the same signature
    return match[1].decode("ascii"), signature, data[first_end + 1 : header_end], data[header_end + 1 :]


def _truncated() -> Refused:
    return Refused(RefusalCode.TRUNCATED, "The document ends too early: it was cut off on the way. Fetch it again.")


def _not_sealed() -> Refused:
    return Refused(
        RefusalCode.BAD_FRAME,
        "This is not a signed document, or its first lines are damaged. Check the file, or fetch it again.",
    )


def _refuse_address(header: Header, kind: Kind, site: str, to: str | None) -> None:
    if header.kind != kind:
        raise Refused(
            RefusalCode.WRONG_KIND,
            f"The document is of kind “{header.kind}” where “{kind}” belongs. Pass each document to its own command.",
        )
    if header.site != site:
        raise Refused(
            RefusalCode.WRONG_SITE,
            f"The document is for site {header.site}; this is site {site}. Send it to the site it was made for.",
        )
    if to is not None and header.to != to:
        raise Refused(
            RefusalCode.WRONG_RECIPIENT,
            f"The document is addressed to {header.to}, not to {to}. Send it to the bridge it was made for.",
        )


def _refuse_length(have: int, announced: int) -> None:
    if have < announced:
        raise _truncated()
    if have > announced:
        raise Refused(
            RefusalCode.TRAILING_GARBAGE,
            f"{have - announced} bytes follow the end of the document: two were run together. Fetch it again.",
        )
