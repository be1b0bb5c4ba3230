"""Base45 (RFC 9285): bytes in the alphabet that a QR code packs tightest."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Write two bytes as three characters and an odd last byte as two."""
    text: list[str] = []
    for i in range(0, len(data), 2):
        pair = data[i : i + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text.append(ALPHABET[digit])
    return "".join(text)


def decode(text: str) -> bytes:
    """The inverse of :func:`encode`.

    Raises:
        ValueError: A character or a group that no bytes have.
    """
    data = bytearray()
    for i in range(0, len(text), 3):
        group = text[i : i + 3]
        size = len(group) - 1
        value = 0
        for place, character in enumerate(group):
            if character not in _VALUES:
                raise ValueError("a character is outside the Base45 alphabet")
            value += _VALUES[character] * 45**place
        if size == 0 or value >= 256**size:
            raise ValueError("a group of characters stands for no bytes")
        data += value.to_bytes(size, "big")
    return bytes(data)
