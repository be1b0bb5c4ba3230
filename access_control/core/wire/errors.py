"""The one exception of this package: a document was not taken, with a code for programs and a sentence for people."""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why bytes were refused. Public and append-only, like every code in data; docs/wire-protocol.md explains each."""

    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    TRAILING_GARBAGE = "trailing_garbage"
    BAD_FRAME = "bad_frame"
    UNKNOWN_VERSION = "unknown_version"
    WRONG_KIND = "wrong_kind"
    WRONG_SITE = "wrong_site"
    WRONG_RECIPIENT = "wrong_recipient"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    BAD_CONTENT = "bad_content"
    BAD_REFERENCE = "bad_reference"
    BAD_COLUMNS = "bad_columns"
    BAD_TIMETABLE = "bad_timetable"
    BAD_WIRING = "bad_wiring"
    UNSAFE_DOOR = "unsafe_door"
    WRONG_DIGEST_KEY = "wrong_digest_key"
    OLDER = "older"
    SAME_REVISION = "same_revision"
    EXPIRED = "expired"
    NOT_ALLOWED = "not_allowed"
    WRONG_PASSPHRASE = "wrong_passphrase"


class Refused(Exception):  # noqa: N818 - it is a verdict on a document; its name is what the reader of an event sees
    """A document was refused; whatever was in force before stays in force.

    Attributes:
        code: A stable :class:`RefusalCode`.
        sentence: What happened and what to do, in plain words, for whoever installs or looks after the bridge.
    """

    def __init__(self, code: RefusalCode | str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = RefusalCode(code)
        self.sentence = sentence
