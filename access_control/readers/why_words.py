"""The rules of a decision in words for the *Why?* page: what each asks, and which one gives which reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from access_control.core.decision.decide import CARD_ORDER, PASS_ORDER
from access_control.core.decision.reasons import Reason

R = Reason

ASKS: Final[Mapping[str, str]] = {
    "reader known": "Is this reader set up?",
    "reader enabled": "Is the reader switched on?",
    "door known": "Is its door set up?",
    "card readable": "Could the card be read, in a format that this reader takes?",
    "credential known": "Is it somebody's badge here?",
    "not revoked": "Was the badge not reported dead?",
    "badge status": "Is the badge active?",
    "badge validity": "Has the badge begun, and not ended?",
    "holder active": "Is the person still with the school?",
    "holder validity": "Has the person's time begun, and not ended?",
    "reader not paused": "Is the reader not pausing after refusals?",
    "responder's PIN": "Did a responder with a card that can be copied type the PIN?",
    "fire": "Has no fire alarm cut the lock's power?",
    "emergency": "Does every emergency in force here admit this person?",
    "door in service": "Is the door in service?",
    "manual lock": "Has nobody locked the door by hand?",
    "room lock": "Has nobody inside locked the room?",
    "deny rules": "Does no access level forbid this door now?",
    "access levels": "Does an access level open this door now?",
    "PIN": "Was the right PIN typed, where one is asked for now?",
    "passes taken": "Does this reader take visitor passes?",
    "no invitation": "Is it more than an invitation, which is for the front desk?",
    "pass readable": "Is it a visitor pass?",
    "pass genuine": "Did this school sign the pass?",
    "pass of this site": "Is the pass for this school?",
    "pass for this door": "Is the pass for this door?",
    "pass not revoked": "Is the visitor not signed out, and the pass not cancelled?",
    "pass not used": "Has the pass not been used before?",
    "pass use kept": "Can the bridge note that the pass was used?",
    "clock trusted": "Does the bridge know the time?",
    "pass times": "Has the visit begun, and not ended?",
}
_OF_BOTH: Final[Mapping[str, tuple[Reason, ...]]] = {
    "reader known": (R.DENIED_UNKNOWN_READER,),
    "reader enabled": (R.DENIED_READER_DISABLED,),
    "reader not paused": (R.DENIED_MAX_ATTEMPTS,),
    "fire": (R.DENIED_FIRE,),
    "emergency": (R.DENIED_LOCKDOWN, R.DENIED_SECURE, R.DENIED_HOLD, R.DENIED_EVACUATE, R.DENIED_SHELTER),
    "door in service": (R.DENIED_ALL,),
    "manual lock": (R.LOCKED_BY_HIGHER_PRIORITY,),
    "room lock": (R.DENIED_ROOM_LOCKED,),
}
_OF_CARDS: Final[Mapping[str, tuple[Reason, ...]]] = {
    "card readable": (R.DENIED_BAD_READ, R.DENIED_FACILITY_CODE),
    "credential known": (R.DENIED_UNKNOWN_CREDENTIAL,),
    "badge status": (
        *(R.DENIED_LOST, R.DENIED_STOLEN, R.DENIED_DAMAGED, R.DENIED_DESTROYED),
        *(R.DENIED_DISABLED, R.DENIED_SUSPENDED, R.DENIED_UNASSIGNED),
    ),
    "badge validity": (R.DENIED_NOT_YET_ACTIVE, R.DENIED_EXPIRED),
    "holder active": (R.DENIED_HOLDER_INACTIVE,),
    "deny rules": (R.DENIED_DENY_RULE,),
    "access levels": (
        *(R.DENIED_NO_LEVEL, R.DENIED_DOOR, R.DENIED_OUT_OF_SCHEDULE),
        *(R.DENIED_PAST_HORIZON, R.DENIED_POLICY_OLD, R.DENIED_CLOCK_UNTRUSTED),
    ),
    "PIN": (R.DENIED_PIN_REQUIRED, R.DENIED_WRONG_PIN),
}
_OF_PASSES: Final[Mapping[str, tuple[Reason, ...]]] = {
    "passes taken": (R.DENIED_PASS_NOT_TAKEN_HERE,),
    "no invitation": (R.DENIED_INVITATION,),
    "pass readable": (R.DENIED_PASS_UNREADABLE,),
    "pass genuine": (R.DENIED_PASS_FORGED,),
    "pass of this site": (R.DENIED_PASS_OTHER_SITE,),
    "pass for this door": (R.DENIED_PASS_OTHER_DOOR,),
    "pass not revoked": (R.DENIED_VISITOR_SIGNED_OUT, R.DENIED_PASS_CANCELLED),
    "pass not used": (R.DENIED_PASS_USED,),
    "pass use kept": (R.DENIED_PASS_NOT_KEPT,),
    "clock trusted": (R.DENIED_CLOCK_UNTRUSTED,),
    "pass times": (R.DENIED_PASS_NOT_YET, R.DENIED_PASS_EXPIRED),
}
_SCANNED: Final = frozenset({R.GRANTED_PASS, *(reason for reasons in _OF_PASSES.values() for reason in reasons)}) - {
    R.DENIED_CLOCK_UNTRUSTED
}


def of_a_pass(reason: Reason, *, pass_id: bool) -> bool:
    """Whether a recorded answer was one to a scanned text."""
    return pass_id or reason in _SCANNED


def rules_up_to(reason: Reason, *, scanned: bool) -> tuple[tuple[str, ...], str | None]:
    """The rules that a recorded answer proves to have passed, in their order, and the one that refused.

    ``None`` as the last for a grant, and nothing at all where the reason does not say which rule gave it.
    """
    order = tuple(rule.name for rule in (PASS_ORDER if scanned else CARD_ORDER))
    if reason.startswith(("ACCESS_", "GRANTED_")):
        return order, None
    named = {**_OF_BOTH, **(_OF_PASSES if scanned else _OF_CARDS)}
    refusing = next((rule for rule, reasons in named.items() if reason in reasons), None)
    return ((), None) if refusing is None else (order[: order.index(refusing)], refusing)
