"""Work for the main thread: programs must be started by it, because they end when the thread that started them does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

Made = TypeVar("Made")
LOOK_S: Final = 0.5


class Deck:
    """Other threads hand over work with :meth:`do`; the main thread does it inside :meth:`run`."""

    def __init__(self) -> None:
        """The thread that makes it is the one that works."""
        self._home = threading.current_thread()
        self._waiting: queue.Queue[tuple[Future[Any], Callable[[], Any]]] = queue.Queue()

    def do(self, work: Callable[[], Made]) -> Made:
        """Have something done and wait for its outcome; errors come back too."""
        if threading.current_thread() is self._home:
            return work()
        outcome: Future[Made] = Future()
        self._waiting.put((outcome, work))
        return outcome.result()

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Do what others hand over, until told to stop or interrupted."""
        while not until():
            try:
                outcome, work = self._waiting.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            try:
                outcome.set_result(work())
            except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
                outcome.set_exception(error)
