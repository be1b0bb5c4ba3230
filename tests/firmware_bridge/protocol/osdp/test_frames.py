"""Packets: the standard's own bytes, and streams that are slow, cut, doubled or full of garbage."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.protocol.osdp.frames import (
    MAX_PACKET,
    BadFrameError,
    Fault,
    FrameDecoder,
    Garbage,
    Packet,
    checksum,
    crc,
)

POLL = bytes.fromhex("5300080004 60 EBAA")
ACK = bytes.fromhex("5380080005 40 689F")
CARD = bytes.fromhex("5380100006 50 00001A00BD88EB80 636C")
ROUNDS = 20 * (1 + 20 * int(os.environ.get("LONG", "0")))

PUBLISHED = {
    "5300080004 60 EBAA": Packet(0, 0, 0x60),
    "5300080005 60 DA99": Packet(0, 1, 0x60),
    "5300070001 60 45": Packet(0, 1, 0x60, crc=False),
    "5300080000 61 00 44": Packet(0, 0, 0x61, b"\0", crc=False),
    "5300090004 61 00 C066": Packet(0, 0, 0x61, b"\0"),
    "537F0D0004 6E 0080250000 6E38": Packet(0x7F, 0, 0x6E, bytes.fromhex("0080250000")),
    "5380080005 40 689F": Packet(0, 1, 0x40, reply=True),
    "5380090005 41 03 55B3": Packet(0, 1, 0x41, b"\x03", reply=True),
    "5380100006 50 00001A00BD88EB80 636C": Packet(0, 2, 0x50, bytes.fromhex("00001A00BD88EB80"), reply=True),
}


@pytest.mark.parametrize(("published", "packet"), PUBLISHED.items())
def test_a_published_packet_reads_and_writes_as_published(published: str, packet: Packet) -> None:
    frame = bytes.fromhex(published)

    assert Packet.from_bytes(frame) == packet
    assert packet.to_bytes() == frame
    assert packet.to_bytes(mark=True) == b"\xff" + frame


def test_the_published_check_values() -> None:
    assert crc(b"123456789") == bytes.fromhex("CCE5")
    assert checksum(bytes.fromhex("5300080000 6100")) == b"\x44"


@pytest.mark.parametrize("security", [b"\x11\x01", b"\x15", b"\x17", b"\x18"])
def test_a_security_block_and_its_mac_survive(security: bytes) -> None:
    mac = b"MAC!" if security[0] >= 0x15 else b""
    packet = Packet(5, 3, 0x68, b"payload", security=security, mac=mac)

    assert Packet.from_bytes(packet.to_bytes()) == packet


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (POLL[:-1], Fault.LENGTH),
        (b"\x54" + POLL[1:], Fault.LENGTH),
        (POLL + b"\0", Fault.LENGTH),
        (b"\x53", Fault.LENGTH),
        (POLL[:-1] + b"\0", Fault.CHECK),
        (Packet(0, 0, 0x60, security=b"\x2a").to_bytes(), Fault.SECURITY_BLOCK),
    ],
)
def test_what_is_not_one_packet_is_refused(frame: bytes, fault: Fault) -> None:
    with pytest.raises(BadFrameError) as refused:
        Packet.from_bytes(frame)

    assert refused.value.fault is fault


@pytest.mark.parametrize("block", ["00", "01", "FF 15", "02 15"])
def test_a_security_block_that_does_not_fit_is_refused(block: str) -> None:
    body = bytearray.fromhex(f"53000000 0C {block} 60")
    body[2] = len(body) + 2

    with pytest.raises(BadFrameError):
        Packet.from_bytes(bytes(body) + crc(bytes(body)))


def test_packets_arrive_byte_by_byte_with_mark_bytes_between() -> None:
    decoder = FrameDecoder()
    stream = b"\xff" + POLL + b"\xff\xff" + CARD

    found = [item for i in range(len(stream)) for item in decoder.feed(stream[i : i + 1], i * 0.001)]

    assert found == [Packet.from_bytes(POLL), Packet.from_bytes(CARD)]


def test_garbage_is_counted_and_costs_no_packet() -> None:
    decoder = FrameDecoder()

    found = decoder.feed(b"\x01\x02\x03" + ACK + b"\x04", 0.0)

    assert found == [Garbage(3, Fault.NOISE), Packet.from_bytes(ACK), Garbage(1, Fault.NOISE)]


def test_a_bad_check_costs_one_packet_and_not_the_next() -> None:
    decoder = FrameDecoder()

    found = decoder.feed(POLL[:-1] + b"\0" + ACK, 0.0)

    assert found == [Garbage(len(POLL), Fault.CHECK), Packet.from_bytes(ACK)]


def test_a_flipped_length_is_given_up_after_a_silence_and_what_it_swallowed_is_found() -> None:
    decoder = FrameDecoder(gap_s=0.02)
    too_long = POLL[:2] + b"\x40" + POLL[3:]

    assert decoder.feed(too_long + ACK, 0.0) == []
    assert decoder.missing() == 0x40 - len(too_long + ACK)
    assert decoder.stalls_at_s() == 0.02
    assert decoder.idle(0.01) == []
    assert decoder.idle(0.03) == [Garbage(len(POLL), Fault.CUT_SHORT), Packet.from_bytes(ACK)]
    assert decoder.stalls_at_s() is None
    assert decoder.missing() == 0


def test_a_new_packet_after_a_silence_ends_the_stalled_one() -> None:
    decoder = FrameDecoder(gap_s=0.02)
    decoder.feed(POLL[:2] + b"\x40" + POLL[3:], 0.0)

    assert decoder.feed(ACK, 0.5) == [Garbage(len(POLL), Fault.CUT_SHORT), Packet.from_bytes(ACK)]


def test_a_packet_goes_on_after_a_silence_that_was_our_own() -> None:
    decoder = FrameDecoder(gap_s=0.02)
    decoder.feed(CARD[:6], 0.0)

    assert decoder.feed(CARD[6:], 0.5) == [Packet.from_bytes(CARD)]


def test_an_impossible_length_is_not_waited_for() -> None:
    decoder = FrameDecoder(max_packet=100)

    assert decoder.feed(bytes.fromhex("5300FF7F04") + ACK, 0.0)[-1] == Packet.from_bytes(ACK)


def test_what_is_half_here_can_be_forgotten() -> None:
    decoder = FrameDecoder()
    decoder.feed(POLL[:5], 0.0)
    decoder.clear()

    assert decoder.feed(b"", 0.0) == []
    assert decoder.feed(ACK, 0.0) == [Packet.from_bytes(ACK)]


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_random_bytes_never_break_it_and_never_pile_up(pieces: list[bytes]) -> None:
    decoder = FrameDecoder()

    for at, piece in enumerate(pieces):
        decoder.feed(piece, at * 0.001)
        assert len(decoder._held) <= MAX_PACKET

    assert decoder.idle(1e9) is not None
    assert not decoder._held


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_whole_packet_is_found_in_a_noisy_stream(seed: int) -> None:
    chance = random.Random(seed)
    stream, sent = b"", []
    for _ in range(30):
        packet = Packet(chance.randrange(127), chance.randrange(4), 0x50, chance.randbytes(8), reply=True)
        # Noise without the start byte: with it a packet may rightly be swallowed until the line falls silent.
        noise = bytes(byte for byte in chance.randbytes(chance.randrange(6)) if byte != 0x53)
        stream += noise + packet.to_bytes(mark=chance.random() < 0.5)
        sent.append(packet)

    decoder, found = FrameDecoder(), []
    while stream:
        size = chance.randrange(1, 40)
        found += [item for item in decoder.feed(stream[:size], 0.0) if isinstance(item, Packet)]
        stream = stream[size:]

    assert found == sent
