"""How a bridge comes to the school: a one-time code for one named bridge, its own key, and a person who confirms it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.wire.enrolment_code import SECRET_BYTES, code_for, read_code, write_code
from access_control.core.wire.errors import Refused
from access_control.database.ids import new_id
from access_control.readers.bridges import get_bridge, require_free_name
from access_control.readers.checks import clean_text, require
from access_control.readers.digests import new_digest_key
from access_control.readers.errors import BadValueError, ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Building, Door
from access_control.readers.publishing import publish_orders, publish_policy
from access_control.readers.site import the_site
from access_control.readers.staleness import mark_all_stale
from access_control.readers.statements import issue_statement

CODE_LASTS: Final = timedelta(minutes=15)
KEY_BYTES: Final = 32


class EnrolmentRefusedError(ReadersError):
    """A bridge is not taken; ``code`` is for programs: ``wrong_code``, ``used_code`` or ``expired_code``."""

    def __init__(self, code: str, sentence: str, action: str) -> None:
        super().__init__(sentence, action)
        self.code = code


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is shown once: the code to type at the bridge, until when, and the fingerprint to compare."""

    bridge_id: str
    text: str = field(repr=False)
    until: datetime
    identity_fingerprint: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a new bridge takes home."""

    site: str
    bridge: str
    name: str
    identity_key: bytes
    digest_key: bytes = field(repr=False)
    keys: bytes


def fingerprint(public_key: bytes) -> str:
    """A public key as two people compare it over the telephone: 8 groups of 4 hex digits."""
    digits = public_key.hex()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def add_bridge(session: Session, keys: SchoolKeys, at: datetime, *, name: str, building_id: int, by: str) -> Invitation:
    """Name a new bridge and make its one-time code.

    Raises:
        BadValueError: The name is missing or taken.
        NotThereError: There is no such building.
    """
    require(session, Building, building_id, "This building", "building_id")
    clean = clean_text(name, "name", "The bridge's name", 80)
    require_free_name(session, clean)
    bridge = Bridge(
        id=new_id(at), building_id=building_id, name=clean, state=BridgeState.INVITED, in_force={}, created_at=at
    )
    session.add(bridge)
    session.flush()
    record(session, at, actor=by, action="bridge.added", subject=f"bridge:{bridge.id}")
    return _invite(session, keys, at, bridge)


def invite_again(session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, by: str) -> Invitation:
    """Make a new code for a bridge that has not come yet; the old one is worth nothing any more.

    Raises:
        NotThereError: There is no such bridge.
        BadValueError: It has come already.
    """
    bridge = get_bridge(session, bridge_id)
    if bridge.state is not BridgeState.INVITED:
        raise BadValueError(f"{bridge.name} has enrolled already.", "Revoke it and add a new one to replace it.")
    record(session, at, actor=by, action="bridge.invited_again", subject=f"bridge:{bridge.id}")
    return _invite(session, keys, at, bridge)


def _invite(session: Session, keys: SchoolKeys, at: datetime, bridge: Bridge) -> Invitation:
    code = code_for(os.urandom(SECRET_BYTES), keys.identity_public)
    bridge.code_digest = code.digest()
    bridge.code_until = at + CODE_LASTS
    session.flush()
    return Invitation(bridge.id, write_code(code), bridge.code_until, fingerprint(keys.identity_public))


def enroll(session: Session, keys: SchoolKeys, at: datetime, *, code: str, public_key: bytes, address: str) -> Enrolled:
    """Take a bridge that shows the right code; it gets nothing else before a person confirms it.

    Raises:
        EnrolmentRefusedError: The code is wrong, used or too old; or the key is no key.
    """
    bridge = _invited(session, keys, at, code)
    if len(public_key) != KEY_BYTES:
        raise EnrolmentRefusedError("wrong_code", "The bridge's key is no key.", "Update the bridge's program.")
    clear, sealed = new_digest_key(keys)
    bridge.public_key = public_key
    bridge.digest_key_sealed = sealed
    bridge.state = BridgeState.ENROLLED
    bridge.address = address[:120]
    bridge.code_until = None  # the digest stays, so that a second try is told that the code was used
    bridge.policy_stale = True
    session.flush()
    facts = {"fingerprint": fingerprint(public_key)}
    record(
        session, at, actor=f"bridge:{bridge.id}", action="bridge.enrolled", subject=f"bridge:{bridge.id}", facts=facts
    )
    statement = issue_statement(session, keys, at)
    return Enrolled(the_site(session).id, bridge.id, bridge.name, keys.identity_public, clear, statement)


def _invited(session: Session, keys: SchoolKeys, at: datetime, text: str) -> Bridge:
    again = "Have a new code made in the console, under Bridges."
    try:
        code = read_code(text)
    except Refused as error:
        raise EnrolmentRefusedError("wrong_code", "That is no enrolment code of this school.", again) from error
    bridge = None
    if code.fits(keys.identity_public):
        bridge = session.scalar(select(Bridge).where(Bridge.code_digest == code.digest()).with_for_update())
    if bridge is None:
        raise EnrolmentRefusedError("wrong_code", "That is no enrolment code of this school.", again)
    if bridge.state is not BridgeState.INVITED or bridge.code_until is None:
        raise EnrolmentRefusedError("used_code", "This enrolment code was used already.", again)
    if at >= bridge.code_until:
        raise EnrolmentRefusedError("expired_code", "This enrolment code is older than 15 minutes.", again)
    return bridge


def confirm_bridge(session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, by: str) -> Bridge:
    """Say that this is the right machine: from now on it gets documents. Its first ones are published at once.

    Raises:
        NotThereError: There is no such bridge.
        BadValueError: It has not enrolled yet, or was revoked.
    """
    bridge = get_bridge(session, bridge_id)
    if bridge.state is BridgeState.CONFIRMED:
        return bridge
    if bridge.state is not BridgeState.ENROLLED or bridge.public_key is None:
        raise BadValueError(f"{bridge.name} has not enrolled.", "Type its code at the bridge first.")
    bridge.state = BridgeState.CONFIRMED
    session.flush()
    facts = {"fingerprint": fingerprint(bridge.public_key)}
    record(session, at, actor=by, action="bridge.confirmed", subject=f"bridge:{bridge.id}", facts=facts)
    issue_statement(session, keys, at)
    mark_all_stale(session)  # it is a neighbour of all the others from now on
    publish_policy(session, keys, bridge.id, at)
    publish_orders(session, keys, bridge.id, at)
    return bridge


def revoke_bridge(session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, by: str) -> Bridge:
    """Believe this bridge no more. Its doors have no bridge until another one is named for them.

    Raises:
        NotThereError: There is no such bridge.
    """
    bridge = get_bridge(session, bridge_id)
    if bridge.state is BridgeState.REVOKED:
        return bridge
    bridge.state = BridgeState.REVOKED
    bridge.instance = None
    session.execute(update(Door).where(Door.bridge_id == bridge.id).values(bridge_id=None))
    session.flush()
    record(session, at, actor=by, action="bridge.revoked", subject=f"bridge:{bridge.id}")
    issue_statement(session, keys, at)
    mark_all_stale(session)
    return bridge
