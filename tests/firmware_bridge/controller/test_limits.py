"""A bound on events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.controller.limits import Bucket, Lasting, Limiter, Rate


def test_so_many_pass_and_the_others_are_counted() -> None:
    limiter = Limiter(2, 60)
    assert [limiter.take(second) for second in (0, 1, 2, 3)] == [0, 0, None, None]
    assert limiter.take(60) == 2
    assert limiter.take(60.5) is None
    assert limiter.take(61) == 1


def test_a_fault_is_told_once_while_it_lasts_and_now_and_then_that_it_still_does() -> None:
    fault = Lasting(over_s=300, again_s=3600)
    told = {second: seen for second in range(0, 10_000, 10) if (seen := fault.take(second)) is not None}
    assert told == {0: 0, 3600: 359, 7200: 359}


def test_a_fault_that_was_over_is_told_anew_with_what_was_left_out_before() -> None:
    fault = Lasting(over_s=300, again_s=3600)
    assert [fault.take(second) for second in (0, 299, 598, 898)] == [0, None, None, 2]


@given(st.lists(st.floats(0, 5), max_size=200))
def test_never_more_than_the_burst_and_the_rate_together(waits: list[float]) -> None:
    rate, now_s, passed = Rate(5, 2.0), 100.0, 0
    bucket = Bucket(rate, now_s)
    for wait_s in waits:
        now_s += wait_s
        passed += bucket.take(now_s)
        assert passed <= rate.burst + rate.each_s * (now_s - 100.0) + 1e-6


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(Rate(1, 1.0), 10.0)
    assert bucket.take(10.0)
    assert not bucket.take(5.0)


def test_a_bucket_is_spent_while_the_next_would_have_to_wait() -> None:
    bucket = Bucket(Rate(2, 1.0), 10.0)
    assert bucket.take(10.0)
    assert not bucket.spent
    assert bucket.take(10.0)
    assert bucket.spent
    assert bucket.take(12.0)
    assert not bucket.spent
