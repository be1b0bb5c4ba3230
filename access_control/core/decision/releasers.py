"""Whether somebody at a marked reader counts as one of the two people who may end an emergency there.

It asks what :func:`core.decision.decide.decide` asks of a badge, and is stricter where that one gives way: a PIN is
always wanted, a pause holds up everybody, and what only may be valid does not count.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from access_control.core.decision.badge_rules import CLOCK_DOUBT_S, IDENTITY_RULES, READER_RULES, judge_pin
from access_control.core.decision.case import Case
from access_control.core.decision.model import Known
from access_control.core.decision.reasons import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from access_control.core.decision.model import Facts, Orders, Policy, Read


class Standing(StrEnum):
    """What somebody at a marked reader is worth for ending an emergency."""

    NOBODY = "nobody"
    """No such reader, a badge that does not count, or somebody who may not, or who has no PIN."""
    PIN_WANTED = "pin_wanted"
    """One of those who may, as far as the badge tells; no PIN was typed."""
    PIN_WRONG = "pin_wrong"
    PAUSED = "paused"
    """The reader or this person's PIN pauses after too many tries, so the PIN was not judged."""
    GOOD = "good"


class Releaser(NamedTuple):
    """The verdict, and whose badge it is if that is known."""

    standing: Standing
    holder: int | None = None


_PIN: dict[Reason | None, Standing] = {
    None: Standing.GOOD,
    Reason.DENIED_WRONG_PIN: Standing.PIN_WRONG,
    Reason.DENIED_MAX_ATTEMPTS: Standing.PAUSED,
}


def judge_releaser(policy: Policy, orders: Orders, read: Read, facts: Facts, at: datetime) -> Releaser:
    """Judge one read at a reader for ending an emergency; what the door does is decided apart.

    The rules, in their order: reader known, enabled and marked; card readable; credential known, not revoked, active
    and valid; holder active and valid, beyond doubt while the clock is untrusted; holder one of those who may, with a
    PIN; reader and PIN not paused (not knowing counts as paused); PIN.

    The function never raises, reads no clock and keeps nothing; documents that contradict themselves make nobody.
    """
    try:
        second = int(at.timestamp())
        trusted = facts.clock_trusted is Known.YES
        case = Case(policy, orders, read, facts, second, trusted, second >= policy.horizon)
        if at.tzinfo is None or not _may(case):
            return Releaser(Standing.NOBODY, case.holder_ref)
        return Releaser(_standing(case), case.holder_ref)
    except Exception:  # noqa: BLE001 - as in decide(): whatever hostile documents provoke, nothing is ended by it
        return Releaser(Standing.NOBODY)


def _may(case: Case) -> bool:
    if any(rule.check(case) is not None for rule in (*READER_RULES, *IDENTITY_RULES)):
        return False
    if not case.reader.takes_releases or case.holder not in case.policy.holders.releasers:
        return False
    return case.clock_trusted or _beyond_doubt(case)


def _beyond_doubt(case: Case) -> bool:
    """Whether badge and holder are valid by the clock as it stands, and would be if it were late by all it can be."""
    badges, holders = case.policy.credentials, case.policy.holders
    windows = (
        (badges.valid_from[case.row], badges.valid_until[case.row]),
        (holders.valid_from[case.holder], holders.valid_until[case.holder]),
    )
    return all(start <= case.second and case.second + CLOCK_DOUBT_S < end for start, end in windows)


def _standing(case: Case) -> Standing:
    if case.policy.holders.pins.get(case.holder) is None:
        return Standing.NOBODY
    if case.facts.locked_out is not Known.NO or case.facts.pin_paused is not Known.NO:
        return Standing.PAUSED
    return _PIN.get(judge_pin(case), Standing.PIN_WANTED)
