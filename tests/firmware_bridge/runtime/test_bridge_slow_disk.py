"""A disk that hangs holds up neither an emergency, nor who hears of it, nor its end on the spot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from firmware_bridge.store.memory import EmergencyKind
from tests.building.processes import until
from tests.building.signed import OFFICE_DOOR
from tests.building.town import Running, Town
from tests.firmware_bridge.runtime.test_releasing import CODES, give_codes, release, ruled


@contextmanager
def held_up(running: Running) -> Iterator[None]:
    """What must survive a crash waits; everything else goes on."""
    desk, going, begun = running.bridge._desk, threading.Event(), threading.Event()
    assert desk is not None

    def hang() -> None:
        begun.set()
        going.wait(120)

    desk._keeper.keep(hang, wait_s=0.0)
    assert begun.wait(30)
    try:
        yield
    finally:
        going.set()


def test_an_emergency_is_told_and_can_be_ended_while_its_copy_waits(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_bridge.runtime.desk.KEEP_S", 0.0)
    b, c = town.introduced("b"), town.introduced("c")
    b.apply(*town.three.documents("b"))
    with held_up(b):
        with b.client() as client:
            answer = client.start_emergency("local:principal")
        assert not answer["kept"]
        directive = answer["directive"]
        until(lambda: c.emergencies() == [directive], "the neighbour has it")
        give_codes(b, CODES)
        assert release(b, CODES[0], [OFFICE_DOOR])["directives"] == [directive]
        until(lambda: OFFICE_DOOR not in ruled(b), "the office is free")
    until(lambda: b.bridge.documents._memory.emergencies(EmergencyKind.DIRECTIVE), "then it is kept")
