"""What a bridge says of its clock is certain, however slow the network, and the least that was found lately."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from access_control.clock import utc_now
from access_control.core.wire.spelling import write_time
from firmware_bridge.controller.events import Moment
from firmware_bridge.uplink.clocks_apart import LATELY, ClocksApart
from firmware_bridge.uplink.service_time import ServiceTime
from tests.building.processes import until
from tests.firmware_bridge.uplink.wicked import Wicked

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Around, Script

SERVICE = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
travel = st.floats(0, 60)


def exchange(ahead_s: float, there_s: float = 0.01, back_s: float = 0.01) -> ServiceTime:
    """An exchange by a bridge whose clock is that far ahead; how long the words were on their way."""
    asked = SERVICE + timedelta(seconds=ahead_s - there_s)
    heard = SERVICE + timedelta(seconds=ahead_s + back_s)
    return ServiceTime(Moment(asked, 0.0), Moment(heard, there_s + back_s), SERVICE)


def apart(*exchanges: ServiceTime) -> float | None:
    clocks = ClocksApart()
    for one in exchanges:
        clocks.note(one)
    return clocks.ahead_s


def test_nothing_is_known_at_first() -> None:
    assert apart() is None


def test_a_clock_is_said_to_be_off_by_what_is_certain() -> None:
    assert apart(exchange(-7)) == -6.99
    assert apart(exchange(7)) == 6.99
    assert apart(exchange(-7, there_s=0.01, back_s=4)) == -3
    assert apart(exchange(0.2, there_s=3, back_s=3)) == 0


@given(st.lists(st.tuples(travel, travel), min_size=1, max_size=12))
def test_no_network_however_slow_makes_a_right_clock_wrong(travels: list[tuple[float, float]]) -> None:
    assert apart(*(exchange(0, there_s, back_s) for there_s, back_s in travels)) == 0


@given(st.floats(-3600, 3600), st.lists(st.tuples(travel, travel), min_size=1, max_size=12))
def test_it_never_says_more_than_is_so(ahead_s: float, travels: list[tuple[float, float]]) -> None:
    said = apart(*(exchange(ahead_s, there_s, back_s) for there_s, back_s in travels))
    assert said is not None
    assert abs(said) <= abs(ahead_s) + 0.001
    assert said * ahead_s >= 0


def test_a_clock_that_was_set_right_is_right_at_once_and_one_that_went_wrong_after_a_while() -> None:
    assert apart(*[exchange(-7)] * LATELY, exchange(0)) == 0
    assert apart(exchange(0), *[exchange(-7)] * (LATELY - 1)) == 0
    assert apart(exchange(0), *[exchange(-7)] * LATELY) == -6.99


def test_each_status_says_how_far_the_clocks_are_apart(around: Around, script: Script, server: Wicked) -> None:
    script.status_more = {"time": write_time(utc_now() + timedelta(hours=1))}

    def said() -> list[object]:
        with script.lock:
            return [json.loads(body)["status"]["clock_ahead_s"] for path, body in script.asked if path == "status"]

    with around.uplink(server):
        until(lambda: len(said()) >= 2, "two Statuses")
    first, second = said()[:2]
    assert first is None
    assert isinstance(second, float)
    assert -3700 < second < -3000
