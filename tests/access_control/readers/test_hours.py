from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.readers.errors import BadValueError
from access_control.readers.hours import DAY_MINUTES, Hours, read_hours, say_hours

SPANS = st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(1, DAY_MINUTES)).map(lambda ends: Hours(*ends))


@given(SPANS)
def test_hours_read_back_as_they_are_said(hours: Hours) -> None:
    assert read_hours(say_hours(hours), "monday") == (hours,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" , ", ()),
        ("7:30 am to 3 pm", (Hours(450, 900),)),
        ("7:30-15:00, 16:00 \u2013 17:15", (Hours(450, 900), Hours(960, 1035))),
        ("12am until 12 a.m.", (Hours(0, 1440),)),
        ("0:00-24:00", (Hours(0, 1440),)),
        ("8AM TO 9AM and 12 pm to 1 pm", (Hours(480, 540), Hours(720, 780))),
    ],
)
def test_hours_as_people_type_them(text: str, expected: tuple[Hours, ...]) -> None:
    assert read_hours(text, "monday") == expected


@pytest.mark.parametrize(
    "text",
    ["always", "7", "7-", "25:00-26:00", "13 pm to 2 pm", "7:60-8:00", "24:00-24:00", "1-2-3", "7:5-8:00", "1-2," * 13],
)
def test_what_is_no_span_is_refused_at_its_day(text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        read_hours(text, "monday")
    assert caught.value.field == "monday"
