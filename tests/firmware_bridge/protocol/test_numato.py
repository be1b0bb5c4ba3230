from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.protocol.numato import (
    READ_ALL,
    parse_answer,
    parse_input,
    parse_relays,
    read_input,
    switch,
)


def test_commands_name_channels_from_ten_on_by_letters() -> None:
    assert switch(0, on=True) == b"relay on 0\r"
    assert switch(9, on=False) == b"relay off 9\r"
    assert switch(10, on=True) == b"relay on A\r"
    assert switch(31, on=False) == b"relay off V\r"
    assert read_input(15) == b"gpio read F\r"
    for channel in (-1, 32):
        with pytest.raises(ValueError, match="channels 0 to 31"):
            switch(channel, on=True)


def test_an_answer_stands_between_the_echo_and_the_prompt() -> None:
    told = b"relay readall\n\r0f\n\r>"
    assert [parse_answer(READ_ALL, told[:i]) for i in range(len(told))] == [None] * len(told)
    assert parse_answer(READ_ALL, told) == "0f"
    assert parse_answer(READ_ALL, b"\n\r>" + told) == "0f"
    assert parse_answer(READ_ALL, b">" + told + b" ") == "0f"
    assert parse_answer(switch(1, on=True), b"relay on 1\n\r>") == ""


def test_an_answer_to_something_else_is_none() -> None:
    with pytest.raises(ValueError, match="echo"):
        parse_answer(READ_ALL, b"gpio read 1\n\r1\n\r>")
    with pytest.raises(ValueError, match="ascii"):
        parse_answer(READ_ALL, b"\xff\xfe>")


def test_relays_are_the_bits_of_a_number() -> None:
    assert parse_relays("05", 4) == (True, False, True, False)
    assert parse_relays("8001", 16) == (True, *[False] * 14, True)
    for wrong in ("", "0", "xy", "on", "0" * 17):
        with pytest.raises(ValueError, match="no state"):
            parse_relays(wrong, 8)


def test_a_pin_is_high_or_low() -> None:
    assert parse_input("1")
    assert not parse_input("0")
    for wrong in ("", "2", "on"):
        with pytest.raises(ValueError, match="level"):
            parse_input(wrong)


@given(st.binary(max_size=60))
def test_no_bytes_break_it(data: bytes) -> None:
    try:
        value = parse_answer(READ_ALL, data + b">")
        assert value is not None
        parse_relays(value, 8)
    except ValueError:
        pass
