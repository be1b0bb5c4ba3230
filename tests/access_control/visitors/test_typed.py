"""What is typed at the desk is kept as it is; a scan that lands in a field is not."""

from __future__ import annotations

import pytest

from access_control.visitors.errors import BadValueError
from access_control.visitors.typed import typed_line


def test_a_line_is_kept_without_the_blanks_around_it() -> None:
    assert typed_line("  Room 107 ", "destination", "Where to", 80) == "Room 107"


@pytest.mark.parametrize("scan", ["SAC/P/V5078070OBHO5", "Office SAC/P/V50", "sac/v/abc", "x" * 500 + "SAC/V/1"])
def test_a_scan_in_a_field_is_refused_and_not_repeated(scan: str) -> None:
    with pytest.raises(BadValueError) as refused:
        typed_line(scan, "destination", "Where to", 80, required=False)
    assert refused.value.field == "destination"
    assert "scan landed" in str(refused.value)
    assert scan not in str(refused.value)
