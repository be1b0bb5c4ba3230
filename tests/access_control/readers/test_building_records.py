from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.building import DeviceKind, Point
from access_control.readers.building_records import read_point, read_wired, wired_text
from access_control.readers.errors import BadValueError

POINTS = st.builds(Point, st.sampled_from(DeviceKind), st.integers(0, 10**9 - 1), st.integers(0, 999))


@given(POINTS)
def test_a_point_reads_back_as_it_is_written(point: Point) -> None:
    assert read_point(str(point)) == point
    assert read_point(f"  {str(point).upper().replace(' ', '   ')} ") == point


@pytest.mark.parametrize("text", ["", "board", "board 1", "board 1,3", "1.3", "relay 1.3", "board 01.3", "board 1.3.4"])
def test_anything_else_is_no_point(text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        read_point(text, "contact")
    assert caught.value.field == "contact"


@given(POINTS, st.booleans())
def test_a_doors_input_may_rest_closed(point: Point, rests_closed: bool) -> None:
    text = f"{point} nc" if rests_closed else str(point)
    assert read_wired(f" {text.upper()} ", "contact") == (point, rests_closed)
    assert wired_text(text, "contact") == text


@pytest.mark.parametrize("text", ["nc", "board 1.3nc", "board 1.3 no", "board 1.3 nc nc", "board 1 nc"])
def test_what_is_no_input_of_a_door(text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        read_wired(text, "latch")
    assert caught.value.field == "latch"
