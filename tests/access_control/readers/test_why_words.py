"""Every rule has a question, and every reason says which rule gave it."""

from __future__ import annotations

from access_control.core.decision.decide import CARD_ORDER, PASS_ORDER
from access_control.core.decision.reasons import Reason
from access_control.core.wire.event_words import words_deny
from access_control.readers.event_phrases import REFUSED_BECAUSE
from access_control.readers.why_words import ASKS, of_a_pass, rules_up_to


def test_every_rule_has_a_question_and_no_other() -> None:
    assert set(ASKS) == {rule.name for rule in (*CARD_ORDER, *PASS_ORDER)}


def test_every_refusal_but_a_contradiction_names_the_rule_that_gave_it() -> None:
    for reason in filter(words_deny, Reason):
        refusing = rules_up_to(reason, scanned=of_a_pass(reason, pass_id=False))[1]
        assert (refusing is None) == (reason is Reason.DENIED_POLICY), reason


def test_every_refusal_has_a_phrase() -> None:
    assert set(REFUSED_BECAUSE) == set(filter(words_deny, Reason))
