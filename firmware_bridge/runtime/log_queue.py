"""The log on a thread of its own: whoever logs never waits for whoever takes it.

The reader of standard error may wait for a disk that hangs. A full pipe would then hold up the thread that moves doors.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import QueueHandler
from typing import Final, TextIO

MOST_LINES: Final = 2_000
STOP_S: Final = 2.0
_Lines = queue.Queue[logging.LogRecord | None]


class _Handing(QueueHandler):
    """Hands lines over; ``left_out`` counts those for which there was no room since that was told.

    The oldest make room: what was said last before a crash is asked for first.
    """

    def __init__(self, lines: _Lines) -> None:
        super().__init__(lines)
        self._lines = lines
        self.left_out = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        while True:
            try:
                self._lines.put_nowait(record)
            except queue.Full:
                with suppress(queue.Empty):
                    self._lines.get_nowait()
                    self.left_out += 1
            else:
                return


@contextmanager
def queued(stream: TextIO, level: str, layout: str) -> Iterator[None]:
    """Everything that is logged meanwhile goes to ``stream``; of what nobody takes, ``MOST_LINES`` lines wait."""
    target = logging.StreamHandler(stream)
    target.setFormatter(logging.Formatter(layout))
    lines: _Lines = queue.Queue(MOST_LINES)
    handing = _Handing(lines)
    thread = threading.Thread(target=_write, args=(lines, handing, target), name="log", daemon=True)
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    root.addHandler(handing)
    thread.start()
    try:
        yield
    finally:
        root.removeHandler(handing)
        root.setLevel(before)
        with suppress(queue.Full):
            lines.put(None, timeout=STOP_S)
        thread.join(STOP_S)


def _write(lines: _Lines, handing: _Handing, target: logging.Handler) -> None:
    while (record := lines.get()) is not None:
        target.handle(record)
        if handing.left_out and lines.empty():
            left_out, handing.left_out = handing.left_out, 0
            text = f"{left_out} lines of the log were left out: nobody took them in time."
            target.handle(logging.LogRecord(__name__, logging.WARNING, "", 0, text, None, None))
