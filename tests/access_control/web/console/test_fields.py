from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from access_control.web.console.fields import day_begun, day_ended, end_of_day, first_of_day

ZONES = st.sampled_from(["America/Chicago", "UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]).map(
    ZoneInfo
)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DAYS, ZONES)
def test_days_of_a_form_read_back_as_they_were_chosen(day: date, zone: ZoneInfo) -> None:
    assert day_begun(first_of_day(day, zone), zone) == day
    assert day_ended(end_of_day(day, zone), zone) == day


def test_a_badge_that_is_valid_until_a_day_counts_all_day() -> None:
    zone = ZoneInfo("America/Chicago")
    end = end_of_day(date(2026, 11, 20), zone)
    assert end == first_of_day(date(2026, 11, 21), zone)
    assert end is not None
    assert (end - timedelta(seconds=1)).astimezone(zone).date() == date(2026, 11, 20)
    assert end_of_day(None, zone) is None
    assert end_of_day(date.max, zone) is None
