"""What must not leave a line in a trace: keys never, cards and PINs only when somebody gives a reason.

A masked packet keeps its length, its head and a right check, so that it decodes like the one that was on the line; the
secret part is zeros. What Secure Channel has sealed is left as it is, if the session was seen to begin with a key of
the device's own; with the key that everybody knows, or an unseen beginning, cards and PINs are zeros there too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from firmware_bridge.protocol.osdp.commands import Challenge, SetKey, UnknownCommand, parse_command
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Keypad, RawCard, UnknownReply, parse_reply
from firmware_bridge.protocol.osdp.secure import CHALLENGE, USING_OWN_KEY

_FORMATTED_CARD: Final = 0x51
_HEADS: Final = {RawCard.CODE: 4, _FORMATTED_CARD: 3, Keypad.CODE: 2}
_SEALED: Final = (0x17, 0x18)
_DIGIT: Final = b"0"


class Masking:
    """Masks the packets of one line; it has to see all of them, in their order."""

    def __init__(self, *, show_cards: bool = False) -> None:
        self._show_cards = show_cards
        self._own_key: set[int] = set()

    def mask(self, packet: Packet) -> Packet:
        """The packet as it may be shown."""
        self._note_key(packet)
        if not packet.data:
            return packet
        if not packet.reply and packet.code == SetKey.CODE:
            return _zeroed(packet, 0)
        if packet.security and packet.security[0] in _SEALED:
            secret = packet.address not in self._own_key and (_unknown(packet) or _is_card(packet))
            return _zeroed(packet, 0) if secret else packet
        if _is_card(packet):
            return packet if self._show_cards else _zeroed(packet, _HEADS[packet.code])
        return _zeroed(packet, 0) if _unknown(packet) else packet

    def _note_key(self, packet: Packet) -> None:
        """Whether the session that begins is made with a key of the device's own."""
        if not packet.reply and packet.code == Challenge.CODE and packet.security[:1] == bytes((CHALLENGE,)):
            own = packet.security[1:] == bytes((USING_OWN_KEY,))
            (self._own_key.add if own else self._own_key.discard)(packet.address)


def _is_card(packet: Packet) -> bool:
    return packet.reply and packet.code in _HEADS


def _unknown(packet: Packet) -> bool:
    """A message that this program does not speak may carry anything."""
    if packet.reply:
        return isinstance(parse_reply(packet.code, packet.data), UnknownReply)
    return isinstance(parse_command(packet.code, packet.data), UnknownCommand)


def _zeroed(packet: Packet, head: int) -> Packet:
    fill = _DIGIT if packet.reply and packet.code == Keypad.CODE else b"\0"
    return replace(packet, data=packet.data[:head] + fill * (len(packet.data) - head))
