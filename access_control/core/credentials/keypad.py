"""One key of a keypad that hands it over as a burst of bits, as on a Wiegand line, and not by OSDP KEYPAD."""

from __future__ import annotations

from typing import Final

from access_control.core.credentials.bits import Bits

_KEYS: Final = "0123456789*#"
_NIBBLE: Final = 4
_BYTE: Final = 8
_LOW: Final = 0xF


def key_of(bits: Bits) -> str | None:
    """The key in four bits, or in eight whose first four are the complement of the others; ``None``: it is none."""
    if bits.length not in (_NIBBLE, _BYTE):
        return None
    value = bits.value & _LOW
    if bits.length == _BYTE and bits.value >> _NIBBLE != value ^ _LOW:
        return None
    return _KEYS[value] if value < len(_KEYS) else None
