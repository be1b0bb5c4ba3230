"""Numato USB relay modules: commands in ASCII that end with CR, an echo, an answer, a prompt. Pure.

``relay on 0`` CR is answered by ``relay on 0`` LF CR ``>``, and a question by its echo, the value and the prompt.
Channels from 10 on are single letters, A for 10.
"""

from __future__ import annotations

import re
from typing import Final

PROMPT: Final = b">"
FLUSH: Final = b"\r"
"""Ends whatever stands in the module's line buffer; it answers with a prompt."""
MOST_CHANNELS: Final = 32
READ_ALL: Final = b"relay readall\r"
_CHANNELS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,16}")


def switch(channel: int, *, on: bool) -> bytes:
    """Switch a relay.

    Raises:
        ValueError: No module has such a channel.
    """
    return f"relay {'on' if on else 'off'} {_name(channel)}\r".encode()


def read_input(channel: int) -> bytes:
    """Ask for a GPIO pin.

    Raises:
        ValueError: No module has such a channel.
    """
    return f"gpio read {_name(channel)}\r".encode()


def _name(channel: int) -> str:
    if not 0 <= channel < MOST_CHANNELS:
        raise ValueError(f"Numato modules have channels 0 to {MOST_CHANNELS - 1}.")
    return _CHANNELS[channel]


def parse_answer(asked: bytes, data: bytes) -> str | None:
    """What stands between the echo of ``asked`` and the prompt; ``None`` while the prompt has not come.

    Raises:
        ValueError: The bytes are no answer to this question.
    """
    if not data.rstrip(b"\r\n ").endswith(PROMPT):
        return None
    echo = asked.strip().decode()
    lines = [line.strip(" >") for line in re.split(r"[\r\n]+", data.decode("ascii"))]
    words = [line for line in lines if line]
    if echo not in words:
        raise ValueError("The echo is that of something else.")
    return " ".join(words[words.index(echo) + 1 :])


def parse_relays(value: str, channels: int) -> tuple[bool, ...]:
    """The states in an answer to :data:`READ_ALL`, a hexadecimal number with channel 0 as its lowest bit.

    Raises:
        ValueError: It is no number, or too short for so many channels.
    """
    if not _HEX.fullmatch(value) or len(value) * 4 < channels:
        raise ValueError("This is no state of the relays.")
    bits = int(value, 16)
    return tuple(bool(bits >> channel & 1) for channel in range(channels))


def parse_input(value: str) -> bool:
    """The level of a GPIO pin.

    Raises:
        ValueError: It is neither 0 nor 1.
    """
    if value not in {"0", "1"}:
        raise ValueError("This is no level of a pin.")
    return value == "1"
