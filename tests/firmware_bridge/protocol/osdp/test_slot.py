"""How long an answer is waited for: to its end if it began in time, and not for noise that only looks like one."""

import random

import pytest

from firmware_bridge.protocol.osdp.frames import FrameDecoder
from firmware_bridge.protocol.osdp.panel import ReaderSession
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup
from firmware_bridge.protocol.osdp.slot import Slot

CHARACTER_S = 0.001
LONG = b"\x53\x81\xa0\x05"
"""The beginning of a packet of 1440 bytes."""


def slot() -> Slot:
    session = ReaderSession(ReaderSetup(1, 1), LinkTiming(), random.Random(1).randbytes, lambda _event: None)
    return Slot(session, 9.98, 10.0, 10.03)


def test_an_answer_that_has_begun_in_time_is_waited_for() -> None:
    decoder = FrameDecoder()
    assert slot().patient_until_s(decoder, CHARACTER_S) == 10.03
    decoder.feed(LONG, 10.02)
    for number in range(100):
        decoder.feed(b"\0", 10.02 + number * CHARACTER_S)
    assert slot().patient_until_s(decoder, CHARACTER_S) == pytest.approx(10.02 + 99 * CHARACTER_S + 0.02)


def test_what_begins_later_is_not() -> None:
    decoder = FrameDecoder()
    decoder.feed(b"\x53", 10.02)
    for number in range(20):
        decoder.feed(b"\x53", 10.025 + number * CHARACTER_S)
    assert slot().patient_until_s(decoder, CHARACTER_S) == 10.03


def test_what_comes_slower_than_the_line_can_carry_is_soon_given_up() -> None:
    decoder = FrameDecoder()
    decoder.feed(LONG, 10.02)
    now_s = 10.02
    while now_s < slot().patient_until_s(decoder, CHARACTER_S):
        now_s += 2 * CHARACTER_S
        decoder.feed(b"\0", now_s)
    assert now_s < 10.15
