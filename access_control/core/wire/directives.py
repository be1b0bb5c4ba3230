"""Emergency directives and their releases as sealed documents of 2 KB at most.

A directive is addressed to its scope and a release to the directive that it ends, because neither has one recipient.
Who may raise what is judged here: the service anything, a neighbouring bridge what Policy lets it raise. Only the
service ends an emergency everywhere; a bridge may end one at its own doors, with two persons, and others do not take
that release over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

import msgspec

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.release_persons import names_two
from access_control.core.wire.signing import LIMITS, Kind, Opened, SigningKey, seal, unseal
from access_control.core.wire.spelling import read_doors, read_time, write_doors, write_time
from access_control.core.wire.strict import Record, ScopeName, ShortText, TimeText, Uuid, read_record, write_record

SERVICE: Final = "service"
Origin = Annotated[str, msgspec.Meta(pattern=r"^(service|bridge:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z")]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class DirectiveRow(Record, frozen=True):
    """A directive's payload."""

    id: Uuid
    action: EmergencyAction
    scope: ScopeName
    doors: str
    origin: Origin
    by: ShortText
    drill: bool
    started_at: TimeText


class ReleaseRow(Record, frozen=True):
    """A release's payload; ``doors`` is ``null`` for all of them."""

    id: Uuid
    directive: Uuid
    doors: str | None
    by: ShortText
    second: ShortText | None
    why: Reason
    at: TimeText


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose signature on a directive or release counts.

    Attributes:
        service: The school's document keys, by key id.
        neighbours: :attr:`Policy.neighbour_keys`: other bridges' keys by their UUID, with the scopes they may raise.
        bridge: This bridge's own UUID, which is the id of its key.
        own_key: This bridge's own public key.
        own_doors: The doors of this bridge, which it may release on the spot.
        held_doors: Doors that its Policy no longer has and an emergency still holds; it may release them as well.
        scopes: :attr:`Policy.scopes`: which of its doors each scope means.
    """

    service: Mapping[str, bytes]
    neighbours: Mapping[str, tuple[bytes, tuple[str, ...]]] = field(default_factory=dict)
    bridge: str | None = None
    own_key: bytes | None = None
    own_doors: frozenset[int] = frozenset()
    held_doors: frozenset[int] = frozenset()
    scopes: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def keys(self) -> dict[str, bytes]:
        """Every public key that may sign a directive, by key id."""
        own = {self.bridge: self.own_key} if self.bridge is not None and self.own_key is not None else {}
        # A bridge cannot take the service's place by choosing its name: the service's keys come last.
        return {bridge: key for bridge, (key, _) in self.neighbours.items()} | own | dict(self.service)


def encode_directive(directive: Directive) -> bytes:
    """Make a directive's payload."""
    return write_record(
        DirectiveRow(
            id=directive.id,
            action=directive.action,
            scope=directive.scope,
            doors=write_doors(directive.doors),
            origin=directive.origin,
            by=directive.by,
            drill=directive.drill,
            started_at=write_time(directive.started_at),
        )
    )


def decode_directive(payload: bytes) -> Directive:
    """The strict inverse of :func:`encode_directive`.

    Raises:
        Refused: ``too_large`` or ``bad_content``.
    """
    row = read_record(payload, DirectiveRow, "directive", limit=LIMITS[Kind.DIRECTIVE])
    return Directive(
        id=row.id,
        action=row.action,
        scope=row.scope,
        doors=read_doors(row.doors),
        origin=row.origin,
        by=row.by,
        drill=row.drill,
        started_at=read_time(row.started_at),
    )


def encode_release(release: Release) -> bytes:
    """Make a release's payload."""
    return write_record(
        ReleaseRow(
            id=release.id,
            directive=release.directive,
            doors=None if release.doors is None else write_doors(release.doors),
            by=release.by,
            second=release.second,
            why=release.why,
            at=write_time(release.at),
        )
    )


def decode_release(payload: bytes) -> Release:
    """The strict inverse of :func:`encode_release`.

    Raises:
        Refused: ``too_large`` or ``bad_content``.
    """
    row = read_record(payload, ReleaseRow, "release", limit=LIMITS[Kind.RELEASE])
    return Release(
        id=row.id,
        directive=row.directive,
        doors=None if row.doors is None else read_doors(row.doors),
        by=row.by,
        second=row.second,
        why=row.why,
        at=read_time(row.at),
    )


def seal_directive(directive: Directive, key: SigningKey, *, site: str) -> bytes:
    """Sign a directive for its scope.

    Raises:
        Refused: ``too_large``: name a building, a zone or the site instead of so many doors; ``bad_content``.
    """
    payload = encode_directive(directive)
    decode_directive(payload)
    return seal(Kind.DIRECTIVE, payload, key, site=site, to=directive.scope)


def seal_directive_in_parts(directive: Directive, key: SigningKey, *, site: str) -> list[bytes]:
    """Sign a directive that may name more doors than one document holds.

    Each part is a directive under the same id with some of the doors. All of them hold, and one release ends them all.

    Raises:
        Refused: ``bad_content``, or ``too_large`` whatever its doors.
    """
    doors = sorted(directive.doors)
    try:
        return [seal_directive(directive, key, site=site)]
    except Refused as error:
        if error.code is not RefusalCode.TOO_LARGE or len(doors) < 2:
            raise
    halves = doors[: len(doors) // 2], doors[len(doors) // 2 :]
    return [
        sealed
        for half in halves
        for sealed in seal_directive_in_parts(replace(directive, doors=frozenset(half)), key, site=site)
    ]


def seal_release(release: Release, key: SigningKey, *, site: str) -> bytes:
    """Sign a release for the directive that it ends.

    Raises:
        Refused: ``too_large`` or ``bad_content``.
    """
    payload = encode_release(release)
    decode_release(payload)
    return seal(Kind.RELEASE, payload, key, site=site, to=release.directive)


def seal_release_in_parts(release: Release, key: SigningKey, *, site: str, new_id: Callable[[], str]) -> list[bytes]:
    """Sign a release that may name more doors than one document holds.

    Each part ends the directive at some of the doors, under an id of its own from ``new_id``: of two releases under
    one id only the narrower counts.

    Raises:
        Refused: ``bad_content``, or ``too_large`` whatever its doors.
    """
    doors = sorted(release.doors or ())
    try:
        return [seal_release(release, key, site=site)]
    except Refused as error:
        if error.code is not RefusalCode.TOO_LARGE or len(doors) < 2:
            raise
    parts = (
        replace(release, id=new_id(), doors=frozenset(half))
        for half in (doors[: len(doors) // 2], doors[len(doors) // 2 :])
    )
    return [sealed for part in parts for sealed in seal_release_in_parts(part, key, site=site, new_id=new_id)]


def open_directive(sealed: bytes, authority: Authority, *, site: str) -> Directive:
    """Check a sealed directive: its signature, its address, and that its signer may raise it.

    Raises:
        Refused: With the code of the first thing that is wrong; ``not_allowed`` for a signer who may not.
    """
    opened = unseal(sealed, authority.keys(), kind=Kind.DIRECTIVE, site=site, to=None)
    directive = decode_directive(opened.payload)
    _require_address(opened, directive.scope)
    # The service also vouches for what a bridge raised whose key is believed no more.
    by_service = opened.key_id in authority.service
    by_itself = directive.origin == f"bridge:{opened.key_id}"
    if not by_service and not (by_itself and _may_raise(authority, opened.key_id, directive.scope)):
        raise Refused(
            RefusalCode.NOT_ALLOWED,
            f"The directive for “{directive.scope}” is signed by {opened.key_id}, which may not raise it. "
            "Check in the service which scopes that bridge may raise.",
        )
    if not by_service:
        _require_own_doors(authority, opened.key_id, directive)
    return directive


def open_release(sealed: bytes, authority: Authority, *, site: str) -> Release:
    """Check a sealed release: its signature, its address, and that its signer may end the emergency there.

    Raises:
        Refused: With the code of the first thing that is wrong; ``not_allowed`` for a signer who may not.
    """
    opened = unseal(sealed, authority.keys(), kind=Kind.RELEASE, site=site, to=None)
    release = decode_release(opened.payload)
    _require_address(opened, release.directive)
    if opened.key_id in authority.service:
        return release
    here = release.doors is not None and release.doors <= authority.own_doors | authority.held_doors
    if opened.key_id != authority.bridge or not here or not names_two(release):
        raise Refused(
            RefusalCode.NOT_ALLOWED,
            f"The release is signed by {opened.key_id}. A bridge may end an emergency only at its own doors and with "
            "two different persons; ask the service to release it.",
        )
    return release


def _require_address(opened: Opened, expected: str) -> None:
    if opened.to != expected:
        raise Refused(
            RefusalCode.WRONG_RECIPIENT,
            f"The document is addressed to {opened.to} and speaks of {expected}. Have its maker issue it again.",
        )


def _require_own_doors(authority: Authority, bridge: str, directive: Directive) -> None:
    """A list of doors must not reach further here than the scopes do; other bridges' doors are for them to judge."""
    if bridge == authority.bridge:
        return
    scopes = authority.neighbours[bridge][1]
    reach = frozenset[int]().union(*(authority.scopes.get(scope, frozenset()) for scope in scopes))
    beyond = sorted((directive.doors & authority.own_doors) - reach)
    if beyond:
        raise Refused(
            RefusalCode.NOT_ALLOWED,
            f"The directive for “{directive.scope}” names door {beyond[0]}, where {bridge} may raise nothing. "
            "Check in the service which scopes that bridge may raise.",
        )


def _may_raise(authority: Authority, bridge: str, scope: str) -> bool:
    return bridge == authority.bridge or scope in authority.neighbours[bridge][1]
