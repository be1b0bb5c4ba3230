"""Two people at a keypad reader on a pty end a lockdown at their bridge: from the keys to the signed release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access_control.core.wire.directives import Authority, open_release
from access_control.core.wire.signing import SigningKey
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import LocalClient
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.simulator.building import VirtualBuilding
from tests.building.hanging_disk import hanging
from tests.building.processes import START_S, read_events, until
from tests.building.signed import (
    ADA,
    BEN,
    BRIDGE,
    DOORS,
    OFFICE_DOOR,
    ROSA,
    SITE,
    Installation,
    School,
    card,
    private,
)

PINS = {ADA: "1357", ROSA: "2468", BEN: "1357"}


class Spot:
    """A building whose office reader is marked, and its bridge, which never reaches a service."""

    def __init__(self, place: Path) -> None:
        self.installation = Installation(place)
        self.installation.install()
        self.building = VirtualBuilding(replace(self.installation.building(), control=None, relay_log=None))
        self.school = School()

    def bridge(self) -> Bridge:
        return Bridge(read_config(self.installation.settings), Surroundings(SystemClock()))

    def documents(self) -> list[bytes]:
        draft = self.school.draft(1)
        readers = [replace(reader, takes_releases=reader.id == OFFICE_DOOR) for reader in draft.readers]
        people = [replace(one, pin=PINS[one.ref], may_release=one.ref != BEN) for one in draft.people]
        return [
            self.school.keys(),
            self.school.policy(draft=replace(draft, readers=readers, people=people)),
            self.school.orders(),
        ]

    def client(self) -> LocalClient:
        return LocalClient(self.installation.state / "control.sock", START_S)

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.status()

    def events(self, code: str) -> list[Any]:
        return [event for event in read_events(self.installation.state / "outbox.db") if event.code == code]

    def ruled(self) -> set[int]:
        return {door["door"] for door in self.status()["doors"] if door["directives"]}

    def reads(self) -> int:
        """How many cards the door has answered; only a responder is let in."""
        return len(self.events("DENIED_LOCKDOWN")) + len(self.events("GRANTED_RESPONDER"))

    def says(self, person: int, pin: str, code: str) -> Any:
        """Card, star and PIN at the office; the event that comes of it."""
        before = len(self.events(code))
        reads = self.reads()
        self.building.present(OFFICE_DOOR, card(person))
        until(lambda: self.reads() > reads, "the door has its answer")
        self.building.press(OFFICE_DOOR, f"*{pin}#")
        until(lambda: len(self.events(code)) > before, code)
        return self.events(code)[-1]


@pytest.fixture
def spot(place: Path) -> Iterator[Spot]:
    made = Spot(place)
    with made.building:
        yield made


def test_from_the_keys_to_the_signed_release_and_past_a_restart(spot: Spot) -> None:
    with spot.bridge() as bridge:
        with spot.client() as client:
            for document in spot.documents():
                client.apply(document)
            until(lambda: {one["link"] for one in spot.status()["readers"]} == {"secure"}, "the readers answer")
            directive = client.start_emergency("local:principal")["directive"]
        until(lambda: spot.ruled() == set(DOORS), "all doors are locked down")
        face = spot.building.readers[OFFICE_DOOR].head.face
        quiet_from = len(face.history)
        assert spot.says(BEN, "1357", "RELEASE_NOT_ALLOWED").holder == BEN
        assert spot.says(ROSA, "1358", "RELEASE_PIN_WRONG").holder == ROSA
        assert spot.says(ADA, "1357", "RELEASE_BEGUN").holder == ADA
        until(lambda: "amber/green" in {how for _, _, how in tuple(face.history)}, "it waits for the second person")
        assert spot.ruled() == set(DOORS), "one person ends nothing"
        assert spot.says(ROSA, "2468", "RELEASE_AGREED").holder == ROSA
        until(lambda: spot.ruled() == set(), "all doors are free")
        ((sealed),) = bridge.documents.kept.sealed_releases.values()
        shown = list(face.history)[quiet_from:]
    key = SigningKey(BRIDGE, private("bridge"))
    own = Authority({}, bridge=BRIDGE, own_key=key.public_bytes(), own_doors=frozenset(DOORS))
    release = open_release(sealed, own, site=SITE)
    assert (release.directive, release.doors, release.by, release.second, release.why) == (
        directive,
        frozenset(DOORS),
        f"holder:{ADA}",
        f"holder:{ROSA}",
        "Two people with card and PIN ended it at the reader “Reader 2”.",
    )
    (told,) = spot.events("SRP_LOCKDOWN_SCOPE_CHANGED")
    assert (told.detail["by"], told.detail["second"]) == (release.by, release.second)
    assert "buzzer" not in {what for _, what, _ in shown}, "nothing may sound in a lockdown"
    with spot.bridge():
        until(lambda: {one["link"] for one in spot.status()["readers"]} == {"secure"}, "the readers answer")
        assert spot.ruled() == set(), "it stays ended"


def test_it_ends_while_the_disk_hangs(spot: Spot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.runtime.desk.KEEP_S", 0.0)
    with spot.bridge() as bridge:
        with spot.client() as client:
            for document in spot.documents():
                client.apply(document)
        until(lambda: {one["link"] for one in spot.status()["readers"]} == {"secure"}, "the readers answer")
        with hanging(bridge) as disk:
            with spot.client() as client:
                assert not client.start_emergency("local:principal")["kept"]
            until(lambda: spot.ruled() == set(DOORS), "all doors are locked down")
            disk.until_it_holds("memory.db")
            spot.says(ADA, "1357", "RELEASE_BEGUN")
            spot.says(ROSA, "2468", "RELEASE_AGREED")
            until(lambda: spot.ruled() == set(), "all doors are free")
            assert disk.waiting, "and it hung all the time"
    with spot.bridge():
        assert spot.ruled() == set(), "it stays ended"
