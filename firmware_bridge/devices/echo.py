"""Adapters that hand back what they send: exactly the bytes just sent are taken out of what is heard. Pure.

An echo that came back otherwise than it was sent means that somebody else sent at the same time. It is counted, and
everything heard is handed on: whoever reads the line finds its packets in it, or asks again.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.config import Echo

_OSDP_START: Final = 0x53
_OSDP_MARK: Final = 0xFF
_OSDP_REPLY: Final = 0x80
_MODBUS_READS: Final = range(1, 5)
_MODBUS_READ_BYTES: Final = 8


class EchoFilter:
    """One open port's ear.

    Attributes:
        hears_itself: Whether the adapter echoes, as far as is known.
        wrong: How many echoes came back changed.
    """

    def __init__(self, echo: Echo) -> None:
        """With ``AUTO`` an adapter echoes as soon as bytes came back that no device could have sent."""
        self.hears_itself = echo is Echo.YES
        self.wrong = 0
        self._finds_out = echo is Echo.AUTO
        self._expected = b""
        self._matched = 0
        self._kept_back = b""

    def sent(self, data: bytes, *, telling: bool | None = None) -> None:
        """These bytes go out now. ``telling``: no device answers with the same bytes; if not given, see below."""
        begun, self._expected, self._matched = self._expected[: self._matched], b"", 0
        if self.hears_itself:
            self.wrong += bool(begun)
        else:
            self._kept_back += begun
        if self.hears_itself or (self._finds_out and (no_answer_looks_like(data) if telling is None else telling)):
            self._expected = data

    def heard(self, data: bytes) -> bytes:
        """What of ``data`` somebody else sent."""
        before, self._kept_back = self._kept_back, b""
        for position, byte in enumerate(data):
            if self._matched == len(self._expected):
                return before + data[position:]
            if byte != self._expected[self._matched]:
                self.wrong += self.hears_itself
                begun, self._expected, self._matched = self._expected[: self._matched], b"", 0
                return before + begun + data[position:]
            self._matched += 1
            if self._matched == len(self._expected):
                self.hears_itself = True
                self._expected, self._matched = b"", 0
        return before


def no_answer_looks_like(data: bytes) -> bool:
    """Whether these bytes are a question that no device can answer with the same bytes.

    A question on an OSDP line and a reading one on a Modbus line are; a Modbus board acknowledges a write by repeating
    it, and a USB relay may repeat a command for people to read.
    """
    packet = data[1:] if data[:1] == bytes((_OSDP_MARK,)) else data
    if len(packet) >= 7 and packet[0] == _OSDP_START and packet[2] | packet[3] << 8 == len(packet):
        return not packet[1] & _OSDP_REPLY
    # The third byte of an answer says how many more follow, which is never none.
    return len(data) == _MODBUS_READ_BYTES and data[1] in _MODBUS_READS and data[2] == 0
