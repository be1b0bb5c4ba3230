"""Who may keep a thread for a stream: bridges always, dashboards only while requests have enough left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LEAST_FOR_REQUESTS: Final = 16
SPARE_BRIDGES: Final = 2  # may be enrolled while the service runs


class BudgetError(Exception):
    """There are too few threads for the bridges and for requests; the text says how many it takes."""


class ThreadBudget:
    """Threads of one worker, shared out at start.

    A stream keeps a thread for as long as it is open. Each enrolled bridge has one reserved, at least 16 answer
    requests, and what is left shows dashboards; a dashboard beyond that has to poll.

    Attributes:
        dashboards: How many streams of pages may be open at once.
    """

    def __init__(self, threads: int = 128, bridges: int = 0) -> None:
        """``bridges``: how many are enrolled.

        Raises:
            BudgetError: ``threads`` are too few.
        """
        self.reserved = bridges + SPARE_BRIDGES
        self.dashboards = threads - self.reserved - LEAST_FOR_REQUESTS
        if self.dashboards < 1:
            raise BudgetError(
                f"threads is {threads}, which is too few: {bridges} bridges and {SPARE_BRIDGES} to come, "
                f"{LEAST_FOR_REQUESTS} for requests and 1 for a live page make "
                f"{self.reserved + LEAST_FOR_REQUESTS + 1}."
            )
        self._open = 0
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        """How many dashboards have a stream now."""
        return self._open

    def take(self) -> bool:
        """Take a thread for a dashboard; whether there was one. Give it back."""
        with self._lock:
            if self._open >= self.dashboards:
                return False
            self._open += 1
            return True

    def give_back(self) -> None:
        """A dashboard's stream has ended."""
        with self._lock:
            self._open -= 1

    @contextmanager
    def held(self) -> Iterator[None]:
        """Give a thread that was taken back at the end."""
        try:
            yield
        finally:
            self.give_back()
