"""Passes bit by bit: whatever is changed in one, it no longer opens."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from access_control.core.decision.decide import decide
from access_control.core.decision.model import Facts, Known
from access_control.core.decision.pass_rules import LEEWAY_S, LONGEST_VALIDITY_S
from access_control.core.decision.reasons import Reason
from tests.corpus.loading import Case, load

FRESH: Case = next(case for case in load() if case.name == "passes: a fresh pass opens the front door")
TEXT = FRESH.read.text or ""
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def reason(text: str, facts: Facts = FRESH.facts) -> Reason:
    return decide(FRESH.policy, FRESH.orders, replace(FRESH.read, text=text), facts, FRESH.at).reason


def test_the_bounds_are_those_of_the_page() -> None:
    assert (LEEWAY_S, LONGEST_VALIDITY_S) == (120, 36_000)


@settings(deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.sampled_from(BASE45))
def test_no_changed_character_passes(place: int, character: str) -> None:
    changed = TEXT[:place] + character + TEXT[place + 1 :]
    if changed != TEXT:
        assert reason(changed) in {Reason.DENIED_PASS_FORGED, Reason.DENIED_PASS_UNREADABLE, Reason.DENIED_INVITATION}


@given(st.integers(0, len(TEXT) - 1))
def test_no_part_of_a_pass_passes(length: int) -> None:
    assert reason(TEXT[:length]) is Reason.DENIED_PASS_UNREADABLE


@given(st.builds(Facts, *[st.sampled_from(Known)] * 7))
def test_a_single_entry_needs_certainty_of_clock_and_use(facts: Facts) -> None:
    certain = facts.clock_trusted is Known.YES
    unused = facts.pass_used is Known.NO or facts.pass_repeat is Known.YES
    kept = facts.pass_use_kept is not Known.NO or facts.pass_repeat is Known.YES
    calm = facts.locked_out is not Known.YES and facts.room_locked is not Known.YES
    assert (reason(TEXT, facts) is Reason.GRANTED_PASS) == (certain and unused and kept and calm)
