"""The whole bridge with a door whose lock and contact sit on an OSDP module: a card at a reader opens it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access_control.core.decision.model import Board, Door, FireAction
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import LocalClient
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.simulator import doors as doors_of_the_building
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import LineConfig, LineKind
from firmware_bridge.store.keys import KeyStore
from tests.building.processes import read_events, until
from tests.building.signed import (
    ADA,
    BAUD,
    BOARDS_LINE,
    DOORS,
    FRONT,
    READERS_LINE,
    STRANGER,
    Installation,
    School,
    card,
    doors,
    point,
)

PANEL = point(3)
KEY = b"module 1 has one"


class Site:
    """An installation whose only board is an OSDP module, on a line of its own or on the readers' line."""

    def __init__(self, place: Path, key: bytes | None, *, line: str = BOARDS_LINE, address: int = 1) -> None:
        self.installation = Installation(place)
        self.installation.install()
        self.module = Board(1, "Module", line, address, 4, 4, osdp=True)
        settings = self.installation.settings
        settings.write_text(settings.read_text().replace('kind = "modbus"', 'kind = "osdp"'))
        if key is not None:
            KeyStore(self.installation.state / "keys").keep_reader_key(line, address, key)
        config = self.installation.building()
        readers_line, boards_line = config.lines
        osdp = LineConfig(boards_line.name, LineKind.OSDP, boards_line.path, BAUD, 0.001)
        boards = tuple(replace(board, key=KEY, line=line, address=address, supervised=True) for board in config.boards)
        self.building = VirtualBuilding(replace(config, lines=(readers_line, osdp), boards=boards, control=None))

    @contextmanager
    def running(self) -> Iterator[LocalClient]:
        school = School()
        around = Surroundings(SystemClock())
        with (
            self.building,
            Bridge(read_config(self.installation.settings), around) as bridge,
            LocalClient(bridge.config.control_socket) as client,
        ):
            client.apply(school.keys())
            client.apply(school.policy(draft=replace(school.draft(1), boards=[self.module], doors=_doors())))
            yield client

    def codes(self) -> list[str]:
        return [event.code for event in read_events(self.installation.state / "outbox.db")]


def _doors() -> list[Door]:
    """The front door is a fire door; the fire panel is on the module's last input."""
    return [
        replace(door, lock=replace(door.lock, fire_rated=True, fire_action=FireAction.RELATCH, fire_input=PANEL))
        if door.id == FRONT
        else door
        for door in doors()
    ]


def board(client: LocalClient) -> dict[str, Any]:
    (only,) = client.status()["boards"]
    return dict(only)


@pytest.mark.parametrize(("line", "address"), [(BOARDS_LINE, 1), (READERS_LINE, 100)], ids=["alone", "with readers"])
def test_a_card_at_a_reader_opens_a_door_on_an_osdp_module(place: Path, line: str, address: int) -> None:
    site = Site(place, KEY, line=line, address=address)
    with site.running() as client:
        readers = site.building.readers
        until(lambda: board(client)["link"] == "secure", "the module comes up")
        until(lambda: all(reader.secure for reader in readers.values()), "the readers come up")
        until(
            lambda: all(door["position"] == "closed" for door in client.status()["doors"]),
            "the contacts on the module are believed",
        )
        site.building.present(FRONT, card(STRANGER))
        until(lambda: "DENIED_UNKNOWN_CREDENTIAL" in site.codes(), "the stranger is refused")
        assert site.building.boards[1].coils == [False] * 4

        site.building.present(FRONT, card(ADA))
        assert site.building.wait_for(lambda: site.building.world.doors[FRONT].released)
        assert site.building.at_door(FRONT, doors_of_the_building.Door.pull)
        until(lambda: "ACCESS_TAKEN" in site.codes(), "the contact on the module tells that the door opened")
        site.building.at_door(FRONT, doors_of_the_building.Door.close)
        assert site.building.wait_for(lambda: not site.building.world.doors[FRONT].released)

        client.start_emergency("local:principal")
        until(
            lambda: [door["security"] for door in client.status()["doors"]] == ["secured"] * len(DOORS),
            "every door on the module proves that it is locked",
        )
    assert site.building.boards[1].coils == [False] * 4


@pytest.mark.parametrize("key", [None, b"another one here"], ids=["no key", "wrong key"])
def test_a_module_that_is_not_protected_moves_no_lock_and_secures_no_door(place: Path, key: bytes | None) -> None:
    site = Site(place, key)
    with site.running() as client:
        readers = site.building.readers
        until(lambda: all(reader.secure for reader in readers.values()), "the readers come up")
        until(lambda: {"BOARD_OFFLINE", "OSDP_WRONG_KEY"} & set(site.codes()), "the module is said to be unprotected")
        site.building.present(FRONT, card(ADA))
        until(lambda: "OUTPUT_EXPIRED" in site.codes() or "LOCK_FAULT" in site.codes(), "the grant reaches no lock")

        assert site.building.boards[1].coils == [False] * 4
        assert not any(door["security"] == "secured" for door in client.status()["doors"])
        assert all(door["position"] == "unknown" for door in client.status()["doors"])


def test_a_cut_or_shorted_supervised_cable_is_told_and_is_neither_a_fire_nor_the_end_of_one(place: Path) -> None:
    site = Site(place, KEY)
    world = site.building.world
    with site.running() as client:

        def front() -> dict[str, Any]:
            return dict(client.status()["doors"][0])

        until(lambda: front()["security"] == "secured", "the front door is secured")
        world.cut_cable(PANEL, cut=True)
        until(lambda: "INPUT_TROUBLE_OPEN" in site.codes(), "the cut cable of the fire input is told")
        world.cut_cable(PANEL, cut=False)
        until(lambda: "INPUT_TROUBLE_CLEARED" in site.codes(), "and that it is mended")
        world.short_cable(PANEL, shorted=True)
        until(lambda: "INPUT_TROUBLE_SHORT" in site.codes(), "the shorted cable is told")
        assert "FIRE_INPUT_ON" not in site.codes()
        assert front()["command"] == "lock"
        world.short_cable(PANEL, shorted=False)

        world.set_input(PANEL, active=True)
        until(lambda: front()["command"] == "relay_off", "the fire holds the door")
        world.cut_cable(PANEL, cut=True)
        until(lambda: site.codes().count("INPUT_TROUBLE_OPEN") == 2, "the fire burns the cable")
        assert front()["command"] == "relay_off"
        world.set_input(PANEL, active=False)
        world.cut_cable(PANEL, cut=False)
        until(lambda: front()["command"] == "lock", "the fire is over")

        world.cut_cable(point(0), cut=True)
        until(lambda: front()["position"] == "unknown", "the cut cable of a contact is neither open nor closed")
        assert front()["security"] != "secured"
        world.cut_cable(point(0), cut=False)
        until(lambda: front()["security"] == "secured", "the contact is believed again")
