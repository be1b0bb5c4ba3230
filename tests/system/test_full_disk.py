"""A disk that takes nothing: every write of the bridge fails from one moment to the next, and later works again."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

import pytest

from firmware_bridge.local.client import BridgeRefusedError
from tests.building.entering import enters
from tests.building.killing import present
from tests.building.processes import Process, Site, until
from tests.building.signed import BEN, FRONT, ROOM, Installation, School
from tests.building.small_disk import small_disk_at


def let_write(bridge: Process, *, allowed: bool) -> None:
    """Have the kernel refuse every write to a file by this one process, or allow it again."""
    _, hard = resource.prlimit(bridge.popen.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bridge.popen.pid, resource.RLIMIT_FSIZE, (hard if allowed else 0, hard))


def test_doors_go_on_and_their_events_are_stored_later_and_flagged(site: Site) -> None:
    school = School()
    bridge = site.start_bridge()
    site.apply(school.keys(), school.policy(), school.orders())
    site.wait_for_readers()
    let_write(bridge, allowed=False)
    enters(site, FRONT)
    present(site, ROOM, BEN)
    enters(site, ROOM)
    until(lambda: site.status()["outbox"]["trouble"], "the status says that the disk takes nothing")
    with site.client() as client:
        answer = client.start_emergency("local:principal")
    assert not answer["kept"]
    assert "a restart would forget it" in answer["sentence"]
    let_write(bridge, allowed=True)
    until(lambda: not site.status()["outbox"]["trouble"], "the disk takes events again")
    until(lambda: "DISK_RECOVERED" in site.codes(), "everything that waited is stored")
    kept = site.installation.state / "emergencies" / f"directive-{answer['directive']}"
    until(kept.exists, "the lockdown is kept as soon as the disk allows")
    assert any("Make room" in line for line in bridge.err)
    bridge.kill()
    bridge = site.start_bridge()
    assert [emergency["directive"] for emergency in site.status()["emergencies"]] == [answer["directive"]]
    assert bridge.stop() == 0
    events = site.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    granted = [(event.door, event.flagged) for event in events if event.code == "ACCESS_GRANTED"]
    assert granted == [(FRONT, True), (ROOM, True)]
    assert {"DENIED_DOOR", "DISK_FULL", "SRP_LOCKDOWN_START"} <= {event.code for event in events}


def test_a_document_that_cannot_be_stored_is_refused_with_a_sentence(site: Site) -> None:
    school = School()
    bridge = site.start_bridge()
    site.apply(school.keys(), school.policy(), school.orders())
    let_write(bridge, allowed=False)
    with site.client() as client, pytest.raises(BridgeRefusedError, match="Make room on the disk"):
        client.apply(school.policy())
    assert site.status()["policy"] == "1/1"
    let_write(bridge, allowed=True)
    site.apply(school.policy(3))
    assert site.status()["policy"] == "1/3"
    assert bridge.stop() == 0


@pytest.mark.parametrize("reserve", [3 * 1024 * 1024, 0], ids=["with a reserve", "without one"])
def test_a_bridge_that_was_stopped_in_order_starts_on_a_disk_that_has_become_full(place: Path, reserve: int) -> None:
    with small_disk_at(place / "state", megabytes=16) as disk:
        if not disk.real:
            pytest.skip("mounting is not allowed here")
        installation = Installation(place)
        installation.install()
        with Site(installation) as site:
            school = School()
            bridge = site.start_bridge()
            site.apply(school.keys(), school.policy(), school.orders())
            site.wait_for_readers()
            assert bridge.stop() == 0
            kept = disk.path / "outbox.db.reserve"
            kept.unlink(missing_ok=True)
            if reserve:
                kept.write_bytes(bytes(reserve))
            fill(disk.path)
            site.start_bridge()
            site.wait_for_readers()
            enters(site, FRONT)
            assert site.status()["outbox"]["trouble"] is not bool(reserve)
            assert site.status()["outbox"]["unkept"] is not bool(reserve)
            (disk.path / "filling").unlink()
            until(lambda: not site.status()["outbox"]["trouble"], "the disk takes events again")
            until(lambda: not site.status()["outbox"]["unkept"], "and everything else")
            site.apply(school.policy())


def fill(place: Path) -> None:
    """Leave no byte on a small disk."""
    with suppress(OSError), (place / "filling").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
