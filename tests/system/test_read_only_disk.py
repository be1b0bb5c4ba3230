"""A disk that can only be read, at the start and from one moment to the next: doors go on, and nothing is hidden."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.wire.release_codes import code_digest
from tests.building.entering import enters
from tests.building.killing import present
from tests.building.processes import Process, Site, finished, until
from tests.building.signed import BEN, DIGEST_KEY, FRONT, ROOM, Installation, School
from tests.building.small_disk import SmallDisk, make_read_only, make_writable, sealed, small_disk_at
from tests.system.test_full_disk import let_write

CODE = "ABCD-EFGH-IJKL"


@pytest.fixture
def disk(place: Path) -> Iterator[SmallDisk]:
    """The state directory on a file system of its own, where mounting is allowed."""
    with small_disk_at(place / "state", megabytes=32) as made:
        if not made.real and os.getuid() == 0:
            pytest.skip("mounting is not allowed here, and modes do not keep root from writing")
        yield made
        if not made.real:
            make_writable(made)


@pytest.fixture
def site(place: Path, disk: SmallDisk) -> Iterator[Site]:
    assert disk.path == place / "state"
    installation = Installation(place)
    installation.install()
    with Site(installation) as running:
        yield running


def running(site: Site) -> Process:
    """A bridge that has documents with a release code, and doors that are all secured."""
    school = School()
    draft = replace(school.draft(1), release_codes=[code_digest(DIGEST_KEY, CODE)])
    bridge = site.start_bridge()
    site.apply(school.keys(), school.policy(draft=draft), school.orders(revoked=[BEN]))
    site.wait_for_readers()
    return bridge


def command(site: Site, *words: str) -> str:
    """What a command of the bridge says, whether it did what was asked or not."""
    done = finished([words[0], "--config", str(site.installation.settings), *words[1:]], cwd=site.installation.place)
    return done.stdout + done.stderr


def test_a_bridge_that_was_killed_starts_on_a_disk_that_can_only_be_read(site: Site, disk: SmallDisk) -> None:
    bridge = running(site)
    with site.client() as client:
        standing = client.start_emergency("local:principal", drill=True)["directive"]
    bridge.kill()
    before = len(site.events())
    make_read_only(disk)
    bridge = site.start_bridge()
    site.wait_for_readers()
    assert [one["directive"] for one in site.status()["emergencies"]] == [standing]
    assert any("exchange it" in line for line in bridge.err)
    assert "THE DISK CAN ONLY BE READ" in bridge.out[0]
    present(site, FRONT, BEN)  # revoked, and the Orders that say so are read back
    enters(site, ROOM)
    shown = command(site, "status")
    assert "THE DISK CAN ONLY BE READ" in shown
    assert "Exchange it" in shown
    assert "Nothing was released" in command(site, "release", "--all", "--code", CODE, "--why", "All clear, checked.")
    with site.client() as client:
        answer = client.start_emergency("local:principal")
    assert not answer["kept"]
    assert "a restart would forget it" in answer["sentence"]
    assert len(site.events()) == before
    make_writable(disk)
    until(lambda: "DISK_RECOVERED" in site.codes(), "everything that waited is stored")
    until(lambda: not site.status()["outbox"]["unkept"], "the lockdown is kept, too")
    bridge.kill()
    bridge = site.start_bridge()
    assert {one["directive"] for one in site.status()["emergencies"]} == {standing, answer["directive"]}
    assert bridge.stop() == 0
    events = site.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    told = [event.code for event in events[before:]]
    assert {"BRIDGE_UNCLEAN_STOP", "DISK_READ_ONLY", "DENIED_LOST", "ACCESS_GRANTED", "SRP_LOCKDOWN_START"} <= {*told}
    assert told.index("ACCESS_GRANTED") < told.index("SRP_LOCKDOWN_START")


def test_a_bridge_that_was_stopped_in_order_starts_there_as_well(site: Site, disk: SmallDisk) -> None:
    assert running(site).stop() == 0
    make_read_only(disk)
    bridge = site.start_bridge()
    site.wait_for_readers()
    enters(site, FRONT)
    second = finished(["run", "--config", str(site.installation.settings)], cwd=site.installation.place)
    assert "already runs" in second.stderr
    assert bridge.stop() == 0


def test_a_disk_that_turns_read_only_under_a_running_bridge(site: Site, disk: SmallDisk) -> None:
    bridge = running(site)
    with sealed(disk.path):
        let_write(
            bridge, allowed=False
        )  # what the kernel says of a file that is open differs; that it refuses does not
        enters(site, FRONT)
        until(lambda: site.status()["outbox"]["read_only"], "the status says that the disk can only be read")
        enters(site, ROOM)
        with site.client() as client:
            answer = client.start_emergency("local:principal")
        assert not answer["kept"]
        until(lambda: {door["security"] for door in site.status()["doors"]} == {"secured"}, "all doors are locked")
        let_write(bridge, allowed=True)
    until(lambda: "DISK_RECOVERED" in site.codes(), "everything that waited is stored")
    until(lambda: not site.status()["outbox"]["unkept"], "the lockdown is kept")
    bridge.kill()
    bridge = site.start_bridge()
    assert [one["directive"] for one in site.status()["emergencies"]] == [answer["directive"]]
    assert bridge.stop() == 0
    events = site.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.door for event in events if event.code == "ACCESS_GRANTED"] == [FRONT, ROOM]
    assert "DISK_READ_ONLY" in {event.code for event in events}
