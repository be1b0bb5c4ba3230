"""Bridges and requests have their threads whatever dashboards do."""

from __future__ import annotations

import pytest

from access_control.web.budget import LEAST_FOR_REQUESTS, SPARE_BRIDGES, BudgetError, ThreadBudget


def test_dashboards_get_what_is_left() -> None:
    budget = ThreadBudget(threads=64, bridges=4)
    assert budget.dashboards == 64 - 4 - SPARE_BRIDGES - LEAST_FOR_REQUESTS
    taken = [budget.take() for _ in range(budget.dashboards)]
    assert all(taken)
    assert not budget.take()
    budget.give_back()
    assert budget.take()


def test_too_few_threads_say_how_many_it_takes() -> None:
    with pytest.raises(BudgetError, match="make 39"):
        ThreadBudget(threads=38, bridges=20)
    ThreadBudget(threads=39, bridges=20)
