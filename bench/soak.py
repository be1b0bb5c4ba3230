"""A million events through one bridge in accelerated time, with 64 doors and 5,000 people, and what memory it takes.

The bridge is whole but for its serial ports and its service: controller, record of events on a real disk, memory of
passes, control socket. People pass doors one after another, now and then somebody is refused, forces a door or holds
it, readers go and come back; the clock runs as fast as the bridge keeps up. Nothing is ever acknowledged, so that every
event stays on the disk, as in months without the service. ``BENCH_EVENTS`` sets the events; about eight minutes.

What lines of readers, encryption, TLS and uploading take is not in its memory: ``memory`` measures a bridge with those.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from access_control.core.decision.building import Lock, LockKind, Timetable
from access_control.core.decision.model import Board, DeviceKind, Door, DoorClass, Point, Reader
from access_control.core.wire.policy_draft import Level, PolicyDraft
from bench.figures import Figure
from firmware_bridge.config import read_config
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    CardPresented,
    InputChanged,
    InputState,
    LinkState,
    Moment,
    OutputProved,
    PortChanged,
    Proof,
    ReaderLinkChanged,
    TimePassed,
)
from firmware_bridge.local.client import LocalClient
from firmware_bridge.ports import Emit, Port
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.runtime.wiring import PortPlan
from tests.building.flooding import resident_bytes
from tests.building.signed import BOARDS_LINE, FACILITY, FIRST_OF_MANY, READERS_LINE, Installation, School, card

EVENTS: Final = 1_000_000
PEOPLE: Final = 5000
DOORS: Final = 64
OUTPUTS_A_BOARD: Final = 16
MOST_BYTES: Final = 80e6
MOST_GROWTH: Final = 4e6
SAMPLES: Final = 20
FIRST_SAMPLES: Final = 4
"""Growth is counted from here: until then caches fill."""
_BATCH = 50
_UNLOCK_S = 3.0


class FastClock:
    """Runs as fast as it is told to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mono_s = time.monotonic()  # noqa: TID251 - the bridge's stores compare with files of today
        self._at = datetime.now(UTC)  # noqa: TID251 - as above

    def moment(self) -> Moment:
        """Now."""
        with self._lock:
            return Moment(self._at, self._mono_s)

    def monotonic_s(self) -> float:
        """Now, in monotonic seconds."""
        return self.moment().mono_s

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._mono_s += seconds
            self._at += timedelta(seconds=seconds)


class ObedientPort:
    """Boards whose relays do at once what they are told, and say so."""

    def __init__(self, plan: PortPlan, emit: Emit, clock: FastClock) -> None:
        self.name = plan.settings.name
        self._plan = plan
        self._emit = emit
        self._clock = clock

    def start(self) -> None:
        """Everything is there."""
        moment = self._clock.moment()
        self._emit(PortChanged(moment, self.name, up=True, why=""))
        for board in self._plan.boards:
            self._emit(BoardLinkChanged(moment, board.id, LinkState.UP))
            for index in range(board.inputs):
                self._emit(InputChanged(moment, Point(DeviceKind.BOARD, board.id, index), InputState.NORMAL))
        for reader in self._plan.readers:
            self._emit(ReaderLinkChanged(moment, reader.id, LinkState.SECURE))

    def alive(self) -> bool:
        """Always."""
        return True

    def submit(self, command: DriveOutput | ShowAtReader) -> None:
        """Do it."""
        if isinstance(command, DriveOutput):
            self._emit(OutputProved(self._clock.moment(), command.point, command.energised, Proof.READ_BACK))

    def stop(self) -> None:
        """Nothing to close."""


def point_of(door: int) -> Point:
    """A door's relay and its contact have the same number."""
    board, index = divmod(door - 1, OUTPUTS_A_BOARD)
    return Point(DeviceKind.BOARD, board + 1, index)


def school() -> School:
    """Five thousand people."""
    return School(everybody=list(range(FIRST_OF_MANY, FIRST_OF_MANY + PEOPLE)))


def draft(of: School) -> PolicyDraft:
    """Sixty-four doors, each with a reader; students may open all but eight of them."""
    always = Timetable(always=True)
    doors = range(1, DOORS + 1)
    boards = range(1, DOORS // OUTPUTS_A_BOARD + 1)
    made = of.draft(1)
    return replace(
        made,
        doors=[
            Door(d, str(100 + d), f"Room {100 + d}", DoorClass.ROOM, Lock(LockKind.STRIKE, point_of(d)), point_of(d))
            for d in doors
        ],
        readers=[Reader(d, f"Reader {d}", d, READERS_LINE, d, ("H10301",), frozenset({FACILITY})) for d in doors],
        boards=[Board(b, f"Board {b}", BOARDS_LINE, b, OUTPUTS_A_BOARD, OUTPUTS_A_BOARD) for b in boards],
        levels=[Level(1, dict.fromkeys(doors[:-8], always)), Level(2, {1: always})],
    )


def run() -> list[Figure]:
    """Soak a bridge in a process of its own; progress goes to standard error."""
    events = int(os.environ.get("BENCH_EVENTS", str(EVENTS)))
    place = Path(tempfile.mkdtemp(prefix="s-"))
    try:
        command = [sys.executable, "-m", "bench.soak", str(place), str(events)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    found = json.loads(done.stdout)
    case = f"{events} events"
    samples = [float(sample) for sample in found["resident"]]
    grown = max(samples) - max(samples[:FIRST_SAMPLES])
    return [
        Figure("memory_most", case, max(samples), "B", "limit", max(samples) / MOST_BYTES),
        Figure("memory_grown", case, grown, "B", "limit", grown / MOST_GROWTH),
        Figure("events_missing", case, found["missing"], "", at_most=0),
        Figure("events_stored", case, found["stored"] / found["seconds"], "1/s"),
        Figure("outbox_size", case, found["size"], "B"),
        Figure("time_passed", case, found["passed_s"] / 86400, "days"),
        Figure("start_with_them", case, found["start_s"], "s"),
    ]


@dataclass
class Soak:
    """The bridge and what passes through it."""

    bridge: Bridge
    clock: FastClock
    chance: Random

    def batch(self) -> None:
        """So many people, and everything that they do is stored."""
        for _ in range(_BATCH):
            self._pass(self.chance.randrange(1, DOORS + 1), FIRST_OF_MANY + self.chance.randrange(PEOPLE))
        self._catch_up()
        self.bridge.recorder.flush(60.0)

    def _pass(self, door: int, person: int) -> None:
        now = self.clock.moment
        contact, emit = point_of(door), self.bridge.emit
        luck = self.chance.random()
        emit(CardPresented(now(), door, card(person)))
        self.clock.go_on(1.0)
        if luck < 0.95:
            emit(InputChanged(now(), contact, InputState.ACTIVE))
            self.clock.go_on(45.0 if luck < 0.02 else 1.5)
            emit(TimePassed(now()))
            emit(InputChanged(now(), contact, InputState.NORMAL))
        elif luck < 0.96:
            emit(ReaderLinkChanged(now(), door, LinkState.DOWN, "Soak."))
            emit(ReaderLinkChanged(now(), door, LinkState.SECURE))
        self.clock.go_on(_UNLOCK_S + self.chance.uniform(1.0, 20.0))
        emit(TimePassed(now()))

    def _catch_up(self) -> None:
        """The bridge has done everything that it was given until now."""
        with LocalClient(self.bridge.config.control_socket, 60.0) as client:
            assert client.status()


def soak(place: Path, events: int) -> dict[str, object]:
    """In the child: what was found."""
    installation = Installation(place)
    installation.install()
    clock = FastClock()

    def make(plan: PortPlan, emit: Emit, _: object) -> Port:
        return ObedientPort(plan, emit, clock)

    around = Surroundings(clock, make)
    config = replace(read_config(installation.settings), events_count=2 * events)
    begun_at, begun_s = clock.moment().at, time.monotonic()  # noqa: TID251 - measuring is what this is for
    resident: list[int] = []
    with Bridge(config, around) as bridge:
        _give_documents(installation)
        running = Soak(bridge, clock, Random(2026))
        while (stored := _stored(bridge)) < events:
            if stored >= len(resident) * events / SAMPLES:
                resident.append(resident_bytes())
                print(f"soak: {stored} events, {resident[-1] / 1e6:.1f} MB", file=sys.stderr)
            running.batch()
        resident.append(resident_bytes())
        seconds = time.monotonic() - begun_s  # noqa: TID251 - as above
        outbox = bridge.recorder.outbox
        assert outbox is not None
        stored, kept = outbox.last_seq, _count(installation)
    begun_s = time.monotonic()  # noqa: TID251 - as above
    with Bridge(config, around):
        start_s = time.monotonic() - begun_s  # noqa: TID251 - as above
    return {
        "resident": resident,
        "stored": stored,
        "missing": stored - kept,
        "seconds": seconds,
        "size": (installation.state / "outbox.db").stat().st_size,
        "passed_s": (clock.moment().at - begun_at).total_seconds(),
        "start_s": start_s,
    }


def _give_documents(installation: Installation) -> None:
    made = school()
    with LocalClient(installation.state / "control.sock", 60.0) as client:
        for document in (made.keys(), made.policy(draft=draft(made)), made.orders()):
            client.apply(document)


def _stored(bridge: Bridge) -> int:
    outbox = bridge.recorder.outbox
    return 0 if outbox is None else outbox.last_seq


def _count(installation: Installation) -> int:
    db = sqlite3.connect(f"file:{installation.state}/outbox.db?mode=ro", uri=True)
    try:
        (count,) = db.execute("SELECT COUNT(*) FROM events").fetchone()
        return int(count)
    finally:
        db.close()


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    print(json.dumps(soak(Path(sys.argv[1]), int(sys.argv[2]))))
