from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.protocol.text_lines import BROKEN_OFF_S, IDLE_S, LONGEST_TEXT, TextLines


def test_a_text_ends_at_the_line_end_whatever_pieces_it_comes_in() -> None:
    lines = TextLines()
    assert lines.feed(b"VISI", 1.0) == []
    assert lines.feed(b"TOR\r\nNEXT\r", 1.01) == ["VISITOR", "NEXT"]


def test_a_scanner_without_line_ends_is_understood_after_a_silence() -> None:
    lines = TextLines()
    assert lines.ends_at_s() is None
    lines.feed(b"VISITOR", 1.0)
    assert lines.idle(1.0 + IDLE_S / 2) == []
    assert lines.ends_at_s() == 1.0 + IDLE_S
    assert lines.feed(b"NEXT", 2.0) == ["VISITOR"]
    assert lines.idle(3.0) == ["NEXT"]


def test_bytes_that_are_fetched_late_go_on_with_their_text() -> None:
    lines = TextLines()
    lines.feed(b"VISI", 1.0)
    assert lines.feed(b"TOR", 1.0 + 2 * IDLE_S) == []
    assert lines.idle(1.0 + 4 * IDLE_S) == ["VISITOR"]


def test_a_scanner_that_ends_its_lines_may_pause_within_one() -> None:
    lines = TextLines()
    assert lines.feed(b"FIRST\rVISI", 1.0) == ["FIRST"]
    assert lines.ends_at_s() == 1.0 + BROKEN_OFF_S
    assert lines.idle(1.0 + 2 * IDLE_S) == []
    assert lines.feed(b"TOR\r", 1.3) == ["VISITOR"]


def test_what_a_scanner_broke_off_is_not_put_before_the_next_text() -> None:
    lines = TextLines()
    lines.feed(b"FIRST\rVISI", 1.0)
    assert lines.idle(1.0 + BROKEN_OFF_S) == ["VISI"]
    lines.feed(b"VISI", 3.0)
    assert lines.feed(b"NEXT\r", 3.0 + BROKEN_OFF_S) == ["VISI", "NEXT"]


def test_control_characters_and_the_kind_of_symbol_are_left_out() -> None:
    assert TextLines().feed(b"]Q1\x02AB\x00C\x7f\r", 1.0) == ["]Q1ABC"[3:]]


def test_empty_lines_and_bytes_that_are_no_text_do_no_harm() -> None:
    assert TextLines().feed(b"\r\n \r\xff\xfe\r", 1.0) == ["\ufffd\ufffd"]


def test_a_line_that_is_too_long_is_thrown_away_whole() -> None:
    lines = TextLines()
    assert lines.feed(b"A" * (LONGEST_TEXT + 1) + b"\r", 1.0) == []
    assert lines.feed(b"B" * LONGEST_TEXT + b"\r", 1.0) == ["B" * LONGEST_TEXT]


@pytest.mark.parametrize("mark", ["]Q1", "]L0", "]L2", "]C1", "]d2"])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", ""])
def test_the_kinds_of_symbol_and_line_ends_of_the_usual_scanners(mark: str, end: str) -> None:
    lines = TextLines()
    read = lines.feed(f"{mark}6BFOXN*TS0BI$ZD{end}".encode(), 1.0)
    assert read + lines.idle(2.0) == ["6BFOXN*TS0BI$ZD"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=200)))
def test_no_bytes_break_it_and_no_text_has_control_characters(pieces: list[bytes]) -> None:
    lines = TextLines()
    for i, piece in enumerate(pieces):
        for text in lines.feed(piece, i * 0.03):
            assert text.strip()
            assert all(ord(c) >= 0x20 and not 0x7F <= ord(c) < 0xA0 for c in text)
            assert len(text) <= LONGEST_TEXT
