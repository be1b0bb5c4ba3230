"""Payloads are taken whole or not at all."""

import pytest

from firmware_bridge.protocol.osdp.fields import BadMessageError, exactly, pieces


def test_exactly_hands_the_bytes_on() -> None:
    assert exactly(b"abc", 3) == b"abc"


def test_exactly_refuses_another_length() -> None:
    with pytest.raises(BadMessageError, match="2 bytes instead of 3"):
        exactly(b"ab", 3)


def test_pieces_cuts_evenly() -> None:
    assert pieces(b"abcdef", 3) == [b"abc", b"def"]


@pytest.mark.parametrize("data", [b"", b"abcd"])
def test_pieces_refuses_nothing_and_a_short_last_piece(data: bytes) -> None:
    with pytest.raises(BadMessageError):
        pieces(data, 3)
