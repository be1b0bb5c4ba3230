"""How a bridge comes to the school: a one-time code for one named bridge, its own key, and a person who confirms it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.wire.enrolment_code import SECRET_BYTES, EnrolmentCode, code_for, read_code, write_code
from access_control.core.wire.errors import Refused
from access_control.database.ids import new_id
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.bridges import get_bridge, require_free_name
from access_control.readers.checks import clean_text, require
from access_control.readers.digests import new_digest_key
from access_control.readers.errors import BadValueError, ReadersError
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Building, Door
from access_control.readers.owed_releases import owe_past_releases
from access_control.readers.publishing import publish_orders, publish_policy
from access_control.readers.recovery_models import Replacement
from access_control.readers.site import the_site
from access_control.readers.staleness import mark_all_stale, tell_school_changed
from access_control.readers.statements import issue_statement
from access_control.readers.vouching import retire_key

CODE_LASTS: Final = timedelta(minutes=15)
KEY_BYTES: Final = 32
_AGAIN: Final = "Have a new code made in the console, under Bridges."


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


def require_compared(public_key: bytes, compared: str) -> None:
    """See that a person compared this very key; blanks and capital letters do not matter.

    Raises:
        BadValueError: It was another key's fingerprint, as when another machine has enrolled meanwhile, or none.
    """
    if "".join(compared.split()).lower() != "".join(fingerprint(public_key).split()):
        raise BadValueError(
            "The fingerprint that was compared is not the one of the machine that has enrolled, so nothing was "
            "confirmed.",
            "See whose it is now, and compare all of it with what the machine shows.",
        )


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
        raise BadValueError(f"{bridge.name} has enrolled already.", "If its machine died, replace it.")
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
    code = read_own_code(keys, text)
    bridge = session.scalar(select(Bridge).where(Bridge.code_digest == code.digest()).with_for_update(key_share=True))
    if bridge is None:
        if session.scalar(select(Replacement).where(Replacement.code_digest == code.digest())) is not None:
            raise EnrolmentRefusedError(
                "wrong_code", "This code is for a machine that replaces a bridge.", "Add --replace to the command."
            )
        raise _no_code()
    require_good_code(at, bridge.code_until, waiting=bridge.state is BridgeState.INVITED)
    return bridge


def require_known_code(session: Session, keys: SchoolKeys, text: str) -> None:
    """Refuse a code that nobody made here; a transaction that reads will do, so that strangers keep no writer waiting.

    Raises:
        EnrolmentRefusedError: ``wrong_code``.
    """
    digest = read_own_code(keys, text).digest()
    for kind in (Bridge, Replacement):
        if session.scalar(select(kind).where(kind.code_digest == digest)) is not None:
            return
    raise _no_code()


def read_own_code(keys: SchoolKeys, text: str) -> EnrolmentCode:
    """A code as somebody typed it, if this school could have made it.

    Raises:
        EnrolmentRefusedError: ``wrong_code``.
    """
    try:
        code = read_code(text)
    except Refused as error:
        raise _no_code() from error
    if not code.fits(keys.identity_public):
        raise _no_code()
    return code


def require_good_code(at: datetime, until: datetime | None, *, waiting: bool) -> None:
    """Refuse a code that was used or is too old; ``waiting`` says that whatever it is for still waits.

    Raises:
        EnrolmentRefusedError: ``used_code`` or ``expired_code``.
    """
    if until is None or not waiting:
        raise EnrolmentRefusedError("used_code", "This enrolment code was used already.", _AGAIN)
    if at >= until:
        raise EnrolmentRefusedError("expired_code", "This enrolment code is older than 15 minutes.", _AGAIN)


def _no_code() -> EnrolmentRefusedError:
    return EnrolmentRefusedError("wrong_code", "That is no enrolment code of this school.", _AGAIN)


def confirm_bridge(
    session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, compared: str, by: str
) -> Bridge:
    """Say that this is the right machine: from now on it gets documents. Its first ones are published at once.

    ``compared`` is the fingerprint that a person compared with the one at the machine.

    Raises:
        NotThereError: There is no such bridge.
        BadValueError: It has not enrolled yet, was revoked, or has another fingerprint.
    """
    lock_bridges(session)
    bridge = get_bridge(session, bridge_id)
    if bridge.state not in {BridgeState.ENROLLED, BridgeState.CONFIRMED} or bridge.public_key is None:
        raise BadValueError(f"{bridge.name} has not enrolled.", "Type its code at the bridge first.")
    require_compared(bridge.public_key, compared)
    if bridge.state is BridgeState.CONFIRMED:
        return bridge
    bridge.state = BridgeState.CONFIRMED
    session.flush()
    facts = {"fingerprint": fingerprint(bridge.public_key)}
    record(session, at, actor=by, action="bridge.confirmed", subject=f"bridge:{bridge.id}", facts=facts)
    issue_statement(session, keys, at)
    mark_all_stale(session)  # it is a neighbour of all the others from now on
    owe_past_releases(session, bridge.id)
    publish_policy(session, keys, bridge.id, at)
    publish_orders(session, keys, bridge.id, at)
    tell_school_changed(session, "doors")
    return bridge


def revoke_bridge(session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, by: str) -> Bridge:
    """Believe this bridge no more. Its doors have no bridge until another one is named for them.

    Raises:
        NotThereError: There is no such bridge.
    """
    doors = select(Door.id).where(Door.bridge_id == bridge_id).order_by(Door.id)
    session.execute(doors.with_for_update(key_share=True)).all()  # who edits a door has its row before its bridge's
    lock_bridges(session)
    bridge = get_bridge(session, bridge_id)
    if bridge.state is BridgeState.REVOKED:
        return bridge
    mark_all_stale(session)
    session.execute(delete(Replacement).where(Replacement.bridge_id == bridge.id))
    retire_key(session, keys, at, bridge, the_site(session).id)
    bridge.state = BridgeState.REVOKED
    bridge.instance = None
    session.execute(update(Door).where(Door.bridge_id == bridge.id).values(bridge_id=None))
    session.flush()
    record(session, at, actor=by, action="bridge.revoked", subject=f"bridge:{bridge.id}")
    issue_statement(session, keys, at)
    tell_school_changed(session, "doors")
    return bridge
