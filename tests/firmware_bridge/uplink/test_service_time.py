from __future__ import annotations

from datetime import timedelta

import pytest

from firmware_bridge.controller.events import Moment
from firmware_bridge.uplink.service_time import ServiceTime
from tests.building.clock import MONDAY


def exchange(*, wall_s: float, mono_s: float, service_s: float) -> ServiceTime:
    """Asked on Monday, heard so much later by each clock; the service's time is so much after the asking."""
    heard = Moment(MONDAY + timedelta(seconds=wall_s), 100 + mono_s)
    return ServiceTime(Moment(MONDAY, 100), heard, MONDAY + timedelta(seconds=service_s))


@pytest.mark.parametrize(
    ("wall_s", "mono_s", "service_s", "proves"),
    [
        (0.1, 0.1, 0.05, True),
        (0.1, 0.1, -4.0, True),
        (0.1, 0.1, -60.0, False),
        (20.0, 20.0, 10.0, False),
        (36_000.0, 0.05, 0.02, False),
        (-36_000.0, 0.05, 0.02, False),
        (3.0, 0.05, 0.02, True),
    ],
    ids=["right", "near", "ahead", "took long", "jumped ahead meanwhile", "jumped back meanwhile", "a small step"],
)
def test_what_proves_a_clock(wall_s: float, mono_s: float, service_s: float, proves: bool) -> None:
    assert exchange(wall_s=wall_s, mono_s=mono_s, service_s=service_s).proves is proves
