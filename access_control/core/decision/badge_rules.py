"""The rules about the reader, the badge and its holder: who is it, and does the badge count."""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING

from access_control.core.credentials.canonical import Credential, digest, pin_digest
from access_control.core.credentials.reading import BadReadKind, read_card
from access_control.core.decision.case import Rule
from access_control.core.decision.model import BadgeStatus, HolderClass, Known
from access_control.core.decision.reasons import Reason

if TYPE_CHECKING:
    from access_control.core.decision.case import Case

CLOCK_DOUBT_S = 31 * 86_400
"""How far behind the truth an untrusted clock is taken to be at most.

A bridge never believes a time before its newest stored document or event, so its clock can only be late: by as long as
it was without power and service together.
"""

LONGEST_PIN = 16

# Looking a member up on its enum costs as much as a whole rule; these are asked for at every read.
_YES, _ACTIVE, _RESPONDER = Known.YES, BadgeStatus.ACTIVE, HolderClass.RESPONDER

_STATUS = {
    BadgeStatus.LOST: Reason.DENIED_LOST,
    BadgeStatus.STOLEN: Reason.DENIED_STOLEN,
    BadgeStatus.DAMAGED: Reason.DENIED_DAMAGED,
    BadgeStatus.DESTROYED: Reason.DENIED_DESTROYED,
    BadgeStatus.DISABLED: Reason.DENIED_DISABLED,
    BadgeStatus.SUSPENDED: Reason.DENIED_SUSPENDED,
    BadgeStatus.UNASSIGNED: Reason.DENIED_UNASSIGNED,
}


def _reader_known(case: Case) -> Reason | None:
    reader = case.policy.readers.get(case.read.reader)
    if reader is None:
        return Reason.DENIED_UNKNOWN_READER
    case.reader = reader
    return None


def _reader_enabled(case: Case) -> Reason | None:
    return None if case.reader.enabled else Reason.DENIED_READER_DISABLED


def _door_known(case: Case) -> Reason | None:
    door = case.policy.doors.get(case.reader.door)
    if door is None:
        return Reason.DENIED_POLICY
    case.door = door
    case.door_id = case.reader.door
    return None


def _card_readable(case: Case) -> Reason | None:
    bits = case.read.bits
    if bits is None or case.read.text is not None:
        return Reason.DENIED_BAD_READ
    found = read_card(bits, case.reader.formats, case.reader.facility_codes)
    if isinstance(found, Credential):
        case.credential = found
        return None
    return Reason.DENIED_FACILITY_CODE if found.kind is BadReadKind.FACILITY_CODE else Reason.DENIED_BAD_READ


def _credential_known(case: Case) -> Reason | None:
    policy = case.policy
    case.digest = digest(policy.digest_key, case.credential)
    row = policy.credentials.rows.get(case.digest)
    if row is None:
        return Reason.DENIED_UNKNOWN_CREDENTIAL
    holder = policy.credentials.holders[row]
    if row < 0 or holder < 0:
        return Reason.DENIED_POLICY
    holders = policy.holders
    case.row, case.holder = row, holder
    case.holder_class = holders.classes[holder]
    case.responder = case.holder_class is _RESPONDER
    case.holder_ref = holders.refs[holder]
    case.extended = bool(holders.extended[holder])
    return None


def _not_revoked(case: Case) -> Reason | None:
    assert case.digest is not None
    status = case.orders.revoked.get(case.digest)
    # A revocation that names no fault still is one.
    return None if status is None else _STATUS.get(status, Reason.DENIED_DISABLED)


def _badge_status(case: Case) -> Reason | None:
    status = case.policy.credentials.status[case.row]
    return None if status is _ACTIVE else _STATUS[status]


def _badge_validity(case: Case) -> Reason | None:
    badges = case.policy.credentials
    return _validity(case, badges.valid_from[case.row], badges.valid_until[case.row])


def _holder_active(case: Case) -> Reason | None:
    return None if case.policy.holders.active[case.holder] else Reason.DENIED_HOLDER_INACTIVE


def _holder_validity(case: Case) -> Reason | None:
    holders = case.policy.holders
    return _validity(case, holders.valid_from[case.holder], holders.valid_until[case.holder])


def _validity(case: Case, start: int, end: int) -> Reason | None:
    """Judge a window ``[start, end)``.

    While the clock is untrusted a responder is only refused for a window that had ended when Policy was made; others
    are judged by the clock as it stands, and at exterior doors not admitted when the window may be over by now.
    """
    if case.clock_trusted and start <= case.second < end:
        return None
    if not case.clock_trusted and case.responder:
        return Reason.DENIED_EXPIRED if end <= case.policy.made_at.timestamp() else None
    if case.second < start:
        return Reason.DENIED_NOT_YET_ACTIVE
    if case.second >= end:
        return Reason.DENIED_EXPIRED
    in_doubt = case.exterior and case.second + CLOCK_DOUBT_S >= end
    return Reason.DENIED_CLOCK_UNTRUSTED if in_doubt else None


def _reader_not_paused(case: Case) -> Reason | None:
    paused = case.facts.locked_out is _YES and not case.responder
    return Reason.DENIED_MAX_ATTEMPTS if paused else None


def _responder_pin(case: Case) -> Reason | None:
    if case.responder and case.credential.format in case.reader.copyable:
        return judge_pin(case)
    return None


def _pin(case: Case) -> Reason | None:
    times = case.reader.pin_times
    if case.responder or not (times.covers(case.second) or case.doubtful(times)):
        return None
    return judge_pin(case)


def judge_pin(case: Case) -> Reason | None:
    """Ask for the holder's PIN and compare it; one that pauses is not judged."""
    if case.facts.pin_paused is _YES:
        return Reason.DENIED_MAX_ATTEMPTS
    kept = case.policy.holders.pins.get(case.holder)
    pin = case.read.pin
    if pin is None or kept is None:
        # Without a PIN on record no typed one can be right, so the reader does not ask for it.
        case.pin_wanted = kept is not None
        return Reason.DENIED_PIN_REQUIRED
    assert case.holder_ref is not None
    typed = pin if pin.isascii() and pin.isdigit() and len(pin) <= LONGEST_PIN else ""
    right = compare_digest(pin_digest(case.policy.digest_key, case.holder_ref, typed), kept)
    return None if right and typed else Reason.DENIED_WRONG_PIN


def _saw_reader(case: Case) -> str:
    return f"reader {case.read.reader}"


def _saw_status(case: Case) -> str:
    return case.policy.credentials.status[case.row].value


def _saw_validity(case: Case) -> str:
    return "clock trusted" if case.clock_trusted else "clock not trusted"


def _saw_holder(case: Case) -> str:
    return f"{case.holder_class} {case.holder_ref}"


READER_RULES = (
    Rule("reader known", _reader_known, _saw_reader),
    Rule("reader enabled", _reader_enabled, lambda case: case.reader.name),
    Rule("door known", _door_known, lambda case: f"door {case.reader.door}"),
)

READER_NOT_PAUSED = Rule(
    "reader not paused", _reader_not_paused, lambda case: f"paused after refusals: {case.facts.locked_out.value}"
)

IDENTITY_RULES = (
    Rule("card readable", _card_readable, lambda case: f"accepts {', '.join(case.reader.formats)}"),
    Rule("credential known", _credential_known, _saw_holder),
    Rule("not revoked", _not_revoked, lambda case: f"{len(case.orders.revoked)} revocations"),
    Rule("badge status", _badge_status, _saw_status),
    Rule("badge validity", _badge_validity, _saw_validity),
    Rule("holder active", _holder_active, _saw_holder),
    Rule("holder validity", _holder_validity, _saw_validity),
)
"""Whose badge it is, and whether it counts."""

BADGE_RULES = (
    *IDENTITY_RULES,
    READER_NOT_PAUSED,
    Rule("responder's PIN", _responder_pin, lambda case: f"copyable here: {', '.join(sorted(case.reader.copyable))}"),
)

PIN_RULE = Rule("PIN", _pin, lambda case: "PIN typed" if case.read.pin is not None else "no PIN typed")
