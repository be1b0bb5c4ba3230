"""The bridge in this process with a whole building on ptys, whose adapters echo, are pulled out and come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access_control.core.decision.model import Override, OverrideEffect
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import LocalClient
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.simulator.board import Board
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.wire import LineFaults
from tests.building.processes import START_S, read_events, until
from tests.building.signed import ADA, BOARDS_LINE, FRONT, READERS_LINE, ROOM, Installation, School, card

LINES = (READERS_LINE, BOARDS_LINE)
PROPPED = Override(
    "01939a5e-7c00-7000-8000-0000000000f1", FRONT, OverrideEffect.UNLOCK, "desk", "Delivery", 4_000_000_000
)


class House:
    """An installation whose ports have lasting names, its building, and what its bridge says."""

    def __init__(self, place: Path) -> None:
        self.installation = Installation(place)
        self.installation.install()
        text = self.installation.settings.read_text()
        for name in LINES:
            text = text.replace(f'path = "{name}"', f'path = "by-id/{name}"')
        self.installation.settings.write_text(text)
        plan = self.installation.building()
        lines = tuple(replace(line, path=place / f"ttyUSB{i}") for i, line in enumerate(plan.lines))
        self.building = VirtualBuilding(replace(plan, lines=lines, control=None, relay_log=None))
        (place / "by-id").mkdir()
        self._point_names()

    def _point_names(self) -> None:
        for name in LINES:
            link = self.installation.place / "by-id" / name
            link.unlink(missing_ok=True)
            link.symlink_to(self.building.lines[name].path)

    def unplug(self) -> None:
        """Pull both adapters out."""
        for name in LINES:
            self.building.lines[name].stop()

    def plug_in(self) -> None:
        """Put them back; each gets the number that the other had."""
        first, second = (self.building.lines[name] for name in LINES)
        first.path, second.path = second.path, first.path
        self._point_names()
        for name in LINES:
            self.building.lines[name].start()

    def coil(self) -> bool:
        """The relay of the front door."""
        return self.building.boards[1].coils[FRONT - 1]

    def client(self) -> LocalClient:
        return LocalClient(self.installation.state / "control.sock", START_S)

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.status()

    def events(self, code: str) -> list[Any]:
        return [e for e in read_events(self.installation.state / "outbox.db") if e.code == code]

    def well(self) -> bool:
        """Whether every device answers and every door is proved to be as it should be."""
        status = self.status()
        links = {reader["link"] for reader in status["readers"]} | {board["link"] for board in status["boards"]}
        doors = {door["door"]: door["security"] for door in status["doors"]}
        return links == {"secure", "up"} and doors.pop(FRONT) == "not_secure" and set(doors.values()) == {"secured"}

    def opens(self, reader: int) -> None:
        """A badge is read, and its door's lock moves."""
        before = len(self.events("ACCESS_GRANTED"))
        self.building.present(reader, card(ADA))
        until(lambda: len(self.events("ACCESS_GRANTED")) > before, "the badge is granted")
        until(lambda: self.building.boards[1].coils[reader - 1], "the lock moves")


@contextmanager
def running(house: House) -> Iterator[None]:
    """A bridge with its documents; the front door is unlocked from the office."""
    school = School()
    with Bridge(read_config(house.installation.settings), Surroundings(SystemClock())):
        with house.client() as client:
            for document in (school.keys(), school.policy(), school.orders(overrides=[PROPPED])):
                client.apply(document)
        until(house.well, "everything answers")
        yield


@pytest.mark.parametrize("echo", [True, False], ids=["adapters echo", "no echo"])
def test_adapters_that_come_back_under_another_number_bring_back_sessions_and_outputs(place: Path, echo: bool) -> None:
    house = House(place)
    with house.building:
        for name in LINES:
            house.building.set_line_faults(name, LineFaults(echo=echo))
        with running(house):
            assert house.coil()
            house.opens(ROOM)
            house.unplug()
            until(lambda: not any(port["up"] for port in house.status()["ports"]), "both ports are missed")
            board = house.building.boards[1]
            assert isinstance(board, Board)
            board.write(FRONT - 1, [False])
            until(lambda: "secured" not in {door["security"] for door in house.status()["doors"]}, "nothing is proved")
            house.plug_in()
            until(house.well, "everything answers again")
            until(house.coil, "the front door is unlocked again")
            house.opens(ROOM)
        lost = {event.detail["port"]: str(event.detail["why"]) for event in house.events("PORT_LOST")}
        assert set(lost) == set(LINES)
        assert all(" It serves doors " in why for why in lost.values()), lost
        assert {event.detail["port"] for event in house.events("PORT_RESTORED")} == set(LINES)


def test_a_reader_whose_power_fails_is_told_with_its_door_and_shown_until_it_is_well(place: Path) -> None:
    house = House(place)
    with house.building, running(house):
        head = house.building.readers[ROOM].head

        def shown() -> list[int]:
            return [reader["reader"] for reader in house.status()["readers"] if reader["power_failing"]]

        assert shown() == []
        head.set_power_failed(failed=True)
        until(lambda: house.events("POWER_FAIL"), "the failure is on record")
        assert shown() == [ROOM]
        head.set_power_failed(failed=False)
        until(lambda: house.events("POWER_RESTORE"), "its end is on record")
        assert shown() == []
    told = [(event.door, event.reader) for code in ("POWER_FAIL", "POWER_RESTORE") for event in house.events(code)]
    assert told == [(ROOM, ROOM)] * 2


def test_a_name_that_may_be_another_adapter_tomorrow_is_warned_of_at_the_start(place: Path) -> None:
    installation = Installation(place)
    installation.install()
    text = installation.settings.read_text()
    installation.settings.write_text(text.replace('path = "A"', 'path = "ttyUSB0"'))
    with Bridge(read_config(installation.settings), Surroundings(SystemClock())) as bridge:
        (note,) = [note for note in bridge.notes if "may be another adapter" in note]
    assert note.startswith("ports.A.path: ")
