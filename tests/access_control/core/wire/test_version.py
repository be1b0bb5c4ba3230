from itertools import pairwise

import pytest

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.version import CURRENT, HISTORY, SPOKEN, require_spoken


def test_history_counts_up_by_one_and_is_dated() -> None:
    assert [version.number for version in HISTORY] == list(range(1, len(HISTORY) + 1))
    assert all(earlier.settled <= later.settled for earlier, later in pairwise(HISTORY))
    assert all(version.change for version in HISTORY)


def test_the_current_version_and_the_one_before_are_spoken() -> None:
    assert {number for number in (CURRENT, CURRENT - 1) if number >= 1} == SPOKEN
    for number in SPOKEN:
        require_spoken(number)


@pytest.mark.parametrize(
    ("number", "todo"), [(0, "Update the program that made it"), (CURRENT + 1, "Update this program"), (999, "this")]
)
def test_another_version_says_who_must_be_updated(number: int, todo: str) -> None:
    with pytest.raises(Refused, match=todo) as caught:
        require_spoken(number)
    assert caught.value.code is RefusalCode.UNKNOWN_VERSION
    assert f"version {number}" in caught.value.sentence
