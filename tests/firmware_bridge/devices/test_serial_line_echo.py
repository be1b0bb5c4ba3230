"""Adapters that hand back what they send, on a real descriptor."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from firmware_bridge.devices.serial_line import SerialLine, open_line

COIL_ON = bytes.fromhex("01050000FF008C3A")


@contextmanager
def adapter(*, echoes: bool) -> Iterator[tuple[int, SerialLine]]:
    """A far end that repeats what it gets, or does not; and the line to it."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard: list[bytes] = []

    def repeat() -> None:
        try:
            while data := os.read(master, 100):
                heard.append(data)
                if echoes:
                    os.write(master, data)
        except OSError:
            return

    thread = threading.Thread(target=repeat)
    thread.start()
    line = open_line(os.ttyname(slave), 115200)
    line.find_echo(115200)
    try:
        yield master, line
    finally:
        line.close()
        os.close(slave)
        thread.join(20)
        os.close(master)


def read(line: SerialLine) -> bytes:
    """What others send, until a whole answer is there."""
    held = b""
    while len(held) < len(COIL_ON):
        assert line.readable_within(20)
        held += line.read()
    return held


def test_an_echo_is_found_before_anything_is_asked() -> None:
    with adapter(echoes=True) as (master, line):
        line.write(COIL_ON)
        os.write(master, COIL_ON)
        assert read(line) == COIL_ON
        assert line.collisions == 0


def test_without_an_echo_the_answer_is_not_taken_for_one() -> None:
    with adapter(echoes=False) as (master, line):
        line.write(COIL_ON)
        os.write(master, COIL_ON)
        assert read(line) == COIL_ON


def test_whoever_sends_without_end_does_not_keep_the_port_from_being_opened() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    stop = threading.Event()

    def babble() -> None:
        while not stop.is_set():
            if select.select([], [master], [], 0.1)[1]:
                os.write(master, b"U" * 64)

    thread = threading.Thread(target=babble)
    thread.start()
    line = open_line(os.ttyname(slave), 115200)
    line.find_echo(115200)
    assert not line.hears_itself
    stop.set()
    thread.join(20)
    line.close()
    os.close(slave)
    os.close(master)
