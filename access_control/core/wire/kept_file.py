"""The file in which a bridge keeps what :class:`core.wire.kept.Kept` says, over restarts. It never travels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from access_control.core.decision.model import Revision
from access_control.core.wire.guarded import guard, unguard
from access_control.core.wire.kept import Kept, recall_directive, recall_release
from access_control.core.wire.orders import (
    OverrideRow,
    RevokedColumns,
    RevokedPassRow,
    read_overrides,
    read_revoked,
    read_revoked_passes,
    write_overrides,
    write_revoked,
    write_revoked_passes,
)
from access_control.core.wire.policy_people import cut_digests
from access_control.core.wire.spelling import read_bytes, write_bytes
from access_control.core.wire.strict import PassId, Record, Ref, read_record, write_record

MAX_KEPT: Final = 64 * 1024 * 1024


class KeptRow(Record, frozen=True, omit_defaults=True):
    """The file's content; ``listed`` and ``listed_passes`` name what the newest Orders named.

    What nothing is doubted of is left out, as in the files of programs that kept no doubts.
    """

    revision: tuple[Ref, Ref] | None
    document: str
    directives: list[str]
    releases: list[str]
    overrides: list[OverrideRow]
    revoked: RevokedColumns
    listed: str
    revoked_passes: list[RevokedPassRow]
    listed_passes: list[PassId]
    doubted_directives: list[str] = msgspec.field(default_factory=list)
    doubted_releases: list[str] = msgspec.field(default_factory=list)


def encode_kept(kept: Kept) -> bytes:
    """Spell what a bridge keeps, behind a checksum."""
    row = KeptRow(
        revision=None if kept.revision is None else (kept.revision.epoch, kept.revision.n),
        document=kept.document,
        directives=_write_sealed(kept.sealed_directives),
        releases=_write_sealed(kept.sealed_releases),
        overrides=write_overrides(kept.overrides),
        revoked=write_revoked(kept.revoked),
        listed=write_bytes(b"".join(sorted(kept.listed))),
        revoked_passes=write_revoked_passes(kept.revoked_passes),
        listed_passes=[f"{number:016x}" for number in sorted(kept.listed_passes)],
        doubted_directives=[write_bytes(sealed) for sealed in kept.doubted_directives],
        doubted_releases=[write_bytes(sealed) for sealed in kept.doubted_releases],
    )
    return guard(write_record(row))


def decode_kept(data: bytes) -> Kept:
    """The strict inverse of :func:`encode_kept`.

    Raises:
        Refused: The file is damaged; set it aside. Emergencies have second copies of their own.
    """
    row = read_record(unguard(data), KeptRow, "record of kept Orders", limit=MAX_KEPT)
    kept = Kept(
        revision=None if row.revision is None else Revision(*row.revision),
        document=row.document,
        overrides=read_overrides(row.overrides),
        revoked=read_revoked(row.revoked),
        listed=frozenset(cut_digests(row.listed, "digests of listed badges")),
        revoked_passes=read_revoked_passes(row.revoked_passes),
        listed_passes=frozenset(int(number, 16) for number in row.listed_passes),
        doubted_directives=tuple(read_bytes(text, "directive") for text in row.doubted_directives),
        doubted_releases=tuple(read_bytes(text, "release") for text in row.doubted_releases),
    )
    for text in row.directives:
        kept, _ = recall_directive(kept, read_bytes(text, "directive"))
    for text in row.releases:
        kept, _ = recall_release(kept, read_bytes(text, "release"))
    return kept


def _write_sealed(sealed: Mapping[str, bytes]) -> list[str]:
    return [write_bytes(sealed[identity]) for identity in sorted(sealed)]
