"""The panel's half of the handshake: what it accepts, and which alarm each refusal raises."""

import pytest

from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.handshake import (
    CONDITIONS,
    DEFAULT_KEY,
    IN_CLEAR,
    NO_SECURITY,
    NO_SESSION,
    WRONG_KEY,
    Handshake,
)
from firmware_bridge.protocol.osdp.replies import Ack, ClientCryptogram, InitialMac, Nak, Reply
from firmware_bridge.protocol.osdp.secure import SCBK_D, SecureSession

KEY = b"K" * 16
RANDOM_A, RANDOM_B = b"A" * 8, b"B" * 8
OURS = Handshake(KEY, RANDOM_A)
COMMISSIONING = Handshake(SCBK_D, RANDOM_A, own_key=False)


def said(reply: Reply, security: bytes = b"") -> Packet:
    return Packet(1, 1, reply.CODE, reply.to_bytes(), reply=True, security=security)


def proof_with(key: bytes, index: int) -> Packet:
    session = SecureSession(key, RANDOM_A, RANDOM_B)
    return said(ClientCryptogram(b"c" * 8, RANDOM_B, session.client_cryptogram), bytes((0x12, index)))


def test_it_says_which_kind_of_key_it_uses() -> None:
    assert (OURS.challenge_block(), OURS.proof_block()) == (b"\x11\x01", b"\x13\x01")
    assert (COMMISSIONING.challenge_block(), COMMISSIONING.proof_block()) == (b"\x11\x00", b"\x13\x00")


def test_the_right_key_begins_a_session() -> None:
    session = OURS.judge_client(proof_with(KEY, 1))

    assert isinstance(session, SecureSession)
    assert OURS.judge_session(said(InitialMac(session.initial_mac), b"\x14\x01"), session) is None


def test_the_default_key_is_taken_only_while_commissioning() -> None:
    assert isinstance(COMMISSIONING.judge_client(proof_with(SCBK_D, 0)), SecureSession)
    assert OURS.judge_client(proof_with(SCBK_D, 0)) is DEFAULT_KEY
    assert OURS.judge_client(proof_with(SCBK_D, 1)) is DEFAULT_KEY
    assert OURS.judge_client(proof_with(KEY, 0)) is DEFAULT_KEY


def test_another_key_is_refused() -> None:
    assert OURS.judge_client(proof_with(b"X" * 16, 1)) is WRONG_KEY


@pytest.mark.parametrize(
    ("packet", "outcome"),
    [
        (said(Nak(5)), NO_SECURITY),
        (said(Nak(3)), NO_SECURITY),
        (said(Nak(6)), CONDITIONS),
        (said(Nak(4)), None),
        (said(Ack()), IN_CLEAR),
        (said(Ack(), b"\x16"), None),
        (said(ClientCryptogram(b"c" * 8, b"r" * 8, b"p" * 16)), IN_CLEAR),
    ],
)
def test_other_answers_to_the_challenge(packet: Packet, outcome: object) -> None:
    assert OURS.judge_client(packet) is outcome


@pytest.mark.parametrize(
    ("packet", "outcome"),
    [
        (said(Nak(6)), CONDITIONS),
        (said(Nak(1)), None),
        (said(Ack()), IN_CLEAR),
        (said(InitialMac(b"m" * 16), b"\x14\x01"), NO_SESSION),
        (said(InitialMac(b"m" * 16), b"\x14\xff"), NO_SESSION),
        (said(InitialMac(b"m" * 16)), IN_CLEAR),
    ],
)
def test_other_answers_to_our_proof(packet: Packet, outcome: object) -> None:
    session = SecureSession(KEY, RANDOM_A, RANDOM_B)

    assert OURS.judge_session(packet, session) is outcome
