"""A bridge's clock is wrong from 2 s on, and right again when that is certain."""

from __future__ import annotations

import pytest

from access_control.core.wire.errors import Refused
from access_control.readers.clocks import clock_is_wrong
from access_control.readers.status import site_overview, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import a_status


@pytest.mark.parametrize(
    ("ahead_s", "was_wrong", "wrong"),
    [
        (None, False, False),
        (None, True, False),
        (0.0, False, False),
        (2.0, False, False),
        (-2.0, False, False),
        (2.001, False, True),
        (-7.0, False, True),
        (1.6, False, False),
        (1.6, True, True),
        (-1.5, True, False),
    ],
)
def test_wrong_from_two_seconds_on(ahead_s: float | None, *, was_wrong: bool, wrong: bool) -> None:
    assert clock_is_wrong(ahead_s, was_wrong=was_wrong) is wrong


def off_s(live: LiveSchool, ahead_s: float | None, at_s: float, silent_s: float = 0) -> float | None:
    """What the site's overview says after a Status with that clock."""
    with live.writing() as session:
        take_status(session, live.keys, later(at_s), live.bridge, a_status(clock_ahead_s=ahead_s))
    with live.database.reading() as session:
        (one,) = [one for one in site_overview(session, later(at_s + silent_s)).bridges if one.id == live.bridge]
        return one.clock_off_s


def test_it_is_said_while_it_is_so_and_goes_by_itself(live: LiveSchool) -> None:
    said = [off_s(live, ahead_s, at_s) for at_s, ahead_s in enumerate((None, 0, -7.25, -1.75, -1, -1.75, 3))]
    assert said == [None, None, -7.25, -1.75, None, None, 3]


def test_a_silent_bridge_says_nothing_of_its_clock(live: LiveSchool) -> None:
    assert off_s(live, 9.0, 0, silent_s=11) is None


def test_a_bridge_that_does_not_compare_clocks_is_taken_like_any(live: LiveSchool) -> None:
    with live.writing() as session:
        take_status(session, live.keys, later(0), live.bridge, a_status())
    with pytest.raises(Refused), live.writing() as session:
        take_status(session, live.keys, later(0), live.bridge, a_status(clock_ahead_s="late"))
