from __future__ import annotations

import io
import logging
import threading

import pytest

from firmware_bridge.runtime.log_queue import MOST_LINES, queued
from tests.building.processes import until

LOG = logging.getLogger("firmware_bridge.test_of_the_log")


class StuckStream(io.StringIO):
    """Takes nothing until it goes on, as a pipe does whose reader waits for the disk."""

    def __init__(self) -> None:
        super().__init__()
        self.going = threading.Event()
        self.asked = threading.Event()

    def write(self, text: str) -> int:
        self.asked.set()
        self.going.wait(60)
        return super().write(text)


def write_lines(count: int) -> None:
    for _ in range(count):
        LOG.warning("line")


def test_lines_come_in_order_and_all_of_them_before_the_end() -> None:
    stream = io.StringIO()
    with queued(stream, "INFO", "%(levelname)s %(message)s"):
        for number in range(100):
            LOG.info("line %d", number)
        LOG.debug("not asked for")
    assert stream.getvalue().splitlines() == [f"INFO line {number}" for number in range(100)]


def test_a_fault_is_told_with_where_it_was() -> None:
    stream = io.StringIO()
    with queued(stream, "INFO", "%(message)s"):
        try:
            int("of ours")
        except ValueError:
            LOG.exception("met a fault")
    assert "met a fault\nTraceback" in stream.getvalue()
    assert stream.getvalue().count("ValueError: invalid literal") == 1


def test_where_nobody_takes_the_log_whoever_logs_goes_on_and_what_was_left_out_is_counted() -> None:
    stream = StuckStream()
    with queued(stream, "INFO", "%(message)s"):
        LOG.warning("first")
        assert stream.asked.wait(30)
        writing = threading.Thread(target=write_lines, args=(MOST_LINES + 7,), daemon=True)
        writing.start()
        writing.join(30)
        assert not writing.is_alive()
        LOG.warning("what it was about")
        stream.going.set()
        until(lambda: "8 lines of the log were left out" in stream.getvalue(), "it is said")
    lines = stream.getvalue().splitlines()
    assert lines.count("line") == MOST_LINES - 1
    assert lines[-2] == "what it was about"


def test_a_stream_that_stays_stuck_does_not_keep_the_bridge_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.runtime.log_queue.STOP_S", 0.05)
    stream = StuckStream()
    try:
        with queued(stream, "INFO", "%(message)s"):
            LOG.warning("first")
            assert stream.asked.wait(30)
    finally:
        stream.going.set()
