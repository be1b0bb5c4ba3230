"""From the bytes of a line to packets that may be shown, with their times. Pure: pieces in, records out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from firmware_bridge.devices.masking import Masking
from firmware_bridge.devices.tap import Piece
from firmware_bridge.protocol.osdp.frames import FrameDecoder, Packet

CHARACTER_BITS: Final = 10


@dataclass(frozen=True, slots=True)
class Traced:
    """One thing on a line.

    Attributes:
        mono_s: When its last byte was there, in monotonic seconds.
        packet: A packet, masked; its own flag says who sent it.
        noise: So many bytes that belong to no packet.
        lost: So many pieces were not seen, because whoever watches was too slow.
    """

    mono_s: float
    packet: Packet | None = None
    noise: int = 0
    lost: int = 0


class Tracer:
    """Decodes both directions of one line."""

    def __init__(self, baud: int, *, show_cards: bool = False) -> None:
        gap_s = max(0.02, 4 * CHARACTER_BITS / baud)
        self._decoders = {sent: FrameDecoder(gap_s) for sent in (False, True)}
        self._masking = Masking(show_cards=show_cards)

    def trace(self, pieces: Iterable[Piece]) -> Iterator[Traced]:
        """What the pieces complete. What we sent and hear again is not told twice."""
        for piece in pieces:
            for item in self._decoders[piece.sent].feed(piece.data, piece.mono_s):
                if not isinstance(item, Packet):
                    yield Traced(piece.mono_s, noise=item.count)
                else:
                    yield Traced(piece.mono_s, self._masking.mask(item))
