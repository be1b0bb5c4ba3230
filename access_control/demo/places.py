"""Where the demo keeps its things: a folder for the service, one for each building, and short paths for sockets."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from access_control.demo.plan import Side

DATABASE: Final = "school.db"
SOCKET_LIMIT: Final = 90  # bytes of a path; the system takes about 104 for a socket


@dataclass(frozen=True, slots=True)
class SidePlaces:
    """One building: its bridge and its simulated readers, boards and doors."""

    side: Side
    state: Path
    short: Path

    @property
    def bridge_toml(self) -> Path:
        """The bridge's settings."""
        return self.state / "bridge.toml"

    @property
    def building(self) -> Path:
        """The simulated building."""
        return self.state / "building.json"

    @property
    def reader_memory(self) -> Path:
        """The keys that the simulated readers keep."""
        return self.state / "readers.json"

    @property
    def bridge_state(self) -> Path:
        """The bridge's own folder."""
        return self.state / "bridge"

    @property
    def outbox(self) -> Path:
        """The bridge's own record of events."""
        return self.bridge_state / "outbox.db"

    @property
    def relay_log(self) -> Path:
        """What the relays really did."""
        return self.state / "relays.jsonl"

    @property
    def bridge_socket(self) -> Path:
        """Where the bridge listens."""
        return self.short / f"{self.side.name.lower()}-bridge.sock"

    @property
    def simulator_socket(self) -> Path:
        """Where the simulator listens."""
        return self.short / f"{self.side.name.lower()}-simulator.sock"

    def line(self, name: str) -> Path:
        """A serial line."""
        return self.short / f"{self.side.name.lower()}-line-{name}"

    def log(self, name: str) -> Path:
        """What a program printed."""
        return self.state / f"{name}.log"


@dataclass(frozen=True, slots=True)
class Places:
    """Everything under one folder; ``short`` holds sockets and lines, whose paths must be short."""

    state: Path
    short: Path

    @classmethod
    def under(cls, state: Path) -> Places:
        """Make the folders; a state folder whose path is too long for sockets gets a temporary one beside it."""
        state = state.resolve()
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        short = state / "run"
        if len(bytes(short / "main-simulator.sock")) > SOCKET_LIMIT:
            short = Path(tempfile.mkdtemp(prefix="school-"))
        shutil.rmtree(short, ignore_errors=True)
        short.mkdir(mode=0o700)
        places = cls(state, short)
        for side in Side:
            places.side(side).state.mkdir(mode=0o700, exist_ok=True)
        places.service.mkdir(mode=0o700, exist_ok=True)
        return places

    @property
    def service(self) -> Path:
        """The service's own folder: keys."""
        return self.state / "service"

    @property
    def service_toml(self) -> Path:
        """The service's settings."""
        return self.state / "service.toml"

    @property
    def service_log(self) -> Path:
        """What the service printed."""
        return self.state / "service.log"

    @property
    def database(self) -> Path:
        """The school's database."""
        return self.state / DATABASE

    @property
    def sign_in(self) -> Path:
        """Who can sign in with which password."""
        return self.state / "sign-in.json"

    def side(self, side: Side) -> SidePlaces:
        """One building's."""
        return SidePlaces(side, self.state / side.name.lower(), self.short)

    def clear_away(self) -> None:
        """Remove what is of no use once the programs have ended."""
        shutil.rmtree(self.short, ignore_errors=True)
