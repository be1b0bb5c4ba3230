"""The one-time code that a person carries from the console to a new bridge.

``SAC1-`` and 14 groups of 4 letters (base32): 16 random bytes, the first 16 bytes of the SHA-256 of the school's public
identity key, and 3 bytes that tell a slip of the pen. So the bridge knows the right school before it says anything.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from access_control.core.wire.copied_letters import read_letters, write_letters
from access_control.core.wire.errors import RefusalCode, Refused

MARK: Final = "SAC1"
SECRET_BYTES: Final = 16
CHECK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A code's two halves.

    Attributes:
        secret: What only whoever holds the code knows; the service keeps its :meth:`digest`.
        identity_check: The beginning of the identity key's SHA-256.
    """

    secret: bytes = field(repr=False)
    identity_check: bytes

    def digest(self) -> bytes:
        """SHA-256 of the secret: what is stored and looked up."""
        return sha256(b"school access control, enrolment code\n" + self.secret).digest()

    def fits(self, identity_key: bytes) -> bool:
        """Whether that is the public identity key (32 bytes) of the school that made the code."""
        return hmac.compare_digest(sha256(identity_key).digest()[:CHECK_BYTES], self.identity_check)


def code_for(secret: bytes, identity_key: bytes) -> EnrolmentCode:
    """A code of 16 random bytes for the school with that public identity key.

    Raises:
        ValueError: Not 16 bytes.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"the secret of a code has {SECRET_BYTES} bytes, not {len(secret)}")
    return EnrolmentCode(secret, sha256(identity_key).digest()[:CHECK_BYTES])


def write_code(code: EnrolmentCode) -> str:
    """The text that is printed."""
    return f"{MARK}-{write_letters(code.secret + code.identity_check)}"


def read_code(text: str) -> EnrolmentCode:
    """The inverse of :func:`write_code`; small letters, blanks and missing dashes do no harm.

    Raises:
        Refused: ``bad_content``: it is no code, or a letter of it is wrong.
    """
    plain = "".join(sign for sign in text.upper() if sign not in "- \t\r\n")
    body = read_letters(plain.removeprefix(MARK), SECRET_BYTES + CHECK_BYTES)
    if body is None:
        raise Refused(
            RefusalCode.BAD_CONTENT,
            "That is not an enrolment code, or a letter of it is wrong. Copy it again, all of it from SAC1- on.",
        )
    return EnrolmentCode(body[:SECRET_BYTES], body[SECRET_BYTES:])
