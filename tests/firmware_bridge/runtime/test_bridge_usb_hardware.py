"""The whole bridge in this process: tags at serial readers open doors whose locks are on USB relay boards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from access_control.core.credentials.bits import Bits
from access_control.core.credentials.canonical import Credential
from access_control.core.decision.building import DeviceKind, Lock, LockKind, Point
from access_control.core.decision.model import Board, Door, DoorClass, DoorTiming, Reader
from access_control.core.wire.policy_draft import Badge
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import LocalClient
from firmware_bridge.protocol.em4100 import Framing
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import (
    BoardConfig,
    BuildingConfig,
    DoorConfig,
    LineConfig,
    LineKind,
    TagReaderConfig,
    Tells,
)
from firmware_bridge.simulator.doors import Doing
from tests.building.processes import until
from tests.building.signed import ADA, FRONT, OFFICE_DOOR, STRANGER, Installation, School

LINES = {"L": LineKind.LCUS, "N": LineKind.NUMATO, "T1": LineKind.EM4100, "T2": LineKind.EM4100}
BAUD = 115200
LOCKS = {FRONT: Point(DeviceKind.BOARD, 1, 1), OFFICE_DOOR: Point(DeviceKind.BOARD, 2, 0)}
CONTACTS = {FRONT: Point(DeviceKind.BOARD, 2, 1), OFFICE_DOOR: Point(DeviceKind.BOARD, 2, 0)}


def tag(person: int) -> Bits:
    return Bits(0x04 << 32 | person, 40)


@dataclass
class Site:
    """Two doors: the front door's lock is on an LCUS board, the office corridor's on a Numato module."""

    place: Path
    tells: Tells
    building: VirtualBuilding = field(init=False)

    def __post_init__(self) -> None:
        names = {FRONT: "Front", OFFICE_DOOR: "Office"}
        config = BuildingConfig(
            lines=tuple(LineConfig(name, kind, self.place / name, BAUD, 0.001) for name, kind in LINES.items()),
            boards=(BoardConfig(1, "L", 1, 4, 0, self.tells), BoardConfig(2, "N", 1, 4, 4)),
            tag_readers=(TagReaderConfig(FRONT, "T1"), TagReaderConfig(OFFICE_DOOR, "T2", Framing.ID12)),
            doors=tuple(
                DoorConfig(door, name, LockKind.STRIKE, LOCKS[door], contact=CONTACTS[door], readers=(door,))
                for door, name in names.items()
            ),
        )
        self.building = VirtualBuilding(config)

    def policy(self, school: School) -> bytes:
        doors = [
            Door(
                id=door,
                number=f"D{door}",
                name=f"Door {door}",
                door_class=DoorClass.INTERIOR,
                lock=Lock(LockKind.STRIKE, LOCKS[door]),
                contact=CONTACTS[door],
                timing=DoorTiming(unlock_s=3.0),
            )
            for door in LOCKS
        ]
        readers = [
            Reader(door, f"Reader {door}", door, f"T{door}", 0, ("EM4100",), copyable=frozenset({"EM4100"}))
            for door in LOCKS
        ]
        draft = school.draft(1)
        levels = [
            replace(level, grants={door: times for door, times in level.grants.items() if door in LOCKS})
            for level in draft.levels
        ]
        boards = [Board(1, "LCUS board", "L", 1, 4, 0), Board(2, "Numato module", "N", 1, 4, 4)]
        badges = [Badge(Credential("EM4100", 0x04, ADA), ADA)]
        draft = replace(draft, doors=doors, readers=readers, boards=boards, levels=levels, badges=badges)
        return school.policy(draft=draft)

    @contextmanager
    def running(self) -> Iterator[LocalClient]:
        installation = Installation(self.place)
        installation.install(commissioned=False)
        ports = "".join(
            f'\n[ports.{name}]\nkind = "{kind.value}"\npath = "{name}"\nbaud = {BAUD}\n'
            + (f"reader = {name[1]}\n" if kind is LineKind.EM4100 else "")
            for name, kind in LINES.items()
        )
        installation.settings.write_text(f'state_dir = "state"\nmin_free_mb = 0\n{ports}', encoding="utf-8")
        school = School()
        with (
            self.building,
            Bridge(read_config(installation.settings), Surroundings(SystemClock())),
            LocalClient(installation.state / "control.sock") as client,
        ):
            for document in (school.keys(), self.policy(school), school.orders()):
                client.apply(document)
            until(lambda: all(self.links(client).values()), "every reader and board answers")
            yield client

    def links(self, client: LocalClient) -> dict[str, bool]:
        status = client.status()
        return {device["name"]: device["link"] == "up" for kind in ("readers", "boards") for device in status[kind]}


def go_through(building: VirtualBuilding, door: int) -> None:
    """A stranger is refused, Ada goes in, and the relay drops again."""
    walk = building.walk(door, patience_s=30)
    building.present(door, tag(STRANGER))
    building.present(door, tag(ADA))
    assert building.wait_for(lambda: walk.over, 40)
    assert walk.doing is Doing.PASSED
    assert building.wait_for(lambda: not building.world.outputs[LOCKS[door]], 30)


def door_of(client: LocalClient, door: int) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in client.status()["doors"] if row["door"] == door)
    return found


@pytest.mark.parametrize("tells", [Tells.BYTES, Tells.NOTHING])
def test_tags_open_doors_and_status_says_only_what_is_proved(place: Path, tells: Tells) -> None:
    site = Site(place, tells)
    with site.running() as client:
        for door in LOCKS:
            go_through(site.building, door)
        client.start_emergency("test")
        until(lambda: door_of(client, OFFICE_DOOR)["security"] == "secured", "what is read back is secured")
        proved = "read_back" if tells is Tells.BYTES else "sent"
        until(lambda: door_of(client, FRONT)["proof"] == proved, "the front door's proof is what it is")
        if tells is Tells.BYTES:
            until(lambda: door_of(client, FRONT)["security"] == "secured", "the front door is secured")
        assert (door_of(client, FRONT)["security"] == "secured") is (tells is Tells.BYTES)
