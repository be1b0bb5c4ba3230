"""Keys never leave a line in a trace; cards and PINs only for a reason."""

from __future__ import annotations

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.devices.masking import Masking
from firmware_bridge.protocol.osdp.commands import Challenge, SetKey
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Keypad, RawCard, parse_reply
from firmware_bridge.protocol.osdp.secure import CHALLENGE, USING_DEFAULT_KEY, USING_OWN_KEY

KEY = bytes(range(1, 17))
CARD = RawCard(0, 1, Bits(0x2ABCDEF, 26))
PIN = Keypad(0, b"4711\x0d")
SEALED_COMMAND, SEALED_REPLY = b"\x17", b"\x18"
MAC = b"mac!"


def reply(code: int, data: bytes, security: bytes = b"") -> Packet:
    return Packet(1, 1, code, data, reply=True, security=security, mac=MAC if security else b"")


def begun(masking: Masking, key: int, address: int = 1) -> None:
    masking.mask(Packet(address, 0, Challenge.CODE, b"12345678", security=bytes((CHALLENGE, key))))


@pytest.mark.parametrize("show", [False, True])
@pytest.mark.parametrize("security", [b"", SEALED_COMMAND, b"\x15"])
def test_a_key_is_never_shown(show: bool, security: bytes) -> None:
    masking = Masking(show_cards=show)
    begun(masking, USING_OWN_KEY)
    command = SetKey(KEY)
    packet = Packet(1, 1, command.CODE, command.to_bytes(), security=security, mac=MAC if security else b"")
    masked = masking.mask(packet)
    assert masked.data == bytes(18)
    assert KEY not in masked.to_bytes()
    assert Packet.from_bytes(masked.to_bytes()) == masked


def test_a_card_keeps_its_length_and_a_pin_its_number_of_keys() -> None:
    card = Masking().mask(reply(CARD.CODE, CARD.to_bytes()))
    assert parse_reply(card.code, card.data) == RawCard(0, 1, Bits(0, 26))
    keys = Masking().mask(reply(PIN.CODE, PIN.to_bytes()))
    assert parse_reply(keys.code, keys.data) == Keypad(0, b"00000")
    assert Packet.from_bytes(card.to_bytes()) == card


def test_with_a_reason_cards_and_pins_are_shown() -> None:
    for message in (CARD, PIN):
        packet = reply(message.CODE, message.to_bytes())
        assert Masking(show_cards=True).mask(packet) == packet


@pytest.mark.parametrize("show", [False, True])
def test_what_nobody_knows_may_be_anything(show: bool) -> None:
    assert Masking(show_cards=show).mask(reply(0x90, b"secret")).data == bytes(6)
    assert Masking(show_cards=show).mask(Packet(1, 1, 0x80, b"secret")).data == bytes(6)
    formatted = Masking(show_cards=show).mask(reply(0x51, b"\0\0\x05hello"))
    assert formatted.data == (b"\0\0\x05hello" if show else b"\0\0\x05" + bytes(5))


def test_what_is_sealed_with_a_devices_own_key_stays_as_it_is() -> None:
    masking = Masking()
    begun(masking, USING_OWN_KEY)
    for packet in (reply(CARD.CODE, b"cipher-text", SEALED_REPLY), reply(0x90, b"cipher-text", SEALED_REPLY)):
        assert masking.mask(packet) == packet


def test_what_anybody_could_open_is_masked() -> None:
    masking = Masking()
    sealed = reply(CARD.CODE, b"cipher-text", SEALED_REPLY)
    light = reply(0x40, b"cipher-text", SEALED_REPLY)
    assert masking.mask(sealed).data == bytes(11)
    begun(masking, USING_OWN_KEY, address=2)
    assert masking.mask(sealed).data == bytes(11)
    begun(masking, USING_OWN_KEY)
    assert masking.mask(sealed) == sealed
    begun(masking, USING_DEFAULT_KEY)
    assert masking.mask(sealed).data == bytes(11)
    assert masking.mask(light) == light


def test_what_has_a_mac_but_is_not_sealed_is_in_the_clear() -> None:
    masking = Masking()
    begun(masking, USING_OWN_KEY)
    assert masking.mask(reply(CARD.CODE, CARD.to_bytes(), b"\x16")).data[4:] == bytes(4)
