"""The sign of life of a port's thread: it stamps each turn of its loop, and whoever watches sees how old that is."""

from __future__ import annotations

from firmware_bridge.clock import Clock


class Beat:
    """One thread's stamp; written by that thread, read by any."""

    def __init__(self, clock: Clock) -> None:
        """It counts from the first stamp; a thread that was never started does not hang."""
        self._clock = clock
        self._stamped_s: float | None = None

    def stamp(self) -> None:
        """The thread works."""
        self._stamped_s = self._clock.monotonic_s()

    def age_s(self) -> float:
        """How long ago it was last seen to work."""
        return 0.0 if self._stamped_s is None else self._clock.monotonic_s() - self._stamped_s
