"""What every message's payload goes through on its way in."""

from __future__ import annotations

from dataclasses import dataclass


class BadMessageError(ValueError):
    """A payload that the standard does not allow for its code."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message whose code is known and whose payload is not as the standard wants it."""

    code: int
    data: bytes
    why: str


def exactly(data: bytes, length: int) -> bytes:
    """The same bytes, if they are ``length`` long.

    Raises:
        BadMessageError: They are not.
    """
    if len(data) != length:
        raise BadMessageError(f"{len(data)} bytes instead of {length}")
    return data


def pieces(data: bytes, size: int) -> list[bytes]:
    """One or more pieces of ``size`` bytes.

    Raises:
        BadMessageError: Empty, or the last piece is short.
    """
    if not data or len(data) % size:
        raise BadMessageError(f"{len(data)} bytes are not whole pieces of {size}")
    return [data[i : i + size] for i in range(0, len(data), size)]
