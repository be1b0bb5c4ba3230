"""Orders: everything in force besides Policy, whole each time, so that applying a document twice is harmless.

Directives and releases travel inside as the sealed documents that they are. What a bridge makes of one document after
another is in :mod:`core.wire.kept`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from access_control.core.decision.model import (
    BadgeStatus,
    Override,
    OverrideEffect,
    PassRevocation,
    Revision,
)
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.policy_people import (
    STATUS_LETTERS,
    cut_digests,
    read_statuses,
    require_ascending,
)
from access_control.core.wire.signing import LIMITS, Kind, open_sealed
from access_control.core.wire.spelling import read_bytes, read_time, write_bytes, write_time
from access_control.core.wire.strict import (
    Number,
    PassId,
    Record,
    Ref,
    Second,
    ShortText,
    TimeText,
    Uuid,
    Why,
    read_record,
    write_record,
)


@dataclass(frozen=True, slots=True)
class RevokedPass:
    """Why a visitor pass is dead before its time, and the UTC second at which it would have expired anyway."""

    why: PassRevocation
    expires: int


@dataclass(frozen=True, slots=True)
class OrdersDocument:
    """One Orders document as it travels.

    Attributes:
        directives: Sealed directives, each opaque here.
        releases: Sealed releases, each opaque here.
        revoked: Digests of credentials (made with the bridge's digest key) and what became of each badge.
        revoked_passes: By 64-bit pass id.
    """

    site: str
    bridge: str
    revision: Revision
    made_at: datetime
    directives: Sequence[bytes] = ()
    releases: Sequence[bytes] = ()
    overrides: Sequence[Override] = ()
    revoked: Mapping[bytes, BadgeStatus] = field(default_factory=dict)
    revoked_passes: Mapping[int, RevokedPass] = field(default_factory=dict)


class OverrideRow(Record, frozen=True):
    """An operator's standing order for one door."""

    id: Uuid
    door: Number
    effect: OverrideEffect
    by: ShortText
    why: Why
    expires: Second | None


class RevokedColumns(Record, frozen=True):
    """Dead badges, sorted by digest: 16 bytes each in one base64 text, and a letter each."""

    digests: str
    status: str


class RevokedPassRow(Record, frozen=True):
    """A dead visitor pass; its id as 16 hex digits."""

    id: PassId
    why: PassRevocation
    expires: Second


class OrdersRow(Record, frozen=True):
    """An Orders document's payload."""

    site: Uuid
    bridge: Uuid
    epoch: Ref
    n: Ref
    made_at: TimeText
    directives: list[str]
    releases: list[str]
    overrides: list[OverrideRow]
    revoked: RevokedColumns
    revoked_passes: list[RevokedPassRow]


def encode_orders(document: OrdersDocument) -> bytes:
    """Make the payload of Orders; the same content gives the same bytes, whatever its order.

    Raises:
        Refused: A bridge would not take it.
    """
    payload = write_record(
        OrdersRow(
            site=document.site,
            bridge=document.bridge,
            epoch=document.revision.epoch,
            n=document.revision.n,
            made_at=write_time(document.made_at),
            directives=sorted({write_bytes(sealed) for sealed in document.directives}),
            releases=sorted({write_bytes(sealed) for sealed in document.releases}),
            overrides=write_overrides(document.overrides),
            revoked=write_revoked(document.revoked),
            revoked_passes=write_revoked_passes(document.revoked_passes),
        )
    )
    decode_orders(payload)
    return payload


def decode_orders(payload: bytes) -> OrdersDocument:
    """The strict inverse of :func:`encode_orders`; directives and releases are not opened here.

    Raises:
        Refused: ``too_large``, ``bad_content`` or ``bad_columns``.
    """
    row = read_record(payload, OrdersRow, "Orders", limit=LIMITS[Kind.ORDERS])
    return OrdersDocument(
        site=row.site,
        bridge=row.bridge,
        revision=Revision(row.epoch, row.n),
        made_at=read_time(row.made_at),
        directives=tuple(read_bytes(text, "directive") for text in row.directives),
        releases=tuple(read_bytes(text, "release") for text in row.releases),
        overrides=read_overrides(row.overrides),
        revoked=read_revoked(row.revoked),
        revoked_passes=read_revoked_passes(row.revoked_passes),
    )


def open_orders(sealed: bytes, document_keys: Mapping[str, bytes], *, site: str, bridge: str) -> OrdersDocument:
    """Check signature, address and content of sealed Orders for this bridge.

    Raises:
        Refused: With the code of the first thing that is wrong.
    """
    document = decode_orders(open_sealed(sealed, document_keys, kind=Kind.ORDERS, site=site, to=bridge))
    if (document.site, document.bridge) != (site, bridge):
        raise Refused(
            RefusalCode.WRONG_RECIPIENT,
            f"The Orders inside are for bridge {document.bridge} at site {document.site}. Publish them again.",
        )
    return document


def write_overrides(overrides: Sequence[Override]) -> list[OverrideRow]:
    """Spell overrides, sorted by id."""
    return [OverrideRow(o.id, o.door, o.effect, o.by, o.why, o.expires) for o in sorted(overrides, key=lambda o: o.id)]


def read_overrides(rows: Sequence[OverrideRow]) -> tuple[Override, ...]:
    """The inverse of :func:`write_overrides`.

    Raises:
        Refused: ``bad_columns`` for an id twice, ``bad_content`` for an unlock without an end.
    """
    if len({row.id for row in rows}) != len(rows):
        raise Refused(RefusalCode.BAD_COLUMNS, "The Orders name an override twice. Publish them again.")
    for row in rows:
        if row.effect is OverrideEffect.UNLOCK and row.expires is None:
            raise Refused(
                RefusalCode.BAD_CONTENT,
                f"The Orders unlock door {row.door} by hand without an end. Set until when, and publish them again.",
            )
    return tuple(Override(row.id, row.door, row.effect, row.by, row.why, row.expires) for row in rows)


def write_revoked(revoked: Mapping[bytes, BadgeStatus]) -> RevokedColumns:
    """Spell dead badges, sorted by digest."""
    digests = sorted(revoked)
    return RevokedColumns(
        digests=write_bytes(b"".join(digests)), status="".join(STATUS_LETTERS[revoked[digest]] for digest in digests)
    )


def read_revoked(row: RevokedColumns) -> Mapping[bytes, BadgeStatus]:
    """The inverse of :func:`write_revoked`.

    Raises:
        Refused: ``bad_columns``: lengths that differ, a badge twice, or one that is called active.
    """
    digests = cut_digests(row.digests, "digests of revoked badges")
    statuses = read_statuses(row.status)
    require_ascending(digests, "revoked badge")
    if len(digests) != len(statuses) or BadgeStatus.ACTIVE in statuses:
        raise Refused(
            RefusalCode.BAD_COLUMNS,
            "The Orders revoke a badge without saying why, or call it active. Publish them again.",
        )
    return dict(zip(digests, statuses, strict=True))


def write_revoked_passes(revoked: Mapping[int, RevokedPass]) -> list[RevokedPassRow]:
    """Spell dead visitor passes, sorted by id."""
    return [RevokedPassRow(f"{number:016x}", dead.why, dead.expires) for number, dead in sorted(revoked.items())]


def read_revoked_passes(rows: Sequence[RevokedPassRow]) -> Mapping[int, RevokedPass]:
    """The inverse of :func:`write_revoked_passes`.

    Raises:
        Refused: ``bad_columns``: a pass twice.
    """
    found = {int(row.id, 16): RevokedPass(row.why, row.expires) for row in rows}
    if len(found) != len(rows):
        raise Refused(RefusalCode.BAD_COLUMNS, "The Orders revoke a visitor pass twice. Publish them again.")
    return found
