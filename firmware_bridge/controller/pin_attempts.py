"""Wrong PINs of each person, at whatever reader: whoever found or copied a card cannot try one PIN after another."""

from __future__ import annotations

from collections import deque

WRONG_MOST = 5
WITHIN_S = 600.0
PAUSE_S = 60.0
REMEMBERED = 10_000
"""So many people's attempts are kept; those whose last one is longest ago are forgotten first."""


class PinAttempts:
    """Five wrong PINs within ten minutes, and every further one within them, pause a person's PIN for a minute."""

    def __init__(self) -> None:
        self._wrong: dict[int, deque[float]] = {}

    def wrong(self, holder: int, now: float) -> None:
        """Count a wrong PIN."""
        attempts = self._wrong.pop(holder, None) or deque(maxlen=WRONG_MOST)
        attempts.append(now)
        self._wrong[holder] = attempts
        if len(self._wrong) > REMEMBERED:
            del self._wrong[next(iter(self._wrong))]

    def right(self, holder: int) -> None:
        """Who knows the PIN was not guessing."""
        self._wrong.pop(holder, None)

    def paused(self, holder: int, now: float) -> bool:
        """Whether this person's PIN is not judged now."""
        attempts = self._wrong.get(holder)
        if attempts is None or len(attempts) < WRONG_MOST:
            return False
        return attempts[-1] - attempts[0] < WITHIN_S and now < attempts[-1] + PAUSE_S

    def any_paused(self, now: float) -> bool:
        """Whether anybody's is; most of the time nobody's."""
        return any(self.paused(holder, now) for holder in self._wrong)
