from __future__ import annotations

import pytest

from access_control.core.decision.policy_age import DAY_S, step_of, too_old


@pytest.mark.parametrize(
    ("days", "step"),
    [(0, 0), (14.99, 0), (15, 50), (23.99, 50), (24, 80), (29.99, 80), (30, 100), (4000, 100)],
)
def test_each_step_is_reached_at_its_part_of_the_limit(days: float, step: int) -> None:
    assert step_of(30, days * DAY_S) == step


def test_without_a_limit_nothing_is_ever_reached() -> None:
    assert step_of(None, 10_000 * DAY_S) == 0


def test_only_the_whole_limit_is_too_old() -> None:
    assert [too_old(30, days * DAY_S) for days in (29.9, 30)] == [False, True]
