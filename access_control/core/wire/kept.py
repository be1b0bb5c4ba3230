"""What a bridge keeps of all the Orders it ever took, and how one more document changes that.

Directives and releases are a set that only grows. A revocation goes only when a new Policy takes the place of one
that no longer granted that badge, and the newest document lacks it: so neither a Policy that is behind, nor the one
before it that serves when the newest is damaged on the disk, ever lets a lost badge back in. Overrides are
what the newest document says. Absence from Orders never releases an emergency. What the newest document holds and this
bridge cannot believe is kept aside: the Policy or the key statement that names its signer may come later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.model import BadgeStatus, Orders, Override, Policy, Revision
from access_control.core.wire.directives import (
    Authority,
    decode_directive,
    decode_release,
    open_directive,
    open_release,
)
from access_control.core.wire.errors import Refused
from access_control.core.wire.orders import OrdersDocument, RevokedPass, encode_orders
from access_control.core.wire.revisions import check_revision
from access_control.core.wire.signing import Kind, reread

PASS_GRACE_S: Final = 24 * 3600
NOTHING_YET: Final = Revision(0, 0)


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything a bridge keeps besides Policy.

    Attributes:
        revision: Of the newest Orders taken; ``None`` before the first.
        document: SHA-256 of that document's payload, for telling a repetition from another content.
        sealed_directives: Every sealed directive whose signature was good when it came, by SHA-256.
        sealed_releases: The same for releases.
        listed: The revoked badges that the newest document names; ``revoked`` may hold more.
        listed_passes: The same for passes.
        doubted_directives: Sealed directives in the newest document that were refused when they were last tried.
        doubted_releases: The same for releases.
    """

    revision: Revision | None = None
    document: str = ""
    directives: DirectiveSet = field(default_factory=DirectiveSet)
    sealed_directives: Mapping[str, bytes] = field(default_factory=dict)
    sealed_releases: Mapping[str, bytes] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    revoked: Mapping[bytes, BadgeStatus] = field(default_factory=dict)
    listed: frozenset[bytes] = frozenset()
    revoked_passes: Mapping[int, RevokedPass] = field(default_factory=dict)
    listed_passes: frozenset[int] = frozenset()
    doubted_directives: tuple[bytes, ...] = ()
    doubted_releases: tuple[bytes, ...] = ()

    def orders(self) -> Orders:
        """What decisions use."""
        return Orders(
            revision=self.revision or NOTHING_YET,
            directives=self.directives,
            overrides=self.overrides,
            revoked=self.revoked,
            revoked_passes={number: dead.why for number, dead in self.revoked_passes.items()},
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """A directive or release that was new, with the bytes to keep and pass on."""

    record: Directive | Release
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of a document: what is kept now, what was new in it, and which of its inner documents were refused."""

    kept: Kept
    news: tuple[Heard, ...] = ()
    refused: tuple[Refused, ...] = ()


def fold(
    kept: Kept | None,
    document: OrdersDocument,
    *,
    authority: Authority,
    at: datetime | None,
) -> Folded:
    """Take one more verified Orders document.

    An inner directive or release that is not genuine is left out and reported; the rest applies, because a revocation
    must not wait for somebody else's mistake.

    Args:
        kept: What the bridge keeps so far; ``None`` at its first document.
        document: As :func:`core.wire.orders.open_orders` handed it out.
        authority: Whose inner signatures count.
        at: Now, or ``None`` while the clock is not trusted: then nothing is forgotten by time.

    Raises:
        Refused: ``older`` or ``same_revision``.
    """
    kept = kept or Kept()
    fingerprint = sha256(encode_orders(document)).hexdigest()
    check_revision(kept.revision, document.revision, same_bytes=fingerprint == kept.document)
    kept = replace(kept, doubted_directives=tuple(document.directives), doubted_releases=tuple(document.releases))
    heard = hear_doubted(kept, authority, site=document.site)
    kept = replace(
        heard.kept,
        revision=document.revision,
        document=fingerprint,
        overrides=tuple(document.overrides),
        revoked={**kept.revoked, **document.revoked},
        listed=frozenset(document.revoked),
        revoked_passes={**kept.revoked_passes, **document.revoked_passes},
        listed_passes=frozenset(document.revoked_passes),
    )
    return replace(heard, kept=_without_old_passes(kept, at))


def hear_doubted(kept: Kept, authority: Authority, *, site: str) -> Folded:
    """Try once more what was refused of the newest Orders; call it when a Policy or key statement has come.

    Other keys may count now, and the document itself does not come again.
    """
    news: list[Heard] = []
    directives: list[tuple[bytes, Refused]] = []
    releases: list[tuple[bytes, Refused]] = []
    for hear, sealed_documents, doubted in (
        (hear_directive, kept.doubted_directives, directives),
        (hear_release, kept.doubted_releases, releases),
    ):
        for sealed in sealed_documents:
            try:
                kept, record = hear(kept, sealed, authority, site=site)
            except Refused as error:
                doubted.append((sealed, error))
            else:
                news += [Heard(record, sealed)] if record is not None else []
    directives = _not_taken(directives, Kind.DIRECTIVE, kept.sealed_directives.values())
    releases = _not_taken(releases, Kind.RELEASE, kept.sealed_releases.values())
    kept = replace(
        kept,
        doubted_directives=tuple(sealed for sealed, _ in directives),
        doubted_releases=tuple(sealed for sealed, _ in releases),
    )
    return Folded(kept, tuple(news), tuple(error for _, error in (*directives, *releases)))


def _not_taken(doubted: list[tuple[bytes, Refused]], kind: Kind, taken: Iterable[bytes]) -> list[tuple[bytes, Refused]]:
    """Without those whose content is in force under another signature, as the service's beside its raiser's."""
    if not doubted:
        return doubted
    known = {reread(sealed, kind=kind) for sealed in taken}
    return [(sealed, error) for sealed, error in doubted if _payload(sealed, kind) not in known]


def _payload(sealed: bytes, kind: Kind) -> bytes | None:
    try:
        return reread(sealed, kind=kind)
    except Refused:
        return None


def settle(kept: Kept, outgoing: Policy | None, at: datetime | None) -> Kept:
    """Forget the revocations that nothing contradicts any more; call it when a new Policy is in force.

    A badge's goes when the newest document lacks it and ``outgoing``, the Policy before the new one, did not grant it:
    that one stays on the disk and serves again if the new one is damaged. Without an outgoing Policy none goes.
    """
    revoked = {
        digest: status
        for digest, status in kept.revoked.items()
        if digest in kept.listed or _may_grant(outgoing, digest)
    }
    return replace(_without_old_passes(kept, at), revoked=revoked)


def _without_old_passes(kept: Kept, at: datetime | None) -> Kept:
    """A pass's revocation goes when the newest document lacks it, 24 hours after the pass expired by a trusted time."""
    oldest = None if at is None else at.timestamp() - PASS_GRACE_S
    passes = {
        number: dead
        for number, dead in kept.revoked_passes.items()
        if number in kept.listed_passes or oldest is None or dead.expires > oldest
    }
    return replace(kept, revoked_passes=passes)


def hear_directive(kept: Kept, sealed: bytes, authority: Authority, *, site: str) -> tuple[Kept, Directive | None]:
    """Take a sealed directive from anywhere: Orders, a push, a neighbour, this bridge itself.

    Returns:
        What is kept now, and the directive, or ``None`` when these very bytes were taken before.

    Raises:
        Refused: It is not genuine, or its signer may not raise it.
    """
    identity = sha256(sealed).hexdigest()
    if identity in kept.sealed_directives:
        return kept, None
    return _with_directive(kept, identity, sealed, open_directive(sealed, authority, site=site))


def hear_release(kept: Kept, sealed: bytes, authority: Authority, *, site: str) -> tuple[Kept, Release | None]:
    """Take a sealed release from anywhere; see :func:`hear_directive`.

    Raises:
        Refused: It is not genuine, or its signer may not release it.
    """
    identity = sha256(sealed).hexdigest()
    if identity in kept.sealed_releases:
        return kept, None
    return _with_release(kept, identity, sealed, open_release(sealed, authority, site=site))


def recall_directive(kept: Kept, sealed: bytes) -> tuple[Kept, Directive]:
    """Take back a directive from the bridge's own store: its signature was checked when it first came.

    Raises:
        Refused: It is not a whole sealed directive.
    """
    directive = decode_directive(reread(sealed, kind=Kind.DIRECTIVE))
    return _with_directive(kept, sha256(sealed).hexdigest(), sealed, directive)


def recall_release(kept: Kept, sealed: bytes) -> tuple[Kept, Release]:
    """Take back a release from the bridge's own store; see :func:`recall_directive`.

    Raises:
        Refused: It is not a whole sealed release.
    """
    release = decode_release(reread(sealed, kind=Kind.RELEASE))
    return _with_release(kept, sha256(sealed).hexdigest(), sealed, release)


def _with_directive(kept: Kept, identity: str, sealed: bytes, directive: Directive) -> tuple[Kept, Directive]:
    known = {**kept.sealed_directives, identity: sealed}
    return replace(kept, directives=kept.directives.with_directive(directive), sealed_directives=known), directive


def _with_release(kept: Kept, identity: str, sealed: bytes, release: Release) -> tuple[Kept, Release]:
    known = {**kept.sealed_releases, identity: sealed}
    return replace(kept, directives=kept.directives.with_release(release), sealed_releases=known), release


def _may_grant(policy: Policy | None, digest: bytes) -> bool:
    if policy is None:
        return True
    row = policy.credentials.rows.get(digest)
    return row is not None and policy.credentials.status[row] is BadgeStatus.ACTIVE
