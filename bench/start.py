"""How soon a bridge decides after it was started: a process with 5,000 people on disk, until a card moves a lock."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, percentile
from firmware_bridge.simulator.relay_log import read_relay_log
from tests.building.processes import Site, until
from tests.building.signed import ADA, FIRST_OF_MANY, FRONT, Installation, School, card

PEOPLE = 5000
ROUNDS = 5
LIMIT_S = 1.0


def run() -> list[Figure]:
    """Start it a few times; each time the building itself tells when the lock let go for the first card."""
    place = Path(tempfile.mkdtemp(prefix="b-"))
    ready, decided = [], []
    try:
        installation = Installation(place)
        installation.install()
        with Site(installation) as site:
            _give_documents(site)
            for _ in range(ROUNDS):
                ready_s, decided_s = _once(site)
                ready.append(ready_s)
                decided.append(decided_s)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return [
        _figure("start_to_ready", percentile(ready, 0.5)),
        _figure("start_to_first_decision", percentile(decided, 0.5)),
        _figure("start_to_first_decision_worst", max(decided)),
    ]


def _figure(name: str, value: float) -> Figure:
    return Figure(name, f"{PEOPLE} people", value, "s", "limit", value / LIMIT_S)


def _give_documents(site: Site) -> None:
    school = School(everybody=[ADA, *range(FIRST_OF_MANY, FIRST_OF_MANY + PEOPLE)])
    bridge = site.start_bridge()
    site.apply(school.keys(), school.policy(), school.orders())
    site.wait_for_readers()
    bridge.stop()


def _once(site: Site) -> tuple[float, float]:
    """Start, with a card held to the reader from the beginning; seconds until ready, and until the lock let go."""
    before = _releases(site)
    begun = time.monotonic()  # noqa: TID251 - measuring is what this is for; the relay log has the same clock
    bridge = site.start_bridge(wait=False)
    until(lambda: bridge.out or bridge.popen.poll() is not None, "the bridge is ready")
    ready = time.monotonic() - begun  # noqa: TID251 - as above
    site.remote.present(FRONT, card(ADA))
    until(lambda: len(_releases(site)) > len(before), "the lock lets go")
    bridge.stop()
    return ready, _releases(site)[len(before)] - begun


def _releases(site: Site) -> list[float]:
    return [
        float(str(line["mono_s"]))
        for line in read_relay_log(site.installation.relays)
        if line["what"] == "output" and line["on"] and line["door"] == FRONT
    ]
