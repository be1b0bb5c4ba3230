"""What serial readers for 125 kHz tags send, unasked and again and again while a tag is there. Pure.

Three framings: RDM6300 (STX, ten hexadecimal digits, two of checksum, ETX), ID-12 and ID-20 (the same with CR LF before
ETX), and binary with its length in front (STX, 0A, kind of card, five bytes, XOR, ETX). Seconds are monotonic.
"""

from __future__ import annotations

from enum import StrEnum
from functools import reduce
from operator import xor
from typing import Final

STX: Final = 0x02
ETX: Final = 0x03
TAG_BYTES: Final = 5
TAG_BITS: Final = 40
DROP_S: Final = 0.1
"""A frame that is not whole by then never will be."""
REPEAT_S: Final = 2.0
"""A tag is the same presentation until it has not been seen for so long."""

_HEX: Final = b"0123456789ABCDEFabcdef"
_DIGITS: Final = 12
_CR_LF: Final = b"\r\n"
_SHORT: Final = 14
_LONG: Final = 16
_BINARY: Final = 10
_EM4100: Final = 2
_MOST_TAGS: Final = 64


class Checksum(StrEnum):
    """How the checksum of the two frames in hexadecimal is made."""

    XOR = "xor"
    SUM = "sum"


class Framing(StrEnum):
    """How a reader frames a tag."""

    RDM6300 = "rdm6300"
    ID12 = "id12"
    BINARY = "binary"


def frame(tag: bytes, framing: Framing, checksum: Checksum = Checksum.XOR) -> bytes:
    """What a reader sends for a tag of five bytes."""
    if framing is Framing.BINARY:
        body = bytes((_BINARY, _EM4100)) + tag
        return bytes((STX,)) + body + bytes((reduce(xor, body), ETX))
    digits = (tag + bytes((_check(tag, checksum),))).hex().upper().encode()
    return bytes((STX,)) + digits + (_CR_LF if framing is Framing.ID12 else b"") + bytes((ETX,))


def _check(tag: bytes, checksum: Checksum) -> int:
    return reduce(xor, tag) if checksum is Checksum.XOR else sum(tag) & 0xFF


class TagFrames:
    """Collects bytes into tags. ``rejected`` counts whole frames that were wrong, ``stray`` bytes outside any."""

    def __init__(self, checksum: Checksum = Checksum.XOR) -> None:
        self.rejected = 0
        self.stray = 0
        self._checksum = checksum
        self._held = bytearray()
        self._last_s = 0.0

    def feed(self, data: bytes, mono_s: float) -> list[bytes]:
        """Add bytes that arrived at ``mono_s``; the tags of five bytes that are complete now."""
        if self._held and mono_s - self._last_s > DROP_S:
            self._skip(len(self._held))
        self._last_s = mono_s
        tags = []
        for byte in data:
            self._held.append(byte)
            while self._held and (size := self._size()) is not None and len(self._held) >= size:
                tag = self._take(size)
                if tag is not None:
                    tags.append(tag)
        return tags

    def _size(self) -> int | None:
        """How long the frame at hand is; 0 for none at all, ``None`` while that cannot be said."""
        held = self._held
        if held[0] != STX:
            return 0
        if len(held) == 1:
            return None
        if held[1] == _BINARY:
            return _BINARY
        if any(byte not in _HEX for byte in held[1 : 1 + _DIGITS]):
            return 0
        if len(held) < _SHORT:
            return None
        return _SHORT if held[_SHORT - 1] == ETX else _LONG

    def _take(self, size: int) -> bytes | None:
        whole = bytes(self._held[:size])
        tag = self._tag_of(whole) if size else None
        if tag is None:
            # Another frame may have begun within what looked like one.
            self.rejected += size > 0
            self._skip(1)
            begins = self._held.find(STX)
            self._skip(len(self._held) if begins < 0 else begins)
        else:
            del self._held[:size]
        return tag

    def _skip(self, count: int) -> None:
        self.stray += count
        del self._held[:count]

    def _tag_of(self, whole: bytes) -> bytes | None:
        if whole[-1] != ETX:
            return None
        if len(whole) == _BINARY:
            return whole[3:8] if whole[2] == _EM4100 and reduce(xor, whole[1:8]) == whole[8] else None
        if len(whole) == _LONG and whole[13:15] != _CR_LF:
            return None
        told = bytes.fromhex(whole[1 : 1 + _DIGITS].decode())
        return told[:TAG_BYTES] if _check(told[:TAG_BYTES], self._checksum) == told[TAG_BYTES] else None


class Repeats:
    """Tells a tag that has just come from one that is still held there."""

    def __init__(self) -> None:
        self._seen_s: dict[bytes, float] = {}

    def fresh(self, tag: bytes, mono_s: float) -> bool:
        """Whether the tag was not seen for :data:`REPEAT_S`; this counts as seeing it."""
        last_s = self._seen_s.pop(tag, None)
        self._seen_s[tag] = mono_s
        if len(self._seen_s) > _MOST_TAGS:
            del self._seen_s[next(iter(self._seen_s))]
        return last_s is None or mono_s - last_s >= REPEAT_S
