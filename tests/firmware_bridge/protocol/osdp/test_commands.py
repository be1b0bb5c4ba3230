"""What a panel says, against the standard's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.protocol.osdp.commands import (
    AskCapabilities,
    AskIdentity,
    AskInputs,
    AskLocalStatus,
    AskOutputs,
    AskReaders,
    Buzz,
    Challenge,
    Command,
    KeepActive,
    OutputControl,
    OutputOrder,
    PanelReceiveSize,
    Poll,
    ServerCryptogram,
    SetCommunication,
    SetKey,
    SetOutputs,
    ShowText,
    UnknownCommand,
    parse_command,
)
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.lights import Blink, Colour, LedOrder, SetLeds

SPOKEN: list[tuple[Command, str]] = [
    (Poll(), ""),
    (AskLocalStatus(), ""),
    (AskInputs(), ""),
    (AskOutputs(), ""),
    (AskReaders(), ""),
    (AskIdentity(), "00"),
    (AskCapabilities(), "00"),
    (SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 50),)), "00 05 3200"),
    (SetOutputs((OutputOrder(0, OutputControl.OFF), OutputOrder(3, OutputControl.ON))), "00010000 03020000"),
    (SetLeds((LedOrder(0, 0, cancel=True),)), "0000 0100000000 0000 0000000000"),
    (Buzz(0, 2, 1, 1, 1), "00 02 01 01 01"),
    (ShowText(0, 3, 5, 1, 2, b"HELLO"), "00 03 05 01 02 05 48454C4C4F"),
    (SetCommunication(5, 38400), "05 00960000"),
    (SetKey(bytes(range(16))), "01 10 000102030405060708090A0B0C0D0E0F"),
    (Challenge(b"B" * 8), "42" * 8),
    (ServerCryptogram(b"C" * 16), "43" * 16),
    (PanelReceiveSize(1440), "A005"),
    (KeepActive(7000), "581B"),
]

PUBLISHED: list[tuple[str, Command]] = [
    ("5300080005 60 DA99", Poll()),
    ("5300070001 60 45", Poll()),
    ("5300090005 61 00 F051", AskIdentity()),
    ("5300080000 61 00 44", AskIdentity()),
    ("5300090006 62 00 F35D", AskCapabilities()),
    ("537F0D0004 6E 0080250000 6E38", SetCommunication(0, 9600)),
    ("53000D0006 6A 0002010101 5A9E", Buzz(0, 2, 1, 1, 1)),
    ("53000C0007 68 00053200 BA99", SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 50),))),
    ("53000D0005 6E 0500960000 FF50", SetCommunication(5, 38400)),
    (
        "5300160005 69 000002010002001E00000000000021EE",
        SetLeds((LedOrder(0, 0, Blink(1, 0, Colour.GREEN, Colour.OFF), 30),)),
    ),
    (
        "5300160005 69 00000202020100140000000000005B96",
        SetLeds((LedOrder(0, 0, Blink(2, 2, Colour.RED, Colour.OFF), 20),)),
    ),
    (
        "5300160006 69 0000000000000000000101000101AEE4",
        SetLeds((LedOrder(0, 0, permanent=Blink(1, 0, Colour.RED, Colour.RED)),)),
    ),
]


@pytest.mark.parametrize(("command", "data"), SPOKEN)
def test_a_command_reads_and_writes_the_same_bytes(command: Command, data: str) -> None:
    assert command.to_bytes() == bytes.fromhex(data)
    assert parse_command(command.CODE, bytes.fromhex(data)) == command


@pytest.mark.parametrize(("frame", "command"), PUBLISHED)
def test_a_published_packet_means_this_command(frame: str, command: Command) -> None:
    packet = Packet.from_bytes(bytes.fromhex(frame))

    assert parse_command(packet.code, packet.data) == command
    assert command.to_bytes() == packet.data
    assert packet.to_bytes() == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x60, "00"),
        (0x61, ""),
        (0x68, "00070000"),
        (0x68, "000500"),
        (0x69, "00"),
        (0x69, "0000 0300000000 0000 0000000000"),
        (0x69, "0000 0000000000 0000 0200000000"),
        (0x6A, "0002"),
        (0x6B, "000305"),
        (0x6B, "00 03 05 01 02 05 48"),
        (0x6E, "05"),
        (0x75, "02 10 000102030405060708090A0B0C0D0E0F"),
        (0x75, "01 10 00"),
        (0x76, "00"),
        (0x77, "00"),
        (0x7B, "00"),
        (0xA7, "00"),
    ],
)
def test_a_payload_that_the_standard_does_not_allow_is_a_value(code: int, data: str) -> None:
    outcome = parse_command(code, bytes.fromhex(data))

    assert isinstance(outcome, Malformed)
    assert outcome.code == code
    assert outcome.why


def test_an_unknown_command_is_a_value() -> None:
    assert parse_command(0x80, b"maker") == UnknownCommand(0x80, b"maker")


def test_a_key_never_shows_in_a_log() -> None:
    assert "K" * 16 not in repr(SetKey(b"K" * 16))


@given(st.integers(0, 255), st.binary(max_size=64))
def test_whatever_arrives_is_a_value(code: int, data: bytes) -> None:
    parse_command(code, data)
