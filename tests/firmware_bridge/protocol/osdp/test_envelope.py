"""Questions are numbered 0, 1, 2, 3, 1 and so on, and packed with the check that the peripheral knows."""

from firmware_bridge.protocol.osdp.commands import Poll, SetOutputs
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.secure import SecureSession


def session() -> SecureSession:
    return SecureSession(b"K" * 16, b"A" * 8, b"B" * 8)


def test_numbers_go_on_with_each_answer_and_begin_anew() -> None:
    pack = Envelope(5)
    numbers = []
    for _ in range(5):
        numbers.append(pack.clear(Poll()).sequence)
        pack.answered()
    assert numbers == [0, 1, 2, 3, 1]

    pack.session = session()
    pack.restart()
    assert pack.sequence == 0
    assert pack.session is None


def test_a_question_in_the_clear_has_the_check_that_was_learned() -> None:
    pack = Envelope(5)
    assert Packet.from_bytes(pack.clear(Poll(), b"\x11\x01").frame).security == b"\x11\x01"
    pack.checks.crc = False

    packet = Packet.from_bytes(pack.clear(Poll()).frame)
    assert (packet.crc, packet.address) == (False, 5)


def test_a_sealed_question_is_opened_by_the_other_end_whatever_the_check() -> None:
    pack, ours, theirs = Envelope(5), session(), session()
    for crc in (True, False):
        pack.checks.crc = crc
        exchange = pack.sealed(ours, SetOutputs(()))
        packet = Packet.from_bytes(exchange.frame)
        assert packet.crc is crc
        assert exchange.sealed
        opened = theirs.open(packet)
        assert opened is not None
        assert opened.code == SetOutputs.CODE
