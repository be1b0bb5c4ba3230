"""When a peripheral is spoken to with 8-bit sums, and when not: never because of noise."""

import random

from firmware_bridge.protocol.osdp.checks import Checks
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Ack, Capabilities, Capability, Function, Nak


def answer(*, crc: bool) -> Packet:
    return Packet(1, 1, Ack.CODE, reply=True, crc=crc)


def unread(*, crc: bool = True) -> Packet:
    return Packet(1, 0, Nak.CODE, b"\x01", reply=True, crc=crc)


def can(level: int) -> Capabilities:
    return Capabilities((Capability(Function.CHECK, level, 0),))


def test_a_peripheral_that_answers_with_sums_gets_sums_after_the_third() -> None:
    checks = Checks()
    for _ in range(2):
        checks.heard(answer(crc=False))
    checks.heard(answer(crc=True))
    for _ in range(2):
        checks.heard(answer(crc=False))
    assert checks.crc

    checks.heard(answer(crc=False))
    assert not checks.crc


def test_one_that_reads_no_crc_gets_sums_and_one_that_reads_neither_gets_a_crc_again() -> None:
    checks = Checks()
    for _ in range(4):
        checks.heard(unread())
    assert checks.crc
    checks.heard(unread())
    assert not checks.crc

    for _ in range(5):
        checks.heard(unread(crc=False))
    assert checks.crc


def test_one_that_ever_understood_a_crc_is_never_taken_for_one_that_does_not() -> None:
    checks = Checks()
    checks.heard(answer(crc=True))
    for _ in range(100):
        checks.heard(unread())

    assert checks.crc


def test_noise_alone_never_leads_to_sums() -> None:
    for seed in range(200):
        noise, checks = random.Random(seed), Checks()
        checks.heard(answer(crc=True))
        for _ in range(200):
            checks.heard(unread() if noise.random() < 0.9 else answer(crc=True))
        assert checks.crc


def test_its_own_word_counts_at_once_and_silence_about_it_says_nothing() -> None:
    checks = Checks()
    checks.told(Capabilities(()))
    assert checks.crc
    checks.told(can(1))
    assert checks.crc
    checks.told(can(0))
    assert not checks.crc
    checks.told(can(1))
    assert not checks.crc


def test_a_guess_that_its_own_word_contradicts_is_taken_back_once() -> None:
    checks = Checks()
    for _ in range(5):
        checks.heard(unread())
    checks.told(can(1))
    assert checks.crc

    for _ in range(5):
        checks.heard(unread())
    checks.told(can(1))
    assert not checks.crc


def test_what_it_does_under_protection_counts_more_than_what_it_says() -> None:
    checks = Checks()
    for _ in range(3):
        checks.proved(answer(crc=False))
    checks.told(can(1))

    assert not checks.crc


def test_what_came_in_the_clear_is_taken_back_by_its_own_word_as_often_as_that_proves_true() -> None:
    checks = Checks()
    for _ in range(5):
        for _ in range(3):
            checks.heard(answer(crc=False))
        assert not checks.crc
        checks.proved(answer(crc=False))
        checks.told(can(1))
        assert checks.crc
        checks.proved(answer(crc=True))


def test_sums_that_nobody_answers_are_given_up_and_a_crc_never_is() -> None:
    checks = Checks()
    checks.told(can(0))
    checks.unanswered()
    checks.unanswered()
    checks.heard(answer(crc=False))
    checks.unanswered()
    checks.unanswered()
    assert not checks.crc
    for _ in range(10):
        checks.unanswered()
        assert checks.crc
