from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.emergency import Release
from access_control.core.wire.release_persons import names_two, read_person, two_people, write_person


@given(st.integers(0, 2**63 - 1))
def test_a_cardholder_is_named_by_the_reference_alone(ref: int) -> None:
    assert read_person(write_person(ref)) == ref


@pytest.mark.parametrize("text", [None, "", "holder:", "holder:01", "holder:-1", "holder:1 ", "holder:1\n", "Holder:1"])
def test_there_is_one_spelling(text: str | None) -> None:
    assert read_person(text) is None


@pytest.mark.parametrize(
    ("by", "second", "two", "vouched"),
    [
        ("holder:1", "holder:2", (1, 2), True),
        ("holder:1", "holder:1", None, False),
        ("holder:1", None, None, False),
        ("holder:1", "code:00", None, False),
        ("local:caretaker", "code:00", None, True),
    ],
)
def test_who_released_with_whom(
    by: str, second: str | None, two: tuple[int, int] | None, vouched: bool, all_clear: Release
) -> None:
    release = replace(all_clear, by=by, second=second)
    assert (two_people(release), names_two(release)) == (two, vouched)
