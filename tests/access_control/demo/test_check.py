"""The check stops at the first step that does not show what it should, and says what it saw."""

from typing import cast

import pytest

from access_control.demo import check
from access_control.demo.check import run_check
from access_control.demo.errors import StageError
from access_control.demo.evidence import Evidence, StepFailedError

NOTHING = cast("Evidence", object())


def checked(monkeypatch: pytest.MonkeyPatch, **outcomes: object) -> tuple[bool, list[str]]:
    """Run a check of made-up steps; an outcome is what a step found, or what it raises."""
    said: list[str] = []

    def step(outcome: object) -> str:
        if isinstance(outcome, Exception):
            raise outcome
        return str(outcome)

    made = [(title, lambda outcome=outcome: step(outcome)) for title, outcome in outcomes.items()]
    monkeypatch.setattr(check, "steps", lambda _: made)
    return run_check(NOTHING, said.append), said


def test_a_line_a_step_with_what_was_found_or_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    good, said = checked(monkeypatch, first="", second="card to lock 21 ms")
    assert good
    assert said[0].startswith("✓ first (")
    assert said[0].endswith(" ms)")
    assert said[1] == "✓ second: card to lock 21 ms"


@pytest.mark.parametrize("trouble", [StepFailedError("The lock moved."), StageError("Nobody answers.")])
def test_the_first_failure_ends_it(monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    good, said = checked(monkeypatch, first="seen", second=trouble, third="never")
    assert not good
    assert said == ["✓ first: seen", "✗ second", f"    {trouble}"]
