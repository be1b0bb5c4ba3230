"""What a bridge signed that is believed no more: the service signs it instead, so an emergency outlives its bridge.

A lockdown that a panic button started stands until it is released, also at a machine that comes later and does not know
the key with which the dead one signed, and also if a neighbour tells of it only when the dead one has been replaced.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.core.decision.emergency import Directive
from access_control.core.wire.directives import Authority, decode_directive, decode_release, open_directive
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import Kind, reread, seal, signer_of
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState
from access_control.readers.neighbours import scopes_raised
from access_control.readers.records import DirectiveRow, ReleaseRow
from access_control.readers.recovery_models import FormerKey

_FOREIGN: Final = frozenset({RefusalCode.BAD_SIGNATURE, RefusalCode.UNKNOWN_KEY})


def retire_key(session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, site: str) -> None:
    """Believe a bridge's key no more, and vouch for the emergencies that it signed and that bridges may still need.

    The caller has locked every bridge, so nobody takes over what this key signed at the same moment.
    """
    if bridge.public_key is not None and session.get(FormerKey, (bridge.id, bridge.public_key)) is None:
        session.add(FormerKey(bridge_id=bridge.id, public_key=bridge.public_key, until=at))
    told = select(DirectiveRow).where(DirectiveRow.left_orders_at.is_(None)).order_by(DirectiveRow.id)
    locked = told.with_for_update(key_share=True).execution_options(populate_existing=True)
    rows = session.scalars(locked).all()
    for row in rows:
        again = (_again(keys, part, bridge.id, Kind.DIRECTIVE, site) for part in row.sealed)
        row.sealed = list(dict.fromkeys(again))  # the service may have signed the same beside it already
    ended = select(ReleaseRow).where(ReleaseRow.directive_id.in_([row.id for row in rows]))
    for release in session.scalars(ended):
        release.sealed = _again(keys, release.sealed, bridge.id, Kind.RELEASE, site)
    session.flush()


def with_vouching(keys: SchoolKeys, sealed: bytes, site: str) -> list[bytes]:
    """A directive as it was signed, and under the service's signature, for bridges that do not know its signer yet.

    A bridge that was replaced takes its small Orders before the Policy that names its neighbours, and one that was off
    knows the old key of a neighbour that was replaced meanwhile.
    """
    return list(dict.fromkeys((sealed, _signed_again(keys, sealed, Kind.DIRECTIVE, site))))


def former_keys(session: Session, bridge_id: str) -> list[FormerKey]:
    """The keys that were a bridge's and are not any more."""
    return list(session.scalars(select(FormerKey).where(FormerKey.bridge_id == bridge_id)))


def open_raised(
    session: Session, keys: SchoolKeys, sealed: bytes, authority: Authority, site: str
) -> tuple[Directive, bytes]:
    """Check a directive that a bridge hands over; it and the bytes that others can check.

    Raises:
        Refused: It is not genuine, or its signer may not raise it.
    """
    try:
        return open_directive(sealed, authority, site=site), sealed
    except Refused as refused:
        signer = session.get(Bridge, signer_of(sealed)) if refused.code in _FOREIGN else None
        if signer is None or signer.state is not BridgeState.CONFIRMED:
            raise  # who was revoked is not believed, who was replaced died honest
        may = tuple(scopes_raised(session)[signer.id])
        for former in former_keys(session, signer.id):
            directive = _open_as_then(sealed, authority, former, may, site)
            if directive is not None and directive.started_at <= former.until:
                return directive, _signed_again(keys, sealed, Kind.DIRECTIVE, site)
        raise


def _open_as_then(
    sealed: bytes, authority: Authority, former: FormerKey, may: tuple[str, ...], site: str
) -> Directive | None:
    then = replace(authority, neighbours={**authority.neighbours, former.bridge_id: (former.public_key, may)})
    if former.bridge_id == authority.bridge:
        then = replace(then, own_key=former.public_key)
    try:
        return open_directive(sealed, then, site=site)
    except Refused:
        return None


def _again(keys: SchoolKeys, part: str, bridge_id: str, kind: Kind, site: str) -> str:
    sealed = b64decode(part)
    return b64encode(_signed_again(keys, sealed, kind, site)).decode() if signer_of(sealed) == bridge_id else part


def _signed_again(keys: SchoolKeys, sealed: bytes, kind: Kind, site: str) -> bytes:
    """The same content, whose first signature was checked when it came, under the service's."""
    payload = reread(sealed, kind=kind)
    to = decode_directive(payload).scope if kind is Kind.DIRECTIVE else decode_release(payload).directive
    return seal(kind, payload, keys.document, site=site, to=to)
