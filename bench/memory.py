"""How much memory a real bridge takes with all that it may have, beside the limit of 80 MB.

Its process, with eight lines of eight secured readers each on ptys, a Policy of 5,000 people, and a service that
acknowledges its events over TLS: what ``soak`` leaves out. Ten people a second show a card somewhere. ``BENCH_SECONDS``
sets for how long (60); ``BENCH_QUICK=1`` takes 10.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench._full_bridge import DOORS, full_bridge
from bench.figures import Figure

SECONDS: Final = 60.0
QUICK_SECONDS: Final = 10.0
MOST_MB: Final = 80.0
_MB: Final = 1e6


def run() -> list[Figure]:
    """Measure; progress goes to standard error."""
    usual = QUICK_SECONDS if os.environ.get("BENCH_QUICK") else SECONDS
    seconds = float(os.environ.get("BENCH_SECONDS", str(usual)))
    place = Path(tempfile.mkdtemp(prefix="m-"))
    try:
        found = full_bridge(place, seconds)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    most, case = found.most_bytes / _MB, f"{DOORS} readers"
    print(f"memory: {most:.1f} MB at most, {found.begun_bytes / _MB:.1f} MB at first", file=sys.stderr)
    return [
        Figure("memory_mb_of_bridge", case, most, "MB", "limit", most / MOST_MB),
        Figure("memory_mb_of_bridge_at_first", case, found.begun_bytes / _MB, "MB"),
        Figure("readers_not_secure", case, DOORS - found.secure, "", at_most=0),
        Figure("events_acknowledged", case, found.events, ""),
        Figure("people_let_in", case, found.granted, ""),
    ]
