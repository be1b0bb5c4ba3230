"""A bound on events."""

from __future__ import annotations

from firmware_bridge.controller.limits import Limiter


def test_so_many_pass_and_the_others_are_counted() -> None:
    limiter = Limiter(2, 60)
    assert [limiter.take(second) for second in (0, 1, 2, 3)] == [0, 0, None, None]
    assert limiter.take(60) == 2
    assert limiter.take(60.5) is None
    assert limiter.take(61) == 1
