from __future__ import annotations

from access_control.core.credentials.bits import Bits
from firmware_bridge.devices.tap import Piece
from firmware_bridge.devices.tracing import Traced, Tracer
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import RawCard

POLL = Packet(1, 1, 0x60)
CARD = RawCard(0, 1, Bits(0x2ABCDEF, 26))
ANSWER = Packet(1, 1, CARD.CODE, CARD.to_bytes(), reply=True)


def test_packets_in_pieces_get_the_time_of_their_last_byte() -> None:
    answer = ANSWER.to_bytes()
    pieces = [
        Piece(1.0, sent=True, data=POLL.to_bytes()),
        Piece(1.01, sent=False, data=b"\x01\x02" + answer[:5]),
        Piece(1.015, sent=False, data=answer[5:]),
    ]
    poll, noise, card = Tracer(9600).trace(pieces)
    assert poll == Traced(1.0, POLL)
    assert noise == Traced(1.01, noise=2)
    assert (card.mono_s, card.packet is not None and card.packet.data[4:]) == (1.015, bytes(4))


def test_with_a_reason_cards_are_shown() -> None:
    (card,) = Tracer(9600, show_cards=True).trace([Piece(1.0, sent=False, data=ANSWER.to_bytes())])
    assert card.packet == ANSWER


def test_one_who_only_listens_hears_both_directions() -> None:
    heard = Tracer(9600).trace([Piece(1.0, sent=False, data=POLL.to_bytes() + ANSWER.to_bytes())])
    assert [traced.packet.reply for traced in heard if traced.packet] == [False, True]
