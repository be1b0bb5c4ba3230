"""The decision corpus put to the function; tests/corpus/README.md says what the corpus is and who else runs it."""

import pytest

from access_control.core.decision.decide import decide
from access_control.core.decision.reasons import Reason
from tests.corpus.loading import Case, Expected, load


@pytest.mark.parametrize("case", load(), ids=str)
def test_the_function_answers_as_the_corpus_says(case: Case) -> None:
    decision = decide(case.policy, case.orders, case.read, case.facts, case.at)
    assert Expected.of(decision) == case.expect


def test_every_reason_has_a_case() -> None:
    # A Policy that contradicts itself never gets past the wire; test_decide.py makes one by hand.
    assert {case.expect.reason for case in load()} == set(Reason) - {Reason.DENIED_POLICY}
