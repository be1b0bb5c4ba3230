"""What a reader says, against the standard's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.credentials.bits import Bits
from firmware_bridge.protocol.osdp.fields import Malformed
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import (
    Ack,
    Busy,
    Capabilities,
    Capability,
    ClientCryptogram,
    Communication,
    Function,
    Identity,
    InitialMac,
    InputStatus,
    Keypad,
    LocalStatus,
    Nak,
    OutputStatus,
    RawCard,
    ReaderStatus,
    Reply,
    UnknownReply,
    parse_reply,
)

SPOKEN: list[tuple[Reply, str]] = [
    (Ack(), ""),
    (Busy(), ""),
    (Nak(3), "03"),
    (Nak(9, b"x"), "0978"),
    (Identity(b"\x5c\x26\x23", 1, 2, 0x01020304, (5, 6, 7)), "5C2623 01 02 04030201 050607"),
    (Capabilities((Capability(9, 1, 1), Capability(4, 4, 1))), "090101 040401"),
    (Capabilities(()), ""),
    (LocalStatus(tampered=True, power_failed=False), "0100"),
    (InputStatus((0, 1, 2)), "000102"),
    (OutputStatus((1,)), "01"),
    (ReaderStatus((2,)), "02"),
    (RawCard(0, 1, Bits(0x2F623AE, 26)), "00 01 1A00 BD88EB80"),
    (Keypad(0, b"1234"), "00 04 31323334"),
    (Communication(5, 38400), "05 00960000"),
    (ClientCryptogram(b"c" * 8, b"r" * 8, b"p" * 16), "63" * 8 + "72" * 8 + "70" * 16),
    (InitialMac(b"m" * 16), "6D" * 16),
]


@pytest.mark.parametrize(("reply", "data"), SPOKEN)
def test_a_reply_reads_and_writes_the_same_bytes(reply: Reply, data: str) -> None:
    assert reply.to_bytes() == bytes.fromhex(data)
    assert parse_reply(reply.CODE, bytes.fromhex(data)) == reply


def test_a_published_keypad_packet() -> None:
    packet = Packet.from_bytes(bytes.fromhex("53800E0007 53 000431323334 395D"))

    assert parse_reply(packet.code, packet.data) == Keypad(0, b"1234")


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (0x40, "00"),
        (0x79, "00"),
        (0x41, ""),
        (0x45, "00"),
        (0x46, "0901"),
        (0x48, "00"),
        (0x50, "00"),
        (0x50, "00 01 1A00 BD88EB"),
        (0x53, "00"),
        (0x53, "00 04 31"),
        (0x54, "00"),
        (0x76, "00"),
        (0x78, "00"),
    ],
)
def test_a_payload_that_the_standard_does_not_allow_is_a_value(code: int, data: str) -> None:
    assert isinstance(parse_reply(code, bytes.fromhex(data)), Malformed)


def test_an_unknown_reply_is_a_value() -> None:
    assert parse_reply(0xB1, b"smart") == UnknownReply(0xB1, b"smart")


def test_a_capability_that_was_not_named_is_missing() -> None:
    can = Capabilities((Capability(Function.LED, 4, 1),))

    assert can.of(Function.LED).level == 4
    assert can.of(Function.TEXT) == Capability(Function.TEXT, 0, 0)


@given(st.integers(0, 255), st.binary(max_size=64))
def test_whatever_arrives_is_a_value(code: int, data: bytes) -> None:
    parse_reply(code, data)
