from __future__ import annotations

import pytest

from access_control.core.credentials.bits import Bits


def test_a_26_bit_card_travels_left_justified_in_four_bytes() -> None:
    bits = Bits.from_left_justified(bytes.fromhex("BD88EB80"), 26)

    assert bits == Bits(0x2F623AE, 26)
    assert bits.left_justified() == bytes.fromhex("BD88EB80")


@pytest.mark.parametrize(("value", "length"), [(4, 2), (-1, 8), (0, -1)])
def test_a_frame_that_does_not_fit_its_length_is_refused(value: int, length: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Bits(value, length)


def test_too_few_bytes_for_the_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="26 bits need 4 bytes"):
        Bits.from_left_justified(b"\xbd\x88\xeb", 26)
