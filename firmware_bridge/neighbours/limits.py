"""How much the port for neighbours takes from whom, so that a flood costs the doors nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

MOST_ADDRESSES: Final = 256


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second from then on."""

    burst: float
    each_s: float


NEIGHBOUR: Final = Rate(60, 10.0)  # from the address of a neighbour that Policy names
STRANGER: Final = Rate(20, 1.0)  # from any other address
STRANGERS: Final = Rate(40, 5.0)  # from all of those together


class Bucket:
    """Lets through what a rate allows."""

    def __init__(self, rate: Rate, now_s: float) -> None:
        """Full at first."""
        self._rate = rate
        self._left = rate.burst
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Ask to pass."""
        self._left = min(self._rate.burst, self._left + max(0.0, now_s - self._at_s) * self._rate.each_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Doorkeeper:
    """Judges each call by the address it comes from; strangers never use up what neighbours may have."""

    def __init__(self, neighbours: Callable[[], Collection[str]], now_s: float) -> None:
        """``neighbours`` are the addresses (without port) at which neighbours are known to be."""
        self._neighbours = neighbours
        self._addresses: OrderedDict[str, Bucket] = OrderedDict()
        self._strangers = Bucket(STRANGERS, now_s)

    def knows(self, address: str) -> bool:
        """Whether a neighbour is known to be there."""
        return address in self._neighbours()

    def admits(self, address: str, now_s: float) -> bool:
        """Whether one more call from there is taken now."""
        known = self.knows(address)
        key = f"{'neighbour' if known else 'stranger'} {address}"
        bucket = self._addresses.get(key) or Bucket(NEIGHBOUR if known else STRANGER, now_s)
        self._addresses[key] = bucket
        self._addresses.move_to_end(key)
        while len(self._addresses) > MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        return bucket.take(now_s) and (known or self._strangers.take(now_s))
