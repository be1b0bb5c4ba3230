"""A new machine takes the place of a bridge that died: its doors, its wiring and, with the passphrase, its keys.

The bridge stays the same one, under the same UUID. What changes is the machine's own key: until a person has compared
it, the old one counts; from then on only the new one.
"""

from __future__ import annotations

import os
from base64 import b64encode
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.core.decision.model import OverrideEffect
from access_control.core.wire.enrolment_code import SECRET_BYTES, code_for, write_code
from access_control.core.wire.uplink import MOST_BYTES, MOST_FORMER, RecoveryAnswer
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.bridges import get_bridge
from access_control.readers.digests import new_digest_key
from access_control.readers.enrolment import (
    CODE_LASTS,
    KEY_BYTES,
    Enrolled,
    EnrolmentRefusedError,
    Invitation,
    fingerprint,
    read_own_code,
    require_compared,
    require_good_code,
)
from access_control.readers.errors import BadValueError
from access_control.readers.gap_reports import in_force_before
from access_control.readers.keys import SchoolKeys
from access_control.readers.models import Bridge, BridgeState, Door
from access_control.readers.orders import end_override, overrides_in_force
from access_control.readers.owed_releases import owe_past_releases
from access_control.readers.publishing import publish_orders, publish_policy
from access_control.readers.recovery import former_copies, recovery_row, retire_copy
from access_control.readers.recovery_models import Replacement, SealedKeysRow
from access_control.readers.release_codes import retire_codes
from access_control.readers.site import the_site
from access_control.readers.staleness import mark_all_stale
from access_control.readers.statements import issue_statement
from access_control.readers.vouching import retire_key


def begin_replacement(session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, by: str) -> Invitation:
    """Make a one-time code for a machine that is to take a bridge's place; an earlier one is worth nothing then.

    Nothing changes for the bridge before the new machine is confirmed.

    Raises:
        NotThereError: There is no such bridge.
        BadValueError: It is not in use.
    """
    bridge = get_bridge(session, bridge_id)
    if bridge.state is not BridgeState.CONFIRMED:
        raise BadValueError(
            f"{bridge.name} is not in use, so there is nothing to replace.", "Add a bridge, or enrol it with its code."
        )
    code = code_for(os.urandom(SECRET_BYTES), keys.identity_public)
    _forget(session, bridge_id)
    until = at + CODE_LASTS
    session.add(Replacement(bridge_id=bridge_id, code_digest=code.digest(), code_until=until, begun_at=at, begun_by=by))
    session.flush()
    record(session, at, actor=by, action="bridge.replacement_begun", subject=f"bridge:{bridge_id}")
    return Invitation(bridge_id, write_code(code), until, fingerprint(keys.identity_public))


def replacement_of(session: Session, bridge_id: str) -> Replacement | None:
    """The machine that is to take a bridge's place, if one was asked for."""
    return session.get(Replacement, bridge_id)


def cancel_replacement(session: Session, at: datetime, *, bridge_id: str, by: str) -> Bridge:
    """Leave the bridge as it is: the code and whatever machine came with it are worth nothing any more.

    Raises:
        NotThereError: There is no such bridge.
    """
    bridge = get_bridge(session, bridge_id)
    if _forget(session, bridge_id):
        record(session, at, actor=by, action="bridge.replacement_cancelled", subject=f"bridge:{bridge_id}")
    return bridge


def offer_keys(session: Session, keys: SchoolKeys, at: datetime, code: str) -> RecoveryAnswer:
    """What whoever holds a good code is given before it enrols: which bridge it is, and its sealed keys.

    The code stays good: whoever types a wrong passphrase has lost nothing.

    Raises:
        EnrolmentRefusedError: The code is wrong, used or too old.
    """
    _, bridge = _replacing(session, keys, at, code)
    copy = session.get(SealedKeysRow, bridge.id)
    subject = f"bridge:{bridge.id}"
    record(session, at, actor=subject, action="recovery.keys_fetched", subject=subject, facts={"there": bool(copy)})
    return RecoveryAnswer(
        site=the_site(session).id,
        bridge=bridge.id,
        name=bridge.name,
        sealed=None if copy is None else b64encode(copy.sealed).decode(),
        signature=None if copy is None else copy.signature.hex(),
        former=_former(session, bridge.id),
        held=_held(session, bridge),
    )


def enroll_replacement(
    session: Session, keys: SchoolKeys, at: datetime, *, code: str, public_key: bytes, address: str
) -> Enrolled:
    """Take a machine that shows the right code; it gets nothing else before a person confirms it.

    Raises:
        EnrolmentRefusedError: The code is wrong, used or too old; or the key is no key.
    """
    row, bridge = _replacing(session, keys, at, code)
    if len(public_key) != KEY_BYTES:
        raise EnrolmentRefusedError("wrong_code", "The bridge's key is no key.", "Update the bridge's program.")
    clear, sealed = new_digest_key(keys)
    row.public_key, row.digest_key_sealed, row.address = public_key, sealed, address[:120]
    row.code_until = None  # the digest stays, so that a second try is told that the code was used
    session.flush()
    subject = f"bridge:{bridge.id}"
    facts = {"fingerprint": fingerprint(public_key)}
    record(session, at, actor=subject, action="bridge.replacement_enrolled", subject=subject, facts=facts)
    statement = issue_statement(session, keys, at)
    return Enrolled(the_site(session).id, bridge.id, bridge.name, keys.identity_public, clear, statement)


def confirm_replacement(
    session: Session, keys: SchoolKeys, at: datetime, *, bridge_id: str, compared: str, by: str
) -> Bridge:
    """Say that this is the right machine: from now on it is the bridge, and the old one is believed no more.

    What the old one remembered and nobody else knows ends with it: doors that were unlocked by hand are locked, because
    a lockdown may have cancelled that, and its release codes are worth nothing.

    ``compared`` is the fingerprint that a person compared with the one at the new machine.

    Raises:
        NotThereError: There is no such bridge.
        BadValueError: No machine has enrolled to take its place, or one with another fingerprint, or the bridge was
            revoked.
    """
    lock_bridges(session)
    row = session.get(Replacement, bridge_id, with_for_update=True)
    bridge = get_bridge(session, bridge_id)
    if row is None or row.public_key is None or bridge.state is not BridgeState.CONFIRMED:
        raise BadValueError(
            f"No machine has enrolled to take the place of {bridge.name}.", "Type the code at the new machine first."
        )
    require_compared(row.public_key, compared)
    mark_all_stale(session)  # the others have to know its new key
    retire_key(session, keys, at, bridge, the_site(session).id)
    facts = {"fingerprint": fingerprint(row.public_key), "unsent": _unsent(bridge)}
    bridge.public_key, bridge.digest_key_sealed, bridge.address = row.public_key, row.digest_key_sealed, row.address
    bridge.instance = bridge.instance_at = bridge.rival_at = bridge.duplicate_at = None
    bridge.status = bridge.status_at = bridge.neighbour_address = None
    bridge.in_force = in_force_before(bridge.in_force, None)  # what it had not sent shows as missing
    session.delete(row)
    retire_codes(session, at, bridge_id)
    retire_copy(session, at, bridge_id)
    session.flush()
    record(session, at, actor=by, action="bridge.replaced", subject=f"bridge:{bridge_id}", facts=facts)
    _lock_again(session, keys, at, bridge_id, by)
    issue_statement(session, keys, at)
    owe_past_releases(session, bridge_id)
    publish_policy(session, keys, bridge_id, at)
    publish_orders(session, keys, bridge_id, at)
    return bridge


def _replacing(session: Session, keys: SchoolKeys, at: datetime, text: str) -> tuple[Replacement, Bridge]:
    """The replacement that a code is good for, locked."""
    code = read_own_code(keys, text)
    query = select(Replacement).where(Replacement.code_digest == code.digest())
    row = session.scalar(query.with_for_update())
    if row is None:
        raise EnrolmentRefusedError(
            "wrong_code",
            "That is no code for replacing a bridge of this school.",
            "Have one made in the console, on the page of the bridge, or enrol without --replace.",
        )
    bridge = get_bridge(session, row.bridge_id)
    require_good_code(at, row.code_until, waiting=bridge.state is BridgeState.CONFIRMED)
    return row, bridge


def _former(session: Session, bridge_id: str) -> list[str]:
    """The copies of machines that were this bridge before: the newest, as many as fit into an answer."""
    texts, left = [], MOST_BYTES // 2
    for row in former_copies(session, bridge_id)[:MOST_FORMER]:
        text = b64encode(row.sealed).decode()
        left -= len(text)
        if left >= 0:
            texts.append(text)
    return texts


def _held(session: Session, bridge: Bridge) -> str:
    """What there is to say of the copy of a bridge's keys, in a sentence."""
    copy, wanted = session.get(SealedKeysRow, bridge.id), recovery_row(session)
    former = former_copies(session, bridge.id)
    before = ""
    if former:
        before = (
            f" A copy of an earlier machine of it came on {former[0].taken_at:%Y-%m-%d}: --former-keys takes what only "
            "that has."
        )
    if copy is None and wanted is None:
        return f"The school has no recovery passphrase, so there is no copy of the readers' keys.{before}"
    if copy is None:
        said = (
            "has not sent a copy of its readers' keys since its machine was replaced"
            if former
            else ("never sent a copy of its readers' keys")
        )
        return f"{bridge.name} {said}.{before}"
    earlier = wanted is not None and copy.recovery_key != wanted.public_key
    since = "; only the passphrase before the present one opens it" if earlier else ""
    return f"The copy of {bridge.name}'s keys came on {copy.taken_at:%Y-%m-%d at %H:%M} UTC{since}.{before}"


def _unsent(bridge: Bridge) -> int:
    last, acknowledged = bridge.in_force.get("last_seq"), bridge.in_force.get("acknowledged")
    return max(0, last - acknowledged) if isinstance(last, int) and isinstance(acknowledged, int) else 0


def _lock_again(session: Session, keys: SchoolKeys, at: datetime, bridge_id: str, by: str) -> None:
    doors = list(session.scalars(select(Door.id).where(Door.bridge_id == bridge_id)))
    for override in overrides_in_force(session, at, doors):
        if override.effect is OverrideEffect.UNLOCK:
            end_override(session, keys, at, override.id, by)


def _forget(session: Session, bridge_id: str) -> bool:
    row = session.get(Replacement, bridge_id)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True
