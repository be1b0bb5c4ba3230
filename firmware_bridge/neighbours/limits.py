"""How much the port for neighbours takes from whom, so that a flood costs the doors nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final

from firmware_bridge.controller.limits import Bucket, Rate

MOST_ADDRESSES: Final = 256


NEIGHBOUR: Final = Rate(60, 10.0)  # from the address of a neighbour that Policy names
STRANGER: Final = Rate(20, 1.0)  # from any other address
STRANGERS: Final = Rate(40, 5.0)  # from all of those together


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
