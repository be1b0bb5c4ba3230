from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.protocol.lcus import MOST_CHANNELS, VARIANTS, command, parse_frame, parse_reply, parse_status


@pytest.mark.parametrize(
    ("channel", "on", "hexadecimal"),
    [
        (1, True, "A00101A2"),
        (1, False, "A00100A1"),
        (2, True, "A00201A3"),
        (2, False, "A00200A2"),
        (3, True, "A00301A4"),
        (3, False, "A00300A3"),
        (4, True, "A00401A5"),
        (4, False, "A00400A4"),
        (8, True, "A00801A9"),
        (8, False, "A00800A8"),
    ],
)
def test_the_published_commands(channel: int, on: bool, hexadecimal: str) -> None:
    variant = VARIANTS["probe"]
    made = command(channel, variant.on if on else variant.off)
    assert made == bytes.fromhex(hexadecimal)
    assert parse_frame(made) == (channel, int(on))


@pytest.mark.parametrize("channel", [0, -1, MOST_CHANNELS + 1])
def test_a_channel_that_no_board_has(channel: int) -> None:
    with pytest.raises(ValueError, match="channels 1 to"):
        command(channel, 1)


def test_a_frame_comes_in_pieces_and_a_wrong_one_is_told() -> None:
    assert [parse_frame(b"\xa0\x01\x01\xa2"[:i]) for i in range(4)] == [None] * 4
    for wrong in (b"\xa0\x01\x01\xa3", b"\xa1"):
        with pytest.raises(ValueError, match=r"sum|starts"):
            parse_frame(wrong)


def test_a_reply_is_about_its_channel_and_on_or_off() -> None:
    assert parse_reply(command(3, 1), 3) is True
    assert parse_reply(command(3, 0), 3) is False
    assert parse_reply(command(3, 0)[:2], 3) is None
    for other in (command(2, 1), command(3, 4)):
        with pytest.raises(ValueError, match="something else"):
            parse_reply(other, 3)


def test_a_status_is_a_byte_for_each_channel() -> None:
    assert parse_status(b"", 4) is None
    assert parse_status(b"\x00\x01\x00", 4) is None
    assert parse_status(b"\x00\x01\x00\x01", 4) == (False, True, False, True)
    assert parse_status(b"\x00\x01\x00\x01\x01\x01", 4) == (False, True, False, True)
    with pytest.raises(ValueError, match="neither on nor off"):
        parse_status(b"\x00\x02", 4)


@pytest.mark.parametrize("end", [b"\r\n", b" \r\n", b"\n"])
def test_a_status_is_a_line_for_each_channel(end: bytes) -> None:
    told = b"CH1:ON" + end + b"CH2: OFF" + end
    assert parse_status(told, 2) == (True, False)
    assert parse_status(told[:-5], 2) is None
    assert parse_status(b"ch2=off" + end + b"ch1=on" + end, 2) == (True, False)
    assert parse_status(told, 3) is None


def test_a_status_that_is_neither_is_told() -> None:
    for wrong in (b"\xff\xff", b"CH1:ON\x00", b"\xa0\x01"):
        with pytest.raises(ValueError, match="neither"):
            parse_status(wrong, 1)


@given(st.binary(max_size=80), st.integers(1, MOST_CHANNELS))
def test_no_bytes_break_it_and_a_status_is_for_every_channel(data: bytes, channels: int) -> None:
    for parse in (parse_status, parse_reply):
        try:
            found = parse(data, channels)
        except ValueError:
            continue
        if isinstance(found, tuple):
            assert len(found) == channels
