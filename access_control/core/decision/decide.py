"""The one function that decides a read: at the door, in the bridge's tests and on the console's *Why?* page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from access_control.core.decision.badge_rules import BADGE_RULES, PIN_RULE, READER_RULES
from access_control.core.decision.case import Case, Rule
from access_control.core.decision.door_rules import DOOR_RULES
from access_control.core.decision.level_rules import LEVEL_RULES
from access_control.core.decision.model import Decision, Known, Step
from access_control.core.decision.pass_rules import PASS_RULES
from access_control.core.decision.reasons import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from access_control.core.decision.model import Facts, Orders, Policy, Read

CARD_ORDER: tuple[Rule, ...] = (*READER_RULES, *BADGE_RULES, *DOOR_RULES, *LEVEL_RULES, PIN_RULE)
PASS_ORDER: tuple[Rule, ...] = (*READER_RULES, *PASS_RULES, *DOOR_RULES)


def decide(
    policy: Policy, orders: Orders, read: Read, facts: Facts, at: datetime, *, explain: bool = False
) -> Decision:
    """Decide one read. The first rule that refuses gives the reason; a read that no rule refuses is granted.

    A card goes through these rules: reader known, reader enabled, door known, card readable, credential known,
    not revoked, badge status, badge validity, holder active, holder validity, reader not paused, responder's PIN, fire,
    emergency, door in service, manual lock, room lock, deny rules, access levels, PIN.

    A scanned text goes through these: reader known, reader enabled, door known, passes taken, reader not paused,
    no invitation, pass readable, pass genuine, pass of this site, pass for this door, pass not revoked, pass not used,
    pass use kept, clock trusted, pass times, fire, emergency, door in service, manual lock, room lock.

    What each of them asks, and what it makes of a fact that is unknown, is in docs/decisions.md. The function never
    raises, reads no clock and keeps nothing. Documents that contradict themselves refuse with ``DENIED_POLICY``.

    Args:
        policy: The Policy in force.
        orders: The Orders in force, with everything the bridge heard and kept itself.
        read: What was presented, and where.
        facts: What only the caller can know.
        at: The instant of the read, with a time zone.
        explain: Also write down each rule as it was applied. The verdict is the same either way.
    """
    steps: list[Step] | None = [] if explain else None
    try:
        second = int(at.timestamp())
        trusted = facts.clock_trusted is Known.YES
        case = Case(policy, orders, read, facts, second, trusted, second >= policy.horizon)
        reason = Reason.DENIED_POLICY if at.tzinfo is None else _first_refusal(case, steps)
        return _refused(case, reason, steps) if reason is not None else _granted(case, steps)
    except Exception:  # noqa: BLE001 - whatever hostile documents provoke, the door stays shut and the bridge runs on
        return Decision(granted=False, reason=Reason.DENIED_POLICY, trace=tuple(steps or ()))


def _first_refusal(case: Case, steps: list[Step] | None) -> Reason | None:
    scanned = case.read.bits is None and case.read.text is not None
    for rule in PASS_ORDER if scanned else CARD_ORDER:
        try:
            reason = rule.check(case)
        except Exception:  # noqa: BLE001 - as in decide(), and the trace still names the rule
            reason = Reason.DENIED_POLICY
        if steps is not None:
            steps.append(Step(rule.name, reason is None, _saw(rule, case)))
        if reason is not None:
            return reason
    return None


def _saw(rule: Rule, case: Case) -> str:
    try:
        return rule.saw(case)
    except Exception:  # noqa: BLE001 - an explanation must not change the verdict
        return "nothing that could be told"


def _refused(case: Case, reason: Reason, steps: list[Step] | None) -> Decision:
    return Decision(
        granted=False,
        reason=reason,
        door=case.door_id,
        holder_ref=case.holder_ref,
        holder_class=case.holder_class,
        credential=case.digest,
        pin_wanted=case.pin_wanted,
        pass_id=case.pass_id,
        trace=tuple(steps or ()),
    )


def _granted(case: Case, steps: list[Step] | None) -> Decision:
    timing = case.door.timing
    return Decision(
        granted=True,
        reason=_grant_reason(case),
        door=case.door_id,
        holder_ref=case.holder_ref,
        holder_class=case.holder_class,
        credential=case.digest,
        unlock_s=timing.extended_unlock_s if case.extended else timing.unlock_s,
        extended=case.extended,
        despite_lock=case.despite_lock,
        pass_id=case.pass_id,
        trace=tuple(steps or ()),
    )


def _grant_reason(case: Case) -> Reason:
    if case.pass_id is not None:
        return Reason.GRANTED_PASS
    if case.responder:
        return Reason.GRANTED_RESPONDER
    return Reason.GRANTED_EXTENDED if case.extended else Reason.ACCESS_GRANTED
