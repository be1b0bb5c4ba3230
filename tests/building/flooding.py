"""A device that sends without end, at the other end of a pty: as fast as whoever reads takes it."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

_PIECE = 4096
_PATIENCE_S = 120.0


@dataclass
class Flood:
    """A pty; ``path`` is what a port opens."""

    path: str
    _master: int

    def send(self, data: bytes) -> bool:
        """Everything, as fast as it is taken; whether all was taken in time."""
        left = memoryview(data)
        while left:
            if not select.select([], [self._master], [], _PATIENCE_S)[1]:
                return False
            left = left[os.write(self._master, left[:_PIECE]) :]
        return True


@contextmanager
def flooded_line() -> Iterator[Flood]:
    """Make one. What the port sends is thrown away, as by a device that does not listen."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    stop_read, stop_write = os.pipe()

    def drain() -> None:
        while stop_read not in (ready := select.select([master, stop_read], [], [])[0]):
            if master in ready:
                os.read(master, _PIECE)

    drainer = threading.Thread(target=drain)
    drainer.start()
    try:
        yield Flood(os.ttyname(slave), master)
    finally:
        os.write(stop_write, b"s")
        drainer.join()
        for descriptor in (master, slave, stop_read, stop_write):
            os.close(descriptor)


def megabyte(kind: str, seed: int) -> bytes:
    """2**20 bytes: a line without end, any bytes, beginnings of packets, or many lines."""
    chance = Random(f"{kind} {seed}")
    size = 2**20
    if kind == "no end":
        return b"A" * size
    if kind == "random":
        return chance.randbytes(size)
    if kind == "starts":
        return (bytes((0x53, 0x81, 0xA0, 0x05)) + b"\xff" * 4) * (size // 8)
    return (chance.randbytes(24).hex().encode() + b"\r\n") * (size // 50)


KINDS = ("no end", "random", "starts", "many lines")


def resident_bytes() -> int:
    """How much memory this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
