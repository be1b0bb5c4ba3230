"""A bridge's disk that goes back to an older copy, and records new events under old numbers: none of them is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from access_control.core.wire.events import decode_event
from tests.building.processes import until
from tests.system.test_missing_events import noted
from tests.system.test_uplink import all_there, bridge, joined, service  # noqa: F401 - fixtures are found so

if TYPE_CHECKING:
    from tests.building.service_process import BridgeProcess, ServiceProcess


def copied(source: Path, target: Path) -> None:
    """The record of events, as an image of the disk has it."""
    target.mkdir(exist_ok=True)
    for old in target.glob("outbox.db*"):
        old.unlink()
    for file in source.glob("outbox.db*"):
        shutil.copy2(file, target / file.name)


def test_what_was_recorded_under_old_numbers_arrives_in_a_new_stream(
    service: ServiceProcess,  # noqa: F811 - the fixture
    bridge: BridgeProcess,  # noqa: F811 - the fixture
) -> None:
    joined(service, bridge)
    all_there(service, bridge)
    bridge.kill()
    copied(bridge.place / "state", bridge.place / "image")
    bridge.start()
    bridge.make_events(20)
    all_there(service, bridge)
    taken = service.events()
    bridge.kill()
    service.kill()
    copied(bridge.place / "image", bridge.place / "state")
    bridge.start()
    bridge.make_events(60)
    until(lambda: len(bridge.outbox()) > len(taken) + 20, "it records under numbers that the service has")
    recorded = [event.id for event in map(decode_event, bridge.bodies())]
    service.start()
    until(lambda: set(recorded) <= {one for *_, one in service.events()}, "all of it arrives")
    arrived = [one for *_, one in service.events()]
    assert len(arrived) == len(set(arrived)), "and each event once"
    assert set(taken) <= set(service.events()), "beside what was there"
    assert [event.code for event in map(decode_event, bridge.bodies())].count("LOG_GAP") == 1
    until(lambda: bridge.status()["service"]["trouble"] == "", "no trouble is left")
    heard = bridge.status()["outbox"]
    until(lambda: bridge.status()["outbox"]["acknowledged"] >= heard["last_seq"], "all is acknowledged")
    assert noted(service) == 0, "nothing is missing in the stream that was left"
