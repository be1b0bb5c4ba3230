"""The whole bridge in this process while a scanner floods it: cards and exits elsewhere do not feel it."""

from __future__ import annotations

import threading
import time
from functools import partial
from itertools import product
from pathlib import Path
from string import ascii_letters, digits

from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import LocalClient
from firmware_bridge.runtime.bridge import Bridge, Surroundings
from firmware_bridge.simulator.building import VirtualBuilding
from tests.building.flooding import Flood, flooded_line
from tests.building.processes import read_events, until
from tests.building.signed import ADA, BEN, FRONT, OFFICE_DOOR, ROOM, Installation, School, card

LINES = "".join(f"{a}{b}\n" for a, b in product(ascii_letters + digits, repeat=2)).encode()
"""Short lines, each another than the one before it: 11 kB."""
MOST_QUEUED = 100
MOST_S = 1.0


def unlocked(building: VirtualBuilding, door: int) -> bool:
    return building.boards[1].coils[door - 1]


def test_a_flooding_scanner_fills_no_queue_and_keeps_no_card_waiting(place: Path) -> None:
    installation = Installation(place)
    installation.install()
    building = VirtualBuilding(installation.building())
    stop, clock = threading.Event(), SystemClock()

    def flood(line: Flood) -> None:
        while not stop.is_set() and line.send(LINES):
            pass

    with flooded_line() as line, building:
        port = f'\n[ports.S]\nkind = "scanner"\npath = "{line.path}"\nbaud = 115200\nreader = {ROOM}\n'
        installation.settings.write_text(installation.settings.read_text() + port)
        school = School()
        with (
            Bridge(read_config(installation.settings), Surroundings(clock)) as bridge,
            LocalClient(installation.state / "control.sock") as client,
        ):
            for document in (school.keys(), school.policy(), school.orders()):
                client.apply(document)
            links = {"secure", "up"}
            until(lambda: {r["link"] for r in client.status()["readers"]} <= links, "the readers answer")
            until(lambda: {b["link"] for b in client.status()["boards"]} <= links, "the board answers")
            flooding = threading.Thread(target=flood, args=(line,))
            flooding.start()
            try:
                time.sleep(1.0)
                queued, took_s = 0, []
                for door, who in ((FRONT, ADA), (OFFICE_DOOR, ADA), (FRONT, BEN)):
                    until(lambda: not any(building.boards[1].coils), "every door is locked")
                    begun_s = clock.monotonic_s()
                    building.present(door, card(who))
                    until(partial(unlocked, building, door), "the lock moves")
                    took_s.append(clock.monotonic_s() - begun_s)
                    queued = max(queued, bridge._loop._queue.qsize())
                    time.sleep(1.0)
            finally:
                stop.set()
                flooding.join()
            assert queued < MOST_QUEUED
            assert max(took_s) < MOST_S, took_s
            alarms = [e for e in read_events(installation.state / "outbox.db") if e.code == "READER_LINE_FAULT"]
            assert [alarm.reader for alarm in alarms] == [ROOM]
            assert "reads came faster than anybody can present them" in str(alarms[0].detail["what"])
