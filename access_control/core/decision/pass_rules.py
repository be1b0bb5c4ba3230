"""The rules about visitor passes: is it ours, is it for this door, is it still good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from access_control.core.credentials.passes import PassFlags, looks_like_invitation, parse
from access_control.core.decision.badge_rules import READER_NOT_PAUSED
from access_control.core.decision.case import Rule
from access_control.core.decision.model import HolderClass, Known, PassRevocation
from access_control.core.decision.reasons import Reason

if TYPE_CHECKING:
    from access_control.core.decision.case import Case

LEEWAY_S = 120
"""How much too early a pass may be shown: desk and bridge need not agree to the second. There is none at the end."""

LONGEST_VALIDITY_S = 10 * 3600
"""A pass for longer is refused whoever signed it: after a lost revocation, expiry is the only bound."""


def _passes_taken(case: Case) -> Reason | None:
    return None if case.reader.takes_passes else Reason.DENIED_PASS_NOT_TAKEN_HERE


def _no_invitation(case: Case) -> Reason | None:
    assert case.read.text is not None
    return Reason.DENIED_INVITATION if looks_like_invitation(case.read.text) else None


def _pass_readable(case: Case) -> Reason | None:
    assert case.read.text is not None
    signed = parse(case.read.text)
    if signed is None:
        return Reason.DENIED_PASS_UNREADABLE
    case.signed = signed
    return None


def _pass_genuine(case: Case) -> Reason | None:
    content = case.signed.content
    key = case.policy.pass_keys.get(content.key_id)
    too_long = content.not_after - content.not_before > LONGEST_VALIDITY_S
    if key is None or not case.signed.genuine(key) or too_long:
        return Reason.DENIED_PASS_FORGED
    case.pass_id = content.pass_id
    case.holder_class = HolderClass.VISITOR
    return None


def _pass_of_this_site(case: Case) -> Reason | None:
    return None if case.signed.content.site_code == case.policy.site_code else Reason.DENIED_PASS_OTHER_SITE


def _pass_for_this_door(case: Case) -> Reason | None:
    doors = case.policy.pass_groups.get(case.signed.content.group, ())
    return None if case.reader.door in doors else Reason.DENIED_PASS_OTHER_DOOR


def _pass_not_revoked(case: Case) -> Reason | None:
    revocation = case.orders.revoked_passes.get(case.signed.content.pass_id)
    if revocation is None:
        return None
    signed_out = revocation is PassRevocation.SIGNED_OUT
    return Reason.DENIED_VISITOR_SIGNED_OUT if signed_out else Reason.DENIED_PASS_CANCELLED


def _any_number_of_times(case: Case) -> bool:
    return PassFlags.REUSABLE in case.signed.content.flags or case.facts.pass_repeat is Known.YES


def _pass_not_used(case: Case) -> Reason | None:
    good = _any_number_of_times(case) or case.facts.pass_used is Known.NO
    return None if good else Reason.DENIED_PASS_USED


def _pass_use_kept(case: Case) -> Reason | None:
    good = _any_number_of_times(case) or case.facts.pass_use_kept is not Known.NO
    return None if good else Reason.DENIED_PASS_NOT_KEPT


def _clock_trusted(case: Case) -> Reason | None:
    return None if case.clock_trusted else Reason.DENIED_CLOCK_UNTRUSTED


def _pass_times(case: Case) -> Reason | None:
    content = case.signed.content
    if case.second + LEEWAY_S < content.not_before:
        return Reason.DENIED_PASS_NOT_YET
    if case.second >= content.not_after:
        return Reason.DENIED_PASS_EXPIRED
    return None


def _saw_genuine(case: Case) -> str:
    known = case.signed.content.key_id in case.policy.pass_keys
    return f"key {case.signed.content.key_id} {'known' if known else 'unknown'}"


def _saw_times(case: Case) -> str:
    content = case.signed.content
    return f"good from {content.not_before} until {content.not_after}, read at {case.second}"


PASS_RULES = (
    Rule("passes taken", _passes_taken, lambda case: case.reader.name),
    READER_NOT_PAUSED,
    Rule("no invitation", _no_invitation, lambda _: "scanned text"),
    Rule("pass readable", _pass_readable, lambda _: "scanned text"),
    Rule("pass genuine", _pass_genuine, _saw_genuine),
    Rule("pass of this site", _pass_of_this_site, lambda case: f"site {case.signed.content.site_code}"),
    Rule("pass for this door", _pass_for_this_door, lambda case: f"door group {case.signed.content.group}"),
    Rule("pass not revoked", _pass_not_revoked, lambda case: f"{len(case.orders.revoked_passes)} revocations"),
    Rule("pass not used", _pass_not_used, lambda case: f"used before: {case.facts.pass_used.value}"),
    Rule("pass use kept", _pass_use_kept, lambda case: f"can be stored: {case.facts.pass_use_kept.value}"),
    Rule("clock trusted", _clock_trusted, lambda case: f"trusted: {case.facts.clock_trusted.value}"),
    Rule("pass times", _pass_times, _saw_times),
)
