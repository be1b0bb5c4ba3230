from __future__ import annotations

import pytest

from firmware_bridge.devices.describing import abilities, firmware, maker, protection_of, refused_because
from firmware_bridge.protocol.osdp.replies import Capabilities, Capability, Function, Identity, Nak


def able(*items: tuple[int, int, int]) -> Capabilities:
    return Capabilities(tuple(Capability(*item) for item in items))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ((Function.INPUTS, 1, 1), ["1 input"]),
        ((Function.INPUTS, 1, 0), []),
        ((Function.OUTPUTS, 4, 8), ["8 outputs, timed"]),
        ((Function.OUTPUTS, 0, 8), []),
        ((Function.LED, 4, 2), ["2 lights"]),
        ((Function.BUZZER, 0, 1), []),
        ((Function.TEXT, 1, 1), ["display"]),
        ((Function.CHECK, 0, 0), ["checksum only"]),
        ((Function.RECEIVE_SIZE, 0, 2), ["takes 512 bytes"]),
        ((Function.SMART_CARD, 1, 0), ["smart cards"]),
        ((Function.BIOMETRICS, 1, 0), ["biometrics"]),
        ((Function.READERS, 0, 1), []),
        ((Function.READERS, 0, 2), ["2 reader heads"]),
        ((99, 1, 1), []),
    ],
)
def test_what_it_can_do_in_words(item: tuple[int, int, int], words: list[str]) -> None:
    assert abilities(able(item)) == words


@pytest.mark.parametrize(
    ("can", "protection"),
    [
        (None, "unknown"),
        (able(), "none"),
        (able((Function.SECURITY, 0, 1)), "none"),
        (able((Function.SECURITY, 1, 1)), "default_key"),
        (able((Function.SECURITY, 1, 0)), "own_key"),
    ],
)
def test_how_it_is_protected(can: Capabilities | None, protection: str) -> None:
    assert protection_of(can) == protection


def test_who_made_it() -> None:
    identity = Identity(b"\x01\x02\x03", 1, 2, 3, (4, 5, 6))
    assert (maker(identity), firmware(identity)) == ("01-02-03", "4.5.6")
    assert maker(Identity(b"\x00\x06\x8e", 1, 2, 3, (4, 5, 6))) == "HID (00-06-8E)"


def test_why_it_refused() -> None:
    assert refused_because(Nak(6)) == "it answers only inside Secure Channel"
    assert refused_because(Nak(7)) == "refusal 7"
    assert refused_because(Nak(200)) == "a refusal of its maker's own (200)"
