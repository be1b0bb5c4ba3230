"""LCUS relay boards on a USB-to-serial chip: four bytes a command, and a status where the firmware has one. Pure.

``A0 channel operation sum``, channels from 1, ``sum`` the low byte of the three before it. Most firmwares say nothing;
many boards answer a single ``FF`` with a byte for each channel or with lines such as ``CH1:ON``. Operations beyond off
and on are known from hearsay only, so a table holds what a firmware understands and the settings name the row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

STATUS: Final = b"\xff"
"""Asks for every channel at once."""
FRAME_BYTES: Final = 4
MOST_CHANNELS: Final = 16
_START: Final = 0xA0
_LINE: Final = re.compile(rb"CH\s*(\d{1,2})\s*[:=]\s*(ON|OFF)(?=[^A-Za-z]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variant:
    """What one firmware understands.

    Attributes:
        off: The operation that switches a channel off.
        on: The operation that switches it on.
        replies: Whether each command is answered by a frame with the channel and its state, 0 or 1.
        query: The operation that asks for one channel, answered in the same way; ``None`` if there is none.
        asks_status: Whether :data:`STATUS` is worth trying.
    """

    off: int
    on: int
    replies: bool = False
    query: int | None = None
    asks_status: bool = False


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        "probe": Variant(0, 1, asks_status=True),
        "silent": Variant(0, 1),
        "replying": Variant(2, 3, replies=True, query=5),
    }
)
"""``probe`` asks for the status and goes on without if there is none; ``silent`` never asks."""


def command(channel: int, operation: int) -> bytes:
    """A frame for a channel, counted from 1.

    Raises:
        ValueError: No board has such a channel.
    """
    if not 1 <= channel <= MOST_CHANNELS:
        raise ValueError(f"LCUS boards have channels 1 to {MOST_CHANNELS}.")
    return bytes((_START, channel, operation, (_START + channel + operation) & 0xFF))


def parse_frame(data: bytes) -> tuple[int, int] | None:
    """The channel and operation (or state) of a frame; ``None`` while it is not whole.

    Raises:
        ValueError: These bytes are no frame.
    """
    if data[:1] not in (b"", bytes((_START,))):
        raise ValueError("A frame starts with A0.")
    if len(data) < FRAME_BYTES:
        return None
    if sum(data[:3]) & 0xFF != data[3]:
        raise ValueError("The sum of a frame is wrong.")
    return data[1], data[2]


def parse_reply(data: bytes, channel: int) -> bool | None:
    """The state of a channel in the reply of a replying firmware; ``None`` while it is not whole.

    Raises:
        ValueError: It is no reply about this channel.
    """
    frame = parse_frame(data)
    if frame is None:
        return None
    if frame[0] != channel or frame[1] > 1:
        raise ValueError("This is a reply about something else.")
    return frame[1] == 1


def parse_status(data: bytes, channels: int) -> tuple[bool, ...] | None:
    """The states of the first ``channels`` channels in an answer to :data:`STATUS`; ``None`` while it is not whole.

    Raises:
        ValueError: The bytes are no status.
    """
    if not data:
        return None
    if data[0] <= 1:
        states = data[:channels]
        if max(states) > 1:
            raise ValueError("A channel is neither on nor off.")
        return tuple(state == 1 for state in states) if len(states) == channels else None
    if any(byte >= 0x7F or (byte < 0x20 and byte not in b"\r\n\t") for byte in data):
        raise ValueError("A status is neither a byte for each channel nor text.")
    told = {int(number): word.upper() == b"ON" for number, word in _LINE.findall(data)}
    if not told.keys() >= set(range(1, channels + 1)):
        return None
    return tuple(told[number] for number in range(1, channels + 1))
