"""The LED command: colours, rhythms, and what shows when a timed one is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self

from firmware_bridge.protocol.osdp.fields import BadMessageError, pieces


class Colour(IntEnum):
    """The colours of an LED."""

    OFF = 0
    RED = 1
    GREEN = 2
    AMBER = 3
    BLUE = 4
    MAGENTA = 5
    CYAN = 6
    WHITE = 7


@dataclass(frozen=True, slots=True)
class Blink:
    """An LED's rhythm: ``on`` and ``off`` in 100 ms, and the colour of each half."""

    on: int
    off: int
    on_colour: int
    off_colour: int

    def to_bytes(self) -> bytes:
        """Four bytes."""
        return bytes((self.on, self.off, self.on_colour, self.off_colour))


@dataclass(frozen=True, slots=True)
class LedOrder:
    """One LED. ``temporary`` runs for ``timer`` (100 ms), then ``permanent`` shows again; ``None`` changes nothing."""

    reader: int
    led: int
    temporary: Blink | None = None
    timer: int = 0
    permanent: Blink | None = None
    cancel: bool = False

    def to_bytes(self) -> bytes:
        """Fourteen bytes."""
        control = 1 if self.cancel else 2 if self.temporary else 0
        temporary = self.temporary.to_bytes() if self.temporary else bytes(4)
        permanent = b"\x01" + self.permanent.to_bytes() if self.permanent else bytes(5)
        timer = self.timer.to_bytes(2, "little")
        return bytes((self.reader, self.led, control)) + temporary + timer + permanent


@dataclass(frozen=True, slots=True)
class SetLeds:
    """LED: show colours."""

    CODE: ClassVar[int] = 0x69
    orders: tuple[LedOrder, ...]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take one or more LEDs."""
        orders = []
        for piece in pieces(data, 14):
            if piece[2] > 2 or piece[9] > 1:
                raise BadMessageError("an LED's control code does not exist")
            orders.append(
                LedOrder(
                    reader=piece[0],
                    led=piece[1],
                    temporary=Blink(*piece[3:7]) if piece[2] == 2 else None,
                    timer=piece[7] | piece[8] << 8,
                    permanent=Blink(*piece[10:14]) if piece[9] else None,
                    cancel=piece[2] == 1,
                )
            )
        return cls(tuple(orders))

    def to_bytes(self) -> bytes:
        """The payload."""
        return b"".join(order.to_bytes() for order in self.orders)
