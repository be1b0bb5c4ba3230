from __future__ import annotations

from typing import Any

import pytest

from access_control.core.credentials.bits import Bits
from firmware_bridge.devices.message_words import COMMAND_NAMES, REPLY_NAMES, is_idle, name_of, words_of
from firmware_bridge.protocol.osdp import commands, replies
from firmware_bridge.protocol.osdp.commands import OutputControl, OutputOrder
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.lights import Blink, LedOrder, SetLeds
from firmware_bridge.protocol.osdp.replies import Capabilities, Capability, Function


def sent(message: Any) -> Packet:
    return Packet(1, 1, message.CODE, message.to_bytes())


def heard(message: Any) -> Packet:
    return Packet(1, 1, message.CODE, message.to_bytes(), reply=True)


RED = Blink(5, 5, 1, 0)


@pytest.mark.parametrize(
    ("packet", "name", "words"),
    [
        (sent(commands.Poll()), "POLL", ""),
        (sent(commands.AskIdentity()), "ID", ""),
        (
            sent(commands.SetOutputs((OutputOrder(0, OutputControl.ON_FOR_TIMER, 50),))),
            "OUT",
            "output 0 on for timer 5 s",
        ),
        (sent(SetLeds((LedOrder(0, 0, temporary=RED, timer=30),))), "LED", "light 0 red/off for 3 s"),
        (sent(SetLeds((LedOrder(0, 1, permanent=Blink(1, 0, 2, 2)),))), "LED", "light 1 green"),
        (sent(SetLeds((LedOrder(0, 1, cancel=True),))), "LED", "light 1 as before"),
        (sent(commands.Buzz(0, 2, 1, 1, 3)), "BUZ", "3 times"),
        (sent(commands.Buzz(0, 1, 1, 1, 3)), "BUZ", "silence"),
        (sent(commands.ShowText(0, 1, 0, 1, 1, b"Welcome")), "TEXT", "Welcome"),
        (sent(commands.SetCommunication(5, 38400)), "COMSET", "address 5, 38400 baud"),
        (sent(commands.SetKey(b"k" * 16)), "KEYSET", "a new key (not shown)"),
        (sent(commands.Challenge(b"12345678")), "CHLNG", ""),
        (sent(commands.PanelReceiveSize(512)), "ACURXSIZE", "size 512"),
        (heard(replies.Ack()), "ACK", ""),
        (heard(replies.Nak(6)), "NAK", "refused: it answers only inside Secure Channel"),
        (
            heard(replies.Identity(b"\1\2\3", 4, 1, 77, (1, 2, 3))),
            "PDID",
            "01-02-03, model 4, serial number 77, firmware 1.2.3",
        ),
        (heard(Capabilities((Capability(Function.LED, 4, 1),))), "PDCAP", "1 light"),
        (heard(replies.LocalStatus(tampered=True, power_failed=False)), "LSTATR", "TAMPERED, power good"),
        (heard(replies.InputStatus((0, 1))), "ISTATR", "0 1"),
        (heard(replies.Communication(5, 9600)), "COM", "address 5, 9600 baud"),
        (heard(replies.RawCard(0, 1, Bits(5, 4))), "RAW", "a card of 4 bits (not shown)"),
        (heard(replies.Keypad(0, b"47")), "KEYPAD", "2 keys (not shown)"),
        (heard(replies.ClientCryptogram(b"c" * 8, b"r" * 8, b"x" * 16)), "CCRYPT", ""),
        (Packet(1, 1, 0x68, b"x", security=b"\x17", mac=b"mac!"), "OUT", "sealed, 1 bytes"),
        (Packet(1, 1, 0x50, b"x", reply=True), "RAW", "makes no sense: a card without bits"),
        (Packet(1, 1, 0x90, b"xy", reply=True), "0x90", "unknown, 2 bytes"),
        (Packet(1, 1, 0x80, b"xy"), "0x80", "unknown, 2 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_a_packet_says(packet: Packet, name: str, words: str) -> None:
    assert (name_of(packet), words_of(packet)) == (name, words)


def test_cards_and_keys_with_a_reason() -> None:
    assert words_of(heard(replies.RawCard(0, 1, Bits(5, 4))), cards_shown=True) == "a card of 4 bits (0101)"
    assert words_of(heard(replies.Keypad(0, b"47")), cards_shown=True) == "2 keys (47)"


def test_every_message_has_its_name() -> None:
    assert {kind.CODE for kind in commands.Command.__args__} <= COMMAND_NAMES.keys()
    assert {kind.CODE for kind in replies.Reply.__args__} <= REPLY_NAMES.keys()


def test_what_brings_nothing() -> None:
    assert is_idle(sent(commands.Poll()))
    assert is_idle(heard(replies.Ack()))
    assert not is_idle(heard(replies.Busy()))
