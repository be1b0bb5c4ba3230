from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.devices.board_questions import is_whole, with_crc


@pytest.mark.parametrize(
    ("body", "message"),
    [
        # From the Modbus specification's own examples and pymodbus's documentation.
        ("0207", "02074112"),
        ("010300000001", "010300000001840a"),
        ("110100130025", "1101001300250e84"),
    ],
)
def test_the_check_of_known_messages(body: str, message: str) -> None:
    assert with_crc(bytes.fromhex(body)).hex() == message
    assert is_whole(bytes.fromhex(message))


@given(st.binary(min_size=1, max_size=40), st.data())
def test_one_flipped_bit_is_noticed(body: bytes, data: st.DataObject) -> None:
    message = bytearray(with_crc(body))
    bit = data.draw(st.integers(0, 8 * len(message) - 1))
    message[bit // 8] ^= 1 << bit % 8
    assert not is_whole(bytes(message))
