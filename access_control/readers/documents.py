"""The documents last published to a bridge, decoded from their stored bytes as the bridge itself does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from access_control.core.decision.model import BadgeStatus, Orders, Policy
from access_control.core.wire.directives import Authority
from access_control.core.wire.errors import Refused
from access_control.core.wire.kept import fold
from access_control.core.wire.orders import OrdersDocument, open_orders
from access_control.core.wire.policy import open_policy
from access_control.core.wire.signing import Kind
from access_control.readers.digests import digest_key_of
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, PublishedDocument
from access_control.readers.site import the_site


@dataclass(frozen=True, slots=True)
class Documents:
    """What decides at one bridge's doors."""

    policy: Policy
    orders: Orders


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a bridge's documents: the school's document keys, the bridge's own keys and its address."""

    document_keys: Mapping[str, bytes]
    site: str
    bridge: str
    digest_key: bytes
    own_key: bytes | None = None


def open_documents(policy: bytes, orders: bytes | None, opening: Opening, at: datetime) -> Documents:
    """Decode sealed bytes as a bridge does that took just these; without Orders nothing is in force.

    Raises:
        Refused: A document is not genuine, or the bridge would not take it.
    """
    known = open_policy(
        policy, opening.document_keys, site=opening.site, bridge=opening.bridge, digest_key=opening.digest_key
    )
    if orders is None:
        return Documents(known, fold_orders(known, None, opening, at))
    document = open_orders(orders, opening.document_keys, site=opening.site, bridge=opening.bridge)
    return Documents(known, fold_orders(known, document, opening, at))


def fold_orders(policy: Policy, document: OrdersDocument | None, opening: Opening, at: datetime) -> Orders:
    """What a bridge makes of Orders that are the first it takes.

    Raises:
        Refused: Never, for a document that was opened.
    """
    if document is None:
        document = OrdersDocument(opening.site, opening.bridge, policy.revision, policy.made_at)
    authority = Authority(
        service=opening.document_keys,
        neighbours=policy.neighbour_keys,
        bridge=opening.bridge,
        own_key=opening.own_key,
        own_doors=frozenset(policy.doors),
        scopes=policy.scopes,
    )
    return fold(None, document, authority=authority, at=at).kept.orders()


def published_documents(session: Session, keys: SchoolKeys, bridge: Bridge, at: datetime) -> Documents:
    """The Policy and Orders last published to a bridge.

    Raises:
        NotThereError: No Policy was published yet.
        ReadersError: They cannot be opened with the school's keys.
        KeyFileError: The digest key was sealed with another key.
    """
    policy = _row(session, bridge, Kind.POLICY)
    if policy is None:
        raise NotThereError(f"{bridge.name} has no Policy yet.", "Confirm the bridge and give it a door.")
    orders = _row(session, bridge, Kind.ORDERS)
    opening = opening_of(session, keys, bridge)
    try:
        return open_documents(policy.sealed, None if orders is None else orders.sealed, opening, at)
    except Refused as error:
        raise ReadersError(error.sentence, "Publish it again.") from error


def read_policy(session: Session, keys: SchoolKeys, bridge: Bridge) -> Policy | None:
    """The Policy last published to a bridge; ``None`` if there is none.

    Raises:
        ReadersError: It cannot be opened with the school's keys.
        KeyFileError: The digest key was sealed with another key.
    """
    row, opening = _row(session, bridge, Kind.POLICY), opening_of(session, keys, bridge)
    if row is None:
        return None
    try:
        return open_policy(
            row.sealed, opening.document_keys, site=opening.site, bridge=bridge.id, digest_key=opening.digest_key
        )
    except Refused as error:
        raise ReadersError(error.sentence, "Publish it again.") from error


def read_orders(session: Session, keys: SchoolKeys, bridge: Bridge) -> OrdersDocument | None:
    """The Orders last published to a bridge; ``None`` if there are none.

    Raises:
        ReadersError: They cannot be opened with the school's keys.
    """
    row = _row(session, bridge, Kind.ORDERS)
    if row is None:
        return None
    try:
        return open_orders(row.sealed, keys.document_public(), site=the_site(session).id, bridge=bridge.id)
    except Refused as error:
        raise ReadersError(error.sentence, "Publish them again.") from error


def opening_of(session: Session, keys: SchoolKeys, bridge: Bridge) -> Opening:
    """What opens a bridge's documents.

    Raises:
        ReadersError: The bridge was never enrolled.
        KeyFileError: Its digest key was sealed with another key.
    """
    return Opening(
        keys.document_public(), the_site(session).id, bridge.id, digest_key_of(bridge, keys), bridge.public_key
    )


def grants(policy: Policy, digest: bytes) -> bool:
    """Whether a Policy calls a badge active."""
    row = policy.credentials.rows.get(digest)
    return row is not None and policy.credentials.status[row] is BadgeStatus.ACTIVE


def _row(session: Session, bridge: Bridge, kind: Kind) -> PublishedDocument | None:
    return session.get(PublishedDocument, (bridge.id, kind.value))
