"""What becomes of a document that is brought to this bridge, and what is found when the stored ones are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import Orders, Policy, Revision
from access_control.core.wire.actions import Action
from access_control.core.wire.errors import Refused
from access_control.core.wire.signing import Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that had to be said about the stored documents when they were read."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A document was taken: what is new, and one plain sentence. ``None`` means that this did not change.

    ``unkept`` says why it is in force but not on disk; empty only once it is there.
    """

    kind: Kind
    sentence: str
    policy: Policy | None = None
    orders: Orders | None = None
    directive: Directive | None = None
    release: Release | None = None
    action: Action | None = None
    refused: tuple[Refused, ...] = ()
    unkept: str = ""


Announce = Callable[[Applied], None]


class NotStoredError(Exception):
    """The disk did not take a document, so it is not in force; the text is one plain sentence."""


def in_words(revision: Revision) -> str:
    """A revision as sentences have it."""
    return f"{revision.epoch}/{revision.n}"


def doubts(refused: tuple[Refused, ...]) -> str:
    """What a sentence on Orders ends with."""
    if not refused:
        return ""
    return f" {len(refused)} emergency documents inside were refused: {refused[0].sentence}"
