"""The rows that Orders are made of: emergencies and their ends, overrides, dead passes; others write them by these.

Each call publishes the Orders of the bridges that it concerns in the same transaction.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import OverrideEffect, PassRevocation
from access_control.core.wire.directives import SERVICE, Authority, open_release
from access_control.core.wire.errors import Refused
from access_control.core.wire.release_persons import two_people
from access_control.core.wire.signing import signer_of
from access_control.database.changes import tell
from access_control.database.ids import new_id
from access_control.database.locks import hold
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.checks import clean_text, require
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.input_models import AlarmInput
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.neighbours import neighbour_keys
from access_control.readers.owed_releases import owe_release, owed_bridges
from access_control.readers.publishing import publish_all_orders, publish_orders
from access_control.readers.records import DirectiveRow, OverrideRow, PassRevocationRow, ReleaseRow
from access_control.readers.release_codes import note_code_used
from access_control.readers.site import scopes, the_site
from access_control.readers.unlocks_by_hand import end_unlocks
from access_control.readers.vouching import open_raised, with_vouching
from access_control.typed_numbers import number_or_none

LONGEST_UNLOCK: Final = timedelta(hours=12)


def add_directive(
    session: Session, keys: SchoolKeys, at: datetime, directive: Directive, sealed: Sequence[bytes], *, by_name: str
) -> bool:
    """Keep a directive and publish it; whether it was new. The same id a second time changes nothing."""
    lock_bridges(session)
    if session.get(DirectiveRow, directive.id) is not None:
        return False
    row = DirectiveRow(
        id=directive.id,
        action=directive.action,
        scope=directive.scope,
        doors=sorted(directive.doors),
        origin=directive.origin,
        by=directive.by,
        by_name=by_name,
        drill=directive.drill,
        started_at=directive.started_at,
        sealed=[b64encode(part).decode() for part in sealed],
        confirmed=[],
    )
    session.add(row)
    session.flush()
    if directive.origin == SERVICE:  # what a bridge raised may come with its release: hear_from_bridge goes on
        end_unlocks(session, at, row)
    publish_all_orders(session, keys, at, bridges_of(session, row))
    _tell_live(session, directive.id)
    return True


def add_release(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    release: Release,
    sealed: bytes,
    *,
    by_name: str,
    origin: str = SERVICE,
) -> bool:
    """Keep a release and publish it, a bridge's to nobody but itself; whether it was new.

    Raises:
        NotThereError: Nobody knows its directive here yet.
    """
    lock_bridges(session)
    if session.get(ReleaseRow, release.id) is not None:
        return False
    row = locked_directive(session, release.directive)
    if row is None:
        raise NotThereError("This emergency is not known here.", "Wait until its bridge has told of it.")
    session.add(
        ReleaseRow(
            id=release.id,
            directive_id=release.directive,
            doors=None if release.doors is None else sorted(release.doors),
            origin=origin,
            by=release.by,
            by_name=by_name,
            second=release.second,
            why=release.why,
            at=release.at,
            sealed=b64encode(sealed).decode(),
        )
    )
    session.flush()
    # Releases of doors never end it, however many: a door that joins its scope later is under it until all are
    # released, and could not be released if it had ended.
    if release.doors is None and row.ended_at is None:
        row.ended_at = at
    publish_all_orders(session, keys, at, bridges_of(session, row) | owed_bridges(session, row.id))
    _tell_live(session, row.id)
    return True


def locked_directive(session: Session, directive: str) -> DirectiveRow | None:
    """A directive as it is now, locked until the transaction ends; whoever needs bridges as well locks them first."""
    return session.get(DirectiveRow, directive, with_for_update={"key_share": True}, populate_existing=True)


def active_directives(session: Session) -> list[DirectiveRow]:
    """What is not released everywhere, the oldest first."""
    query = select(DirectiveRow).where(DirectiveRow.ended_at.is_(None))
    return list(session.scalars(query.order_by(DirectiveRow.started_at, DirectiveRow.id)))


def bridges_of(session: Session, row: DirectiveRow) -> set[str]:
    """The confirmed bridges with a door that a directive means, or meant when it was raised."""
    meant = {*row.doors, *scopes(session).get(row.scope, ())}
    found = session.scalars(
        select(Door.bridge_id)
        .join(Bridge, Bridge.id == Door.bridge_id)
        .where(Door.id.in_(meant), Bridge.state == BridgeState.CONFIRMED)
    )
    return {bridge for bridge in found if bridge is not None}


def hear_from_bridge(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    bridge_id: str,
    directives: Sequence[bytes],
    releases: Sequence[bytes],
) -> list[Refused]:
    """Take over emergencies that a bridge raised, and releases of its own doors; what is not genuine is handed back.

    A bridge may raise over its own building and the site, and release only its own doors. It may also hand over what
    another bridge raised, because that one may never come back to do so.
    """
    lock_bridges(session)  # before any signature is checked, so that no key is retired meanwhile
    site = the_site(session)
    bridge = require(session, Bridge, bridge_id, "This bridge")
    if bridge.public_key is None:
        return []
    authority = _authority_of(session, keys, bridge, bridge.public_key)
    refused: list[Refused] = []
    heard: list[str] = []
    for sealed in directives:
        try:
            directive, known = open_raised(session, keys, sealed, authority, site.id)
        except Refused as error:
            refused.append(error)
            continue
        raised_by = session.get(Bridge, signer_of(sealed)) or bridge
        _take_directive(session, keys, at, raised_by, directive, known)
        _note_holder(session, keys, at, bridge, directive)
        heard.append(directive.id)
    for sealed in releases:
        try:
            release = open_release(sealed, authority, site=site.id)
        except Refused as error:
            refused.append(error)
            continue
        origin = SERVICE if signer_of(sealed) in authority.service else f"bridge:{bridge.id}"
        _take_release(session, keys, at, bridge, release, sealed, origin)
    for row in (session.get_one(DirectiveRow, id_) for id_ in dict.fromkeys(heard)):
        if end_unlocks(session, at, row):
            publish_all_orders(session, keys, at, bridges_of(session, row))
    return refused


def _authority_of(session: Session, keys: SchoolKeys, bridge: Bridge, own_key: bytes) -> Authority:
    return Authority(
        service=keys.document_public(),
        neighbours={other: (key, tuple(may)) for other, (key, may) in neighbour_keys(session, bridge.id).items()},
        bridge=bridge.id,
        own_key=own_key,
        own_doors=frozenset(session.scalars(select(Door.id).where(Door.bridge_id == bridge.id))),
        scopes={name: frozenset(meant) for name, meant in scopes(session).items()},
    )


def _take_release(
    session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, release: Release, sealed: bytes, origin: str
) -> None:
    if session.get(DirectiveRow, release.directive) is None:
        return
    if add_release(session, keys, at, release, sealed, by_name=bridge.name, origin=origin):
        note_code_used(session, at, bridge.id, release)
        two = two_people(release)
        facts = None if two is None else {"first": two[0], "second": two[1]}
        actor, subject = f"bridge:{bridge.id}", f"directive:{release.directive}"
        record(session, at, actor=actor, action="emergency.released", subject=subject, facts=facts)


def _take_directive(
    session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, directive: Directive, sealed: bytes
) -> None:
    row = locked_directive(session, directive.id)
    signed = with_vouching(keys, sealed, the_site(session).id)
    parts = [b64encode(one).decode() for one in signed]
    if row is not None:
        if parts[0] not in row.sealed and row.origin == directive.origin:
            row.sealed = list(dict.fromkeys((*row.sealed, *parts)))
            row.doors = sorted({*row.doors, *directive.doors})
            publish_all_orders(session, keys, at, bridges_of(session, row))
        return
    add_directive(session, keys, at, directive, signed, by_name=_who_at(session, bridge, directive.by))
    record(session, at, actor=f"bridge:{bridge.id}", action="emergency.started", subject=f"directive:{directive.id}")


def _note_holder(session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge, directive: Directive) -> None:
    """Whoever tells of a directive holds it, and has to hear of its end, also without a door in its scope.

    A bridge tells again and again of what it raised itself, and of a neighbour's only while that stands there.
    """
    row = session.get_one(DirectiveRow, directive.id)
    let_go = bridge.id in row.confirmed and row.origin == f"bridge:{bridge.id}"
    if let_go or (row.left_orders_at is None and bridge.id in bridges_of(session, row)):
        return
    if row.ended_at is None:
        owe_release(session, row, bridge.id)
        return
    owe_release(session, row, bridge.id)
    publish_all_orders(session, keys, at, {bridge.id})


def _who_at(session: Session, bridge: Bridge, by: str) -> str:
    """Who raised something at a bridge, as people say it: the panic button, or else the bridge."""
    kind, _, number = by.partition(":")
    if kind == "input" and (input_id := number_or_none(number)) is not None:
        row = session.get(AlarmInput, input_id)
        if row is not None and row.bridge_id == bridge.id:
            return f"{row.name} ({bridge.name})"[:120]
    return bridge.name


def set_override(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    *,
    door_id: int,
    effect: OverrideEffect,
    by: str,
    why: str,
    expires_at: datetime | None,
) -> OverrideRow:
    """Lock, unlock or block a door by hand. It takes the place of the door's earlier one.

    Raises:
        NotThereError: There is no such door, or no bridge runs it.
        BadValueError: An unlock without an end, an end that is past or too far away, or no reason.
    """
    door = require(session, Door, door_id, "This door")
    if door.bridge_id is None:
        raise NotThereError("No bridge runs this door.", "Choose its bridge first.")
    if expires_at is None and effect is OverrideEffect.UNLOCK:
        raise BadValueError("An unlock needs an end.", "Say until when.", "expires_at")
    if expires_at is not None and expires_at <= at:
        raise BadValueError("The end is over already.", "Choose a later one.", "expires_at")
    if effect is OverrideEffect.UNLOCK and expires_at is not None and expires_at > at + LONGEST_UNLOCK:
        raise BadValueError(
            "A door stays unlocked by hand for 12 hours at most.", "Choose an earlier end.", "expires_at"
        )
    reason = clean_text(why, "why", "The reason", 300)
    hold(session, f"door {door_id} by hand")  # two at once would both find no earlier one
    lock_bridges(session, {door.bridge_id})
    for earlier in session.scalars(select(OverrideRow).filter_by(door_id=door_id, ended_at=None)):
        earlier.ended_at = at
    row = OverrideRow(
        id=new_id(at), door_id=door_id, effect=effect, by=by, why=reason, made_at=at, expires_at=expires_at
    )
    session.add(row)
    session.flush()
    facts = {"effect": effect.value, "expires_at": None if expires_at is None else expires_at.isoformat()}
    record(session, at, actor=by, action="door.override_set", subject=f"door:{door_id}", facts=facts, text=reason)
    publish_orders(session, keys, door.bridge_id, at)
    return row


def end_override(session: Session, keys: SchoolKeys, at: datetime, override_id: str, by: str) -> None:
    """End an override before its time. One that has ended stays as it is.

    Raises:
        NotThereError: There is none with this id.
    """
    row = require(session, OverrideRow, override_id, "This setting of the door")
    if row.ended_at is not None:
        return
    door = require(session, Door, row.door_id, "This door")
    if door.bridge_id is not None:
        lock_bridges(session, {door.bridge_id})
    row.ended_at = at
    session.flush()
    record(session, at, actor=by, action="door.override_ended", subject=f"door:{row.door_id}")
    if door.bridge_id is not None:
        publish_orders(session, keys, door.bridge_id, at)


def overrides_in_force(session: Session, at: datetime, doors: Collection[int]) -> list[OverrideRow]:
    """The overrides in force at these doors."""
    rows = session.scalars(select(OverrideRow).where(OverrideRow.door_id.in_(doors), OverrideRow.ended_at.is_(None)))
    return [row for row in rows if row.expires_at is None or row.expires_at > at]


def revoke_pass(
    session: Session,
    keys: SchoolKeys,
    at: datetime,
    *,
    pass_id: str,
    why: PassRevocation,
    bridge_id: str,
    expires_at: datetime,
) -> None:
    """Kill a visitor pass before its time, whether it was used or not; a second time changes nothing."""
    session.flush()
    if session.get(PassRevocationRow, pass_id) is not None:
        return
    session.add(PassRevocationRow(pass_id=pass_id, why=why, bridge_id=bridge_id, at=at, expires_at=expires_at))
    session.flush()
    publish_orders(session, keys, bridge_id, at)


def _tell_live(session: Session, directive: str) -> None:
    tell(session, "live", json.dumps({"what": "emergency", "directive": directive}))
