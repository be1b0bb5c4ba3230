from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.visitors.names import compare

WORDS = st.lists(st.sampled_from(["Wei", "Li", "Bo", "Xu", "O", "Ana", "Núñez", "Hale", "Jr", "Dr"]), min_size=1)


@pytest.mark.parametrize(
    ("typed", "entry"),
    [(("", "Wei Li"), ("Wei", "Li")), (("", "Bo Xu"), ("Bo", "Xu")), (("Xu Bo", ""), ("Bo", "Xu")),
     (("Bo", "Xu"), ("", "Xu Bo")), (("Dr", "Wei Li"), ("Wei", "Li"))],
)  # fmt: skip
def test_a_whole_name_in_one_field_is_the_name(typed: tuple[str, str], entry: tuple[str, str]) -> None:
    found = compare(*typed, *entry)
    assert found is not None
    assert found.exact
    assert found.why == {"family": "first and last name divided otherwise"}


@given(WORDS.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))), st.data())
def test_any_division_of_the_same_words_is_the_same_name(
    words: tuple[list[str], list[str]], data: st.DataObject
) -> None:
    one, other = words
    at, other_at = (data.draw(st.integers(0, len(one))) for _ in range(2))
    found = compare(" ".join(one[:at]), " ".join(one[at:]), " ".join(other[:other_at]), " ".join(other[other_at:]))
    assert found is not None
    assert found.exact


def test_names_that_share_a_short_word_only_are_not_near() -> None:
    assert compare("Ana", "Li", "Wei", "Li Xu") is None
    assert compare("", "Bo Xu", "Bo", "Li") is None
