"""A bridge dies and another machine takes its place: over ptys, with the service as the process that it is."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import DoorClass, HolderClass
from access_control.people.models import Cardholder
from access_control.people.names import search_name
from access_control.readers.badges import BadgeForm, issue_badge
from access_control.readers.boards import BoardForm, add_board
from access_control.readers.door_readers import ReaderForm, add_reader
from access_control.readers.doors import DoorForm, add_door
from access_control.readers.levels import LevelForm, add_level, set_person_levels
from access_control.readers.models import Bridge, Building, Schedule
from access_control.readers.recovery import CopyState, copy_states
from firmware_bridge.simulator.config import BuildingConfig
from firmware_bridge.store.keys import KeyStore
from tests.building.databases import new_sqlite
from tests.building.processes import Site, finished, until
from tests.building.service_process import BridgeProcess, ServiceProcess
from tests.building.signed import ADA, BAUD, BOARDS_LINE, FACILITY, FRONT, READERS_LINE, Installation, card

BY = "cli"


@pytest.fixture
def service(place: Path) -> Iterator[ServiceProcess]:
    """A service that knows nobody yet."""
    made = ServiceProcess(place / "service", new_sqlite(place))
    with ExitStack() as stack:
        stack.callback(made.kill)
        made.start()
        yield made


@pytest.fixture
def site(place: Path) -> Iterator[Site]:
    """The front door with its reader, which is fresh from its box, and its relay board."""
    installation = Installation(place)
    with Site(installation, front_door(installation)) as running:
        yield running


def front_door(installation: Installation) -> BuildingConfig:
    """The front door alone."""
    plan = installation.building()
    readers = tuple(replace(reader, key=None) for reader in plan.readers if reader.id == FRONT)
    return replace(plan, readers=readers, doors=tuple(door for door in plan.doors if door.id == FRONT))


def describe(service: ServiceProcess) -> None:
    """Say in the service what hangs on the bridge, and that Ada may pass."""
    at = utc_now()
    with closing(service.opened()) as database, database.writing() as session:
        bridge, building = session.scalars(select(Bridge)).one(), session.scalars(select(Building)).one()
        board = add_board(session, at, BoardForm(bridge.id, "Board", BOARDS_LINE, 1, 4, 4), BY)
        form = DoorForm(building.id, "E1", "Front door", DoorClass.EXTERIOR, f"board {board.id}.0", bridge_id=bridge.id)
        door = add_door(session, at, replace(form, contact=f"board {board.id}.0"), BY)
        add_reader(session, at, ReaderForm(door.id, "Front", READERS_LINE, FRONT, ("H10301",)), BY)
        always = Schedule(name="Always", always=True)
        whole = search_name("Ada", "Ames")
        ada = Cardholder(given_name="Ada", family_name="Ames", search_name=whole, holder_class=HolderClass.STAFF)
        session.add_all([always, ada])
        session.flush()
        level = add_level(session, at, LevelForm("Everywhere", grants={door.id: always.id}), BY)
        set_person_levels(session, at, ada.ref, [level.id], BY)
        badge = Credential("H10301", FACILITY, ADA)
        issue_badge(session, at, ada.ref, BadgeForm(badge.format, str(badge.number), str(FACILITY)), BY)


def passphrase_of(service: ServiceProcess, *more: str) -> str:
    found = re.search(r"([A-Z2-7]{4}-){7}[A-Z2-7]{4}", service.command("bridge", "recovery-passphrase", *more))
    assert found is not None
    return found[0]


def replacement_code(service: ServiceProcess) -> str:
    found = re.search(r"SAC1-[A-Z2-7-]+", service.command("bridge", "replace", "North"))
    assert found is not None
    return found[0]


def has_copy(service: ServiceProcess) -> bool:
    with closing(service.opened()) as database, database.reading() as session:
        return set(copy_states(session).values()) == {CopyState.GOOD}


def is_ready(bridge: BridgeProcess) -> bool:
    """Its reader speaks to it encrypted, and its door is proved secured."""
    status = bridge.status()
    return [one["link"] for one in status["readers"]] == ["secure"] and [
        one["security"] for one in status["doors"]
    ] == ["secured"]


def first_bridge(service: ServiceProcess, place: Path) -> BridgeProcess:
    """Enrol, confirm, give the reader its key, and run."""
    bridge = BridgeProcess(place / "old")
    (bridge.place / "bridge.toml").write_text(
        f'state_dir = "state"\nmin_free_mb = 0\n\n[service]\nurl = "{service.address}"\n\n'
        f'[ports.{READERS_LINE}]\nkind = "osdp"\npath = "{place / READERS_LINE}"\nbaud = {BAUD}\n\n'
        f'[ports.{BOARDS_LINE}]\nkind = "modbus"\npath = "{place / BOARDS_LINE}"\nbaud = {BAUD}\n',
        encoding="utf-8",
    )
    code = service.code("North")
    describe(service)
    done = bridge.enroll(code, service.address)
    assert done.returncode == 0, done.stderr
    service.confirm("North")
    keyed = finished(["commission", "--port", READERS_LINE, "--address", str(FRONT)], cwd=bridge.place)
    assert keyed.returncode == 0, keyed.stderr
    bridge.start()
    return bridge


def take_place(service: ServiceProcess, place: Path, passphrase: str) -> BridgeProcess:
    """Another machine enrols in the dead one's place: first with a wrong passphrase, then with the right one."""
    machine, paper = BridgeProcess(place / "new"), place / "paper"
    code = replacement_code(service)
    typed = ["enroll", code, "--replace", "--url", service.address, "--passphrase-file", str(paper)]
    for wrong, said in (
        ("AAAA" * 8, "is not a recovery passphrase, or a letter of it is wrong"),
        ("BN6C-PM5A-UG25-AOXR-TQ5N-K4DS-Q7RM-D3ZA", "That is another recovery passphrase"),
    ):
        paper.write_text(wrong)
        refused = finished(typed, cwd=machine.place)
        assert (refused.returncode, list(machine.place.iterdir())) == (1, [])
        assert said in refused.stderr
    paper.write_text(passphrase.lower() + "\n")
    done = finished(typed, cwd=machine.place)
    assert done.returncode == 0, done.stderr
    assert "to take the place of “North”, with 1 keys of readers" in done.stdout
    assert passphrase not in done.stdout
    (shown,) = (line.split(": ")[1] for line in done.stdout.splitlines() if "fingerprint:" in line)
    assert f"to be replaced by {shown}" in service.command("bridge", "list")
    return machine


def test_another_machine_takes_a_dead_bridges_place_and_no_reader_is_touched(
    service: ServiceProcess, site: Site, place: Path
) -> None:
    passphrase = passphrase_of(service)
    old = first_bridge(service, place)
    with ExitStack() as stack:
        stack.callback(old.kill)
        until(lambda: is_ready(old), "the reader is secure and the door secured")
        until(lambda: has_copy(service), "the service holds a copy of the reader's key")
        old.kill()

        new = take_place(service, place, passphrase)
        stack.callback(new.kill)
        key = KeyStore(old.place / "state" / "keys").device_keys()
        assert KeyStore(new.place / "state" / "keys").device_keys() == key
        assert {stat.S_IMODE(path.stat().st_mode) for path in (new.place / "state" / "keys").iterdir()} == {0o600}
        old_settings, settings = (tomllib.loads((one.place / "bridge.toml").read_text()) for one in (old, new))
        assert settings == old_settings

        new.start()
        until(lambda: "takes the place of North" in new.status()["service"]["trouble"], "it is told to wait")
        assert new.status()["policy"] is None
        service.confirm("North")
        until(lambda: is_ready(new), "the reader is secure with the key that it had, and the door secured")
        site.remote.present(FRONT, card(ADA))
        until(lambda: b"ACCESS_GRANTED" in b"".join(new.bodies()), "the badge opens the door")
        until(lambda: has_copy(service), "the new machine has sealed its keys, too")

        old.start()  # somebody finds it and plugs it in again
        until(lambda: "Another machine has taken" in old.status()["service"]["trouble"], "its identity is refused")
        assert new.status()["service"]["trouble"] == ""
