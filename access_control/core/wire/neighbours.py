r"""What two bridges of one site say to each other over the LAN: one sealed directive, and whether it is held.

One exchange a connection. The caller sends a line, and exactly so many bytes::

    AC-TELL 1 <nonce, 32 hex digits> <length>\n
    <one sealed directive; none for the question whether anybody is there>

The other one answers with a line, signed with its own key::

    AC-TOLD 1 <its UUID> <verdict> <signature, 86 characters of base64url>\n

The signature covers ``DOMAIN``, site, UUID, nonce, the SHA-256 of what was told, and the verdict: so an answer is worth
nothing for another question. The directive carries its own signature; nothing else about the caller is believed.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import LIMITS, Kind, SigningKey
from access_control.core.wire.version import CURRENT, require_spoken

DOMAIN: Final = b"school access control, neighbours\n"
MOST_TOLD: Final = LIMITS[Kind.DIRECTIVE]
MOST_HEAD: Final = 64
MOST_ANSWER: Final = 200
NONCE_BYTES: Final = 16

HERE: Final = "here"
"""The answer to an empty question: somebody is there."""
HELD: Final = "held"
"""The directive is in force and on the disk; it need not be told again."""
UNKEPT: Final = "unkept"
"""It is in force, but a restart would forget it: tell it again."""
BUSY: Final = "busy"
"""It could not be looked at; tell it again."""

_TELL: Final = re.compile(rb"AC-TELL ([1-9][0-9]{0,3}) ([0-9a-f]{32}) (0|[1-9][0-9]{0,4})")
_TOLD: Final = re.compile(
    rb"AC-TOLD ([1-9][0-9]{0,3}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([a-z_]{2,32}) ([A-Za-z0-9_-]{86})\n"
)
_BEGIN: Final = b"AC-TELL "


@dataclass(frozen=True, slots=True)
class Tell:
    """What a caller says: one sealed directive, or nothing to ask whether anybody is there."""

    nonce: bytes
    sealed: bytes = b""


class TellReader:
    """Reads what one connection carries, whatever pieces it comes in; holds at most one message."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._head: tuple[bytes, int] | None = None

    def feed(self, data: bytes) -> Tell | None:
        """Take some bytes; the message once it is whole.

        Raises:
            Refused: ``bad_frame``, ``unknown_version``, ``too_large`` or ``trailing_garbage``: the connection is over.
        """
        self._data += data
        if self._head is None and not self._read_head():
            return None
        assert self._head is not None
        nonce, length = self._head
        if len(self._data) > length:
            raise Refused(RefusalCode.TRAILING_GARBAGE, "More bytes came than were announced.")
        return Tell(nonce, bytes(self._data)) if len(self._data) == length else None

    def _read_head(self) -> bool:
        start = bytes(self._data[: len(_BEGIN)])
        if not _BEGIN.startswith(start):
            raise _no_message()
        end = self._data.find(b"\n", 0, MOST_HEAD)
        if end < 0:
            if len(self._data) >= MOST_HEAD:
                raise _no_message()
            return False
        match = _TELL.fullmatch(bytes(self._data[:end]))
        if match is None:
            raise _no_message()
        require_spoken(int(match[1]))
        length = int(match[3])
        if length > MOST_TOLD:
            raise Refused(
                RefusalCode.TOO_LARGE, f"{length} bytes were announced; a directive has {MOST_TOLD} at the most."
            )
        self._head = bytes.fromhex(match[2].decode()), length
        del self._data[: end + 1]
        return True


def write_tell(tell: Tell) -> bytes:
    """The bytes of a message.

    Raises:
        Refused: ``too_large``.
    """
    if len(tell.sealed) > MOST_TOLD:
        raise Refused(RefusalCode.TOO_LARGE, f"A directive has {MOST_TOLD} bytes at the most.")
    return b"AC-TELL %d %s %d\n%s" % (CURRENT, tell.nonce.hex().encode(), len(tell.sealed), tell.sealed)


def write_told(tell: Tell, verdict: str, key: SigningKey, *, site: str) -> bytes:
    """The signed answer; ``key`` is the answering bridge's own, under its UUID."""
    signature = urlsafe_b64encode(key.private.sign(_covered(tell, verdict, key.key_id, site))).rstrip(b"=")
    return b"AC-TOLD %d %s %s %s\n" % (CURRENT, key.key_id.encode(), verdict.encode(), signature)


def read_told(data: bytes, tell: Tell, *, site: str, bridge: str, key: bytes) -> str:
    """The verdict in an answer to ``tell``, once it is sure that this bridge gave it.

    Raises:
        Refused: ``bad_frame``, ``unknown_version``, ``wrong_recipient`` (another bridge answers there) or
            ``bad_signature``.
    """
    match = _TOLD.fullmatch(data)
    if match is None:
        raise Refused(RefusalCode.BAD_FRAME, "What answers there is no bridge.")
    require_spoken(int(match[1]))
    if match[2].decode() != bridge:
        raise Refused(RefusalCode.WRONG_RECIPIENT, "Another bridge answers there. Correct the address.")
    verdict = match[3].decode()
    try:
        covered = _covered(tell, verdict, bridge, site)
        Ed25519PublicKey.from_public_bytes(key).verify(urlsafe_b64decode(match[4] + b"=="), covered)
    except (InvalidSignature, ValueError) as error:
        sentence = "What answers there does not have the bridge's key. Somebody may stand between."
        raise Refused(RefusalCode.BAD_SIGNATURE, sentence) from error
    return verdict


def _covered(tell: Tell, verdict: str, bridge: str, site: str) -> bytes:
    told = sha256(tell.sealed).hexdigest()
    return DOMAIN + f"{site}\n{bridge}\n{tell.nonce.hex()}\n{told}\n{verdict}".encode()


def _no_message() -> Refused:
    return Refused(RefusalCode.BAD_FRAME, "What came is no message of a bridge.")
