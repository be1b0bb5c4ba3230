"""An adapter's own bytes are taken out of what is heard, exactly those, however they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.config import Echo
from firmware_bridge.devices.echo import EchoFilter, no_answer_looks_like
from firmware_bridge.protocol.osdp.frames import Packet

POLL = Packet(1, 1, 0x60).to_bytes()
ACK = Packet(1, 1, 0x40, reply=True).to_bytes()
READ_COILS = bytes.fromhex("0101000000083DCC")
COILS = bytes.fromhex("010101059 18B".replace(" ", ""))
COIL_ON = bytes.fromhex("01050000FF008C3A")
PIECES = st.lists(st.integers(1, 9), min_size=60, max_size=60)


def heard_in(ear: EchoFilter, data: bytes, sizes: list[int]) -> bytes:
    """What the filter lets through of bytes that arrive in pieces."""
    out, at = b"", 0
    for size in sizes:
        out += ear.heard(data[at : at + size])
        at += size
    return out + ear.heard(data[at:])


@given(PIECES, st.sampled_from([Echo.YES, Echo.AUTO]), st.booleans())
def test_with_an_echo_only_the_answer_is_left(sizes: list[int], echo: Echo, marked: bool) -> None:
    ear = EchoFilter(echo)
    for _ in range(3):
        question = b"\xff" * marked + POLL
        ear.sent(question)
        assert heard_in(ear, question + ACK, sizes) == ACK
    assert ear.hears_itself
    assert ear.wrong == 0


@given(PIECES, st.sampled_from([Echo.NO, Echo.AUTO]), st.booleans())
def test_without_an_echo_every_byte_of_the_answer_is_left(sizes: list[int], echo: Echo, marked: bool) -> None:
    ear = EchoFilter(echo)
    for question, answer in ((POLL, b"\xff" * marked + ACK), (READ_COILS, COILS), (COIL_ON, COIL_ON)):
        ear.sent(question)
        assert heard_in(ear, answer, sizes) == answer
    assert not ear.hears_itself


@given(PIECES, st.binary(max_size=40), st.sampled_from(list(Echo)))
def test_whatever_arrives_nothing_but_an_echo_is_taken_away(sizes: list[int], noise: bytes, echo: Echo) -> None:
    ear = EchoFilter(echo)
    ear.sent(POLL)
    left = heard_in(ear, noise + b"\0", sizes)
    taken = POLL if noise.startswith(POLL) and echo is not Echo.NO else b""
    assert taken + left == noise + b"\0"


def test_an_acknowledged_write_is_not_taken_for_an_echo_nor_an_echo_for_an_acknowledgement() -> None:
    ear = EchoFilter(Echo.AUTO)
    ear.sent(COIL_ON)
    assert ear.heard(COIL_ON) == COIL_ON
    ear.sent(READ_COILS)
    assert ear.heard(READ_COILS + COILS) == COILS
    ear.sent(COIL_ON)
    assert ear.heard(COIL_ON) == b""
    assert ear.heard(COIL_ON) == COIL_ON


def test_an_echo_that_came_back_changed_is_a_collision_and_hides_nothing() -> None:
    ear = EchoFilter(Echo.YES)
    spoilt = POLL[:4] + b"\x00" + POLL[5:]
    ear.sent(POLL)
    assert ear.heard(spoilt[:6]) == spoilt[:6]
    assert ear.heard(spoilt[6:] + ACK) == spoilt[6:] + ACK
    assert ear.wrong == 1


def test_an_echo_that_broke_off_is_a_collision() -> None:
    ear = EchoFilter(Echo.YES)
    ear.sent(POLL)
    assert ear.heard(POLL[:3]) == b""
    ear.sent(POLL)
    assert ear.heard(POLL + ACK) == ACK
    assert ear.wrong == 1


def test_a_stray_byte_that_looks_like_a_beginning_comes_with_the_next_ones() -> None:
    ear = EchoFilter(Echo.AUTO)
    ear.sent(POLL)
    assert ear.heard(POLL[:1]) == b""
    ear.sent(POLL)
    assert ear.heard(ACK) == POLL[:1] + ACK
    assert ear.wrong == 0


@pytest.mark.parametrize(
    ("data", "telling"),
    [
        (POLL, True),
        (b"\xff" + POLL, True),
        (ACK, False),
        (READ_COILS, True),
        (bytes.fromhex("0102000000087 9CC".replace(" ", "")), True),
        (COIL_ON, False),
        (bytes.fromhex("5305000BFF0000 00".replace(" ", "")), False),
        (bytes.fromhex("A00101A2"), False),
        (b"relay on 0\r", False),
        (b"", False),
    ],
)
def test_which_questions_tell_of_an_echo(data: bytes, telling: bool) -> None:
    assert no_answer_looks_like(data) is telling
