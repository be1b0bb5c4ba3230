"""Raw card bits, as a reader hands them over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bits:
    """A card's bits in the order they were sent.

    Attributes:
        value: The frame as a right-aligned integer; the first bit sent is the most significant.
        length: How many bits were sent, leading zeros included.
    """

    value: int
    length: int

    def __post_init__(self) -> None:
        """Refuse a frame that does not fit its own length."""
        if self.length < 0 or self.value < 0 or self.value >> self.length:
            msg = f"{self.value:#x} does not fit in {self.length} bits"
            raise ValueError(msg)

    @classmethod
    def from_left_justified(cls, data: bytes, length: int) -> Bits:
        """Take bits as OSDP RAW carries them: first bit in the top of the first byte, zero padding at the end.

        Raises:
            ValueError: ``data`` is not exactly as long as ``length`` bits need.
        """
        if len(data) != (length + 7) // 8:
            msg = f"{length} bits need {(length + 7) // 8} bytes, not {len(data)}"
            raise ValueError(msg)
        return cls(int.from_bytes(data, "big") >> (-length % 8), length)

    def left_justified(self) -> bytes:
        """The inverse of :meth:`from_left_justified`."""
        return (self.value << (-self.length % 8)).to_bytes((self.length + 7) // 8, "big")
