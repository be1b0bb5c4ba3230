"""A number that somebody sent is ASCII digits, and not too many of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.typed_numbers import number_or_none, read_number


@given(st.integers(0, 999_999_999))
def test_what_we_wrote_is_read(number: int) -> None:
    assert read_number(str(number)) == number


@pytest.mark.parametrize("text", ["", " 7", "+7", "-7", "7.0", "1_0", "x", "٣", "७", "²", "1234567890", "9" * 5000])
def test_everything_else_is_no_number(text: str) -> None:
    assert number_or_none(text) is None
    with pytest.raises(ValueError, match="is no number"):
        read_number(text)


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    found = number_or_none(text)
    assert found is None or 0 <= found < 10**9


def test_a_field_can_have_more_room() -> None:
    assert number_or_none("1234567890123456", 16) == 1_234_567_890_123_456
