"""How much of a core a whole bridge takes with eight readers on one line, each the lock of its door as well."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from access_control.core.decision.building import Lock, LockKind, Timetable
from access_control.core.decision.model import DeviceKind, Door, DoorClass, Point, Reader
from access_control.core.wire.policy_draft import Level, PolicyDraft
from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.simulator.config import BuildingConfig, DoorConfig, LineConfig, LineKind, ReaderConfig
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.setup import set_up
from tests.building.killing import present
from tests.building.processes import Site
from tests.building.signed import (
    ADA,
    DIGEST_KEY,
    FACILITY,
    READERS_LINE,
    TRUST,
    Installation,
    School,
    reader_key,
    secret,
)

READERS: Final = 8
SECONDS: Final = 20
_GRAIN_S: Final = 0.001
_NUMBERS = range(1, READERS + 1)


def _point(reader: int) -> Point:
    return Point(DeviceKind.READER, reader, 0)


@dataclass(frozen=True)
class OneLine(Installation):
    """A bridge with one line of readers and nothing else."""

    baud: int = 9600

    def building(self) -> BuildingConfig:
        """Eight rooms, each locked by its own reader."""
        return BuildingConfig(
            lines=(LineConfig(READERS_LINE, LineKind.OSDP, self.line(READERS_LINE), self.baud, _GRAIN_S),),
            readers=tuple(ReaderConfig(n, READERS_LINE, n, reader_key(n)) for n in _NUMBERS),
            boards=(),
            doors=tuple(
                DoorConfig(n, f"Room {n}", LockKind.LOCKSET, _point(n), contact=_point(n), readers=(n,))
                for n in _NUMBERS
            ),
            control=self.simulator_socket,
            relay_log=self.relays,
        )

    def install(self, clock: Clock | None = None, *, commissioned: bool = True) -> None:
        """Settings, state directory and keys."""
        assert commissioned
        self.settings.write_text(
            f'state_dir = "state"\n\n[ports.{READERS_LINE}]\n'
            f'kind = "osdp"\npath = "{READERS_LINE}"\nbaud = {self.baud}\n',
            encoding="utf-8",
        )
        set_up(self.state, TRUST, clock or SystemClock(), digest=DIGEST_KEY, signing=secret("bridge"))
        keys = KeyStore(self.state / "keys")
        for number in _NUMBERS:
            keys.keep_reader_key(READERS_LINE, number, reader_key(number))


def _draft(made: PolicyDraft) -> PolicyDraft:
    always = Timetable(always=True)
    return replace(
        made,
        doors=[
            Door(n, str(n), f"Room {n}", DoorClass.ROOM, Lock(LockKind.LOCKSET, _point(n)), _point(n)) for n in _NUMBERS
        ],
        readers=[Reader(n, f"Reader {n}", n, READERS_LINE, n, ("H10301",), frozenset({FACILITY})) for n in _NUMBERS],
        boards=[],
        levels=[Level(1, dict.fromkeys(_NUMBERS, always)), Level(2, {1: always})],
    )


def bridge_share(baud: int) -> float:
    """The share of a core while a card a second opens a door."""
    place = Path(tempfile.mkdtemp(prefix="p-"))
    try:
        installation = OneLine(place, baud)
        installation.install()
        school = School()
        with Site(installation) as site:
            bridge = site.start_bridge()
            site.apply(school.keys(), school.policy(draft=_draft(school.draft(1))), school.orders())
            site.wait_for_readers()
            begun, begun_s = _used_s(bridge.popen.pid), time.monotonic()  # noqa: TID251 - measuring is what this is for
            for second in range(SECONDS):
                present(site, second % READERS + 1, ADA)
                time.sleep(1.0)
            used = _used_s(bridge.popen.pid) - begun
            share = used / (time.monotonic() - begun_s)  # noqa: TID251 - as above
            bridge.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return share


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
