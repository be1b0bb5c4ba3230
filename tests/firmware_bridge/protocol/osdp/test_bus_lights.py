"""How soon somebody who stands at a reader sees its answer."""

from __future__ import annotations

import pytest

from firmware_bridge.controller.commands import Indication, ShowAtReader
from tests.building.memory_line import line_with


@pytest.mark.parametrize("reader", [1, 5, 10])
def test_a_light_for_somebody_goes_before_all_that_a_line_asks_when_it_begins(reader: int) -> None:
    line, readers = line_with({n: bytes((n,)) * 16 for n in range(1, 11)}, baud=9600)
    assert line.run_until(lambda: all(one.secure for one in readers.values()), 30.0)
    for n in readers:
        line.bus.submit(ShowAtReader(n, Indication.LOCKED, None, silent=False), line.clock.moment())
    line.bus.submit(ShowAtReader(reader, Indication.GRANTED, 4.0, silent=False), line.clock.moment())

    assert line.run_until(lambda: str(readers[reader].head.face.looks(line.clock.mono_s)) == "green", 0.25)
