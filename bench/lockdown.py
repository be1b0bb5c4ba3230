"""From the button to the last of 64 doors confirmed secure: a service, 4 bridges, 4 buildings, all of them processes.

Each bridge has 2 lines of 8 readers at 38400 baud with Secure Channel; every lock hangs on its own reader, and half of
them stand unlocked by their schedule. Each round is a real lockdown, started over HTTP as the button does it, and ended
over HTTP with the password; only the ten seconds that a real release waits are cut short in the database.

``BENCH_ROUNDS`` sets the rounds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Final

from bench._lockdown_rounds import Round, running_school
from bench.figures import Figure, percentile

ROUNDS: Final = 20
LIMIT_S: Final = 1.0
CASE: Final = "64x4"


def run() -> list[Figure]:
    """Measure; about three minutes."""
    folder = Path(tempfile.mkdtemp(prefix="l-"))
    try:
        rounds = _rounds(folder, int(os.environ.get("BENCH_ROUNDS", str(ROUNDS))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    confirmed = [one.confirmed for one in rounds]
    limited = [
        Figure(name, CASE, value, "s", "limit", value / LIMIT_S)
        for name, value in (
            ("confirmed_p99_s", percentile(confirmed, 0.99)),
            ("confirmed_p50_s", percentile(confirmed, 0.5)),
        )
    ]
    return [*limited, *_stages(rounds)]


def _rounds(folder: Path, count: int) -> list[Round]:
    rounds = []
    with running_school(folder) as school:
        for number in range(count):
            school.wait_until_ready()
            rounds.append(one := school.once())
            shown = ", ".join(f"{field.name} {1e3 * getattr(one, field.name):.0f}" for field in fields(Round))
            print(f"lockdown {number + 1}: {shown} ms", file=sys.stderr)
            school.release(school.directive())
    return rounds


def _stages(rounds: list[Round]) -> list[Figure]:
    """Each counted from the sending of the request."""
    return [
        Figure(f"{field.name}_{name}_s", CASE, percentile([getattr(one, field.name) for one in rounds], share), "s")
        for field in fields(Round)
        if field.name != "confirmed"
        for name, share in (("p99", 0.99), ("p50", 0.5))
    ]
