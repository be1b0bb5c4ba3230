"""A bridge in this process, over paced ptys with simulated readers, boards and doors behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from access_control.core.wire.events import EventRecord
from access_control.core.wire.policy_draft import PolicyDraft
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import LocalClient
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.config import BuildingConfig
from tests.building.processes import read_events, until
from tests.building.signed import Installation, School


@dataclass
class LiveBridge:
    """What runs."""

    installation: Installation
    virtual: VirtualBuilding
    bridge: Bridge

    @property
    def config(self) -> list[str]:
        """What a command needs to find it."""
        return ["--config", str(self.installation.settings)]

    def client(self) -> LocalClient:
        return LocalClient(self.installation.state / "control.sock", 30.0)

    def status(self) -> dict[str, Any]:
        with self.client() as client:
            return client.status()

    def apply(self, *documents: bytes) -> None:
        with self.client() as client:
            for document in documents:
                client.apply(document)

    def events(self) -> list[EventRecord]:
        assert self.bridge.recorder.flush(30)
        return read_events(self.installation.state / "outbox.db")

    def until_secured(self) -> None:
        """Every reader is secure, and every door with a contact secured."""

        def ready() -> bool:
            status = self.status()
            links = {reader["link"] for reader in status["readers"]}
            return links == {"secure"} and {d["security"] for d in status["doors"]} <= {"secured", "not_monitored"}

        until(ready, "every reader is secure and every door secured")


@contextmanager
def live_bridge(
    place: Path, *, building: BuildingConfig | None = None, draft: PolicyDraft | None = None
) -> Iterator[LiveBridge]:
    """Everything is proved and secured when it is handed over."""
    installation = Installation(place)
    installation.install()
    school = School()
    around = Surroundings(SystemClock())
    with (
        VirtualBuilding(building or installation.building()) as virtual,
        Bridge(read_config(installation.settings), around) as bridge,
    ):
        live = LiveBridge(installation, virtual, bridge)
        live.apply(school.keys(), school.policy(draft=draft), school.orders())
        live.until_secured()
        yield live
