"""Keys as bursts of bits."""

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.keypad import key_of

EIGHT = {
    "0": 0xF0, "1": 0xE1, "2": 0xD2, "3": 0xC3, "4": 0xB4, "5": 0xA5,
    "6": 0x96, "7": 0x87, "8": 0x78, "9": 0x69, "*": 0x5A, "#": 0x4B,
}  # fmt: skip


def test_eight_bits_are_the_complement_and_the_key() -> None:
    found = {value: key for value in range(256) if (key := key_of(Bits(value, 8))) is not None}
    assert found == {value: key for key, value in EIGHT.items()}


def test_four_bits_are_the_key() -> None:
    assert [key_of(Bits(value, 4)) for value in range(16)] == [*"0123456789*#", None, None, None, None]


def test_any_other_number_of_bits_is_no_key() -> None:
    assert [key_of(Bits(0, length)) for length in (0, 1, 3, 5, 7, 9, 26, 32)] == [None] * 8
