"""Secure Channel against the standard's worked example (SIA, Annex E), and both ends against each other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.protocol.osdp.frames import Packet, crc
from firmware_bridge.protocol.osdp.secure import SCBK_D, SecureSession, derive_scbk

RANDOM_A = bytes(range(0xB0, 0xB8))
RANDOM_B = bytes(range(0xA0, 0xA8))
CARD = Packet(1, 2, 0x50, bytes.fromhex("00011A00BD88EB80"), reply=True)
POLL = Packet(1, 2, 0x60)


def both_ends(key: bytes = SCBK_D) -> tuple[SecureSession, SecureSession]:
    return SecureSession(key, RANDOM_A, RANDOM_B), SecureSession(key, RANDOM_A, RANDOM_B)


def test_the_published_example() -> None:
    session, _ = both_ends()

    assert [key.hex().upper() for key in session.keys] == [
        "BF8DC2A8329ACB8C67C6D0CD9A451682",
        "5E86C676603BDEE2D8BEAFE178637332",
        "6FDA86E857777E81132035758239172E",
    ]
    assert session.client_cryptogram == bytes.fromhex("FDE5D2F428EC16312471EA3C02BD7796")
    assert session.server_cryptogram == bytes.fromhex("26D3356E07762D262801FC8E6665A891")
    assert session.initial_mac == bytes.fromhex("B2A30057EB98BA2229EC1F875662B524")
    assert session.client_proved(session.client_cryptogram)
    assert session.server_proved(session.server_cryptogram)
    assert session.session_proved(session.initial_mac)
    assert not session.client_proved(session.server_cryptogram)
    assert not session.server_proved(session.client_cryptogram)
    assert not session.session_proved(session.client_cryptogram)


def test_the_published_key_of_a_master_key() -> None:
    key = derive_scbk(bytes(range(16)), bytes.fromhex("0011223344556677"))

    assert key == bytes.fromhex("CD425CA8695B5B8C7A0D6D1DB9F75C0D")


@given(st.lists(st.tuples(st.binary(max_size=70), st.binary(max_size=70)), max_size=6))
def test_what_one_end_seals_the_other_opens(talk: list[tuple[bytes, bytes]]) -> None:
    panel, reader = both_ends()
    for question, answer in talk:
        asked = replace(POLL, data=question)
        told = replace(CARD, data=answer)
        assert reader.open(Packet.from_bytes(panel.seal(asked).to_bytes())) == asked
        assert panel.open(Packet.from_bytes(reader.seal(told).to_bytes())) == told


def test_nothing_can_be_read_on_the_line() -> None:
    panel, reader = both_ends()
    panel.seal(POLL)

    sealed = reader.seal(CARD).to_bytes()

    assert CARD.data not in sealed
    assert sealed[5:7] == b"\x02\x18"


def test_a_command_without_payload_carries_a_mac_only() -> None:
    panel, _ = both_ends()

    assert panel.seal(POLL).security == b"\x15"


def test_an_altered_packet_is_refused_and_the_right_one_still_opens() -> None:
    panel, reader = both_ends()
    reader.open(panel.seal(POLL))
    sealed = reader.seal(CARD)

    assert panel.open(replace(sealed, data=sealed.data[::-1])) is None
    assert panel.open(replace(sealed, mac=b"\0\0\0\0")) is None
    assert panel.open(replace(sealed, sequence=3)) is None
    assert panel.open(sealed) == CARD


def test_a_packet_cannot_be_played_again() -> None:
    panel, reader = both_ends()
    asked = panel.seal(POLL)
    reader.open(asked)
    told = reader.seal(CARD)
    panel.open(told)

    panel.seal(POLL)

    assert panel.open(told) is None


@pytest.mark.parametrize("security", [b"", b"\x15", b"\x12\x01", b"\x17"])
def test_a_reply_must_look_like_a_reply(security: bytes) -> None:
    panel, _ = both_ends()

    assert panel.open(replace(CARD, security=security, mac=b"MAC!")) is None


def test_another_key_opens_nothing() -> None:
    panel, _ = both_ends()
    _, reader = both_ends(b"K" * 16)

    assert reader.open(panel.seal(POLL)) is None


def forged(session: SecureSession, data: bytes) -> Packet:
    """A reply with this cipher text under a right MAC, as only the reader itself could send."""
    packet = replace(CARD, data=data, security=b"\x18")
    mac = session._mac(packet.head(), session._command_mac)
    return replace(packet, mac=mac[:4])


@pytest.mark.parametrize("data", [b"short", b"8 bytes.", b"0123456789abcdef"])
def test_cipher_text_without_right_padding_is_refused(data: bytes) -> None:
    panel, reader = both_ends()
    reader.open(panel.seal(POLL))

    assert panel.open(forged(reader, data)) is None


def test_a_sealed_reply_without_payload_is_taken() -> None:
    panel, reader = both_ends()
    reader.open(panel.seal(POLL))

    assert panel.open(forged(reader, b"")) == replace(CARD, data=b"")


def test_the_mac_is_made_over_the_final_length() -> None:
    panel, _ = both_ends()

    frame = panel.seal(POLL).to_bytes()

    assert frame[2] == len(frame)
    assert frame[-2:] == crc(frame[:-2])
