from __future__ import annotations

import pytest

from firmware_bridge.local.clock_words import clock_doubt, spelled

NEWEST = "2027-11-23T08:00:00Z"


@pytest.mark.parametrize(
    ("doubt", "off_s", "service", "says", "says_not"),
    [
        ("service", 60, "differs", "It is 60 s ahead of the service's. Set the machine's clock", "--accept"),
        ("before", -31_536_000, "agrees", "both are before 2027-11-23 08:00:00 UTC", "Set the machine"),
        ("before", -31_536_000, "silent", "It is 365 days behind 2027-11-23 08:00:00 UTC", "agree"),
        ("jumped", -7200, "silent", "It jumped, and is 2 hours behind where it should be.", "service"),
        ("unproved", 0, "silent", "Nothing has proved it since the machine started", "Set the machine"),
    ],
)
def test_each_doubt_says_why_and_what_to_do(doubt: str, off_s: int, service: str, says: str, says_not: str) -> None:
    sentence = clock_doubt({"doubt": doubt, "off_s": off_s, "service": service, "newest": NEWEST})
    assert says in sentence
    assert says_not not in sentence
    assert ("`firmware-bridge clock --accept`" in sentence) is (doubt != "service")


def test_a_clock_that_is_believed_needs_no_words() -> None:
    assert clock_doubt({"doubt": "none", "off_s": 0, "service": "agrees", "newest": NEWEST}) == ""


def test_times_are_utc() -> None:
    assert spelled("2026-11-23T09:00:00+01:00") == "2026-11-23 08:00:00 UTC"
