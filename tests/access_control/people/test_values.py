"""What people type is made fit to be stored, or refused at its field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.people.errors import BadValueError
from access_control.people.values import line, period, plain

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_line_is_one_line() -> None:
    assert line("  Ada \t\n  Ames\0 \u2028", "name", "The name", 80) == "Ada Ames"
    assert line("Jose\u0301", "name", "The name", 80) == "Jos\u00e9"
    assert line(" ", "unit", "Grade", 80, required=False) == ""


@pytest.mark.parametrize("value", ["", " \n", "\0", "\u200b" * 0, "x" * 81])
def test_what_is_missing_or_too_long_names_its_field(value: str) -> None:
    with pytest.raises(BadValueError) as refused:
        line(value, "name", "The name", 80)
    assert refused.value.field == "name"
    assert refused.value.sentence.startswith("The name is")


@given(st.text())
def test_plain_text_stays_as_it_is_and_can_always_be_stored(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert "\0" not in once.encode().decode()


def test_a_period_begins_before_it_ends() -> None:
    period(None, None)
    period(AT, None)
    period(None, AT)
    period(AT, AT + timedelta(days=1))
    for end in (AT, AT - timedelta(days=1)):
        with pytest.raises(BadValueError) as refused:
            period(AT, end)
        assert refused.value.field == "valid_until"
