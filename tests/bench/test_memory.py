"""The memory of a real bridge with all that it may have. Memory is not time: it may be asserted."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from bench._full_bridge import DOORS, full_bridge
from bench.memory import MOST_MB

LONG = bool(int(os.environ.get("LONG", "0")))


@pytest.mark.skipif(not LONG, reason="64 simulated readers and a service; LONG=1 runs it")
def test_a_full_bridge_takes_less_than_eighty_megabytes() -> None:
    place = Path(tempfile.mkdtemp(prefix="m-"))
    try:
        found = full_bridge(place, 30.0)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    assert found.secure == DOORS
    assert found.granted > 0
    assert found.events > found.granted
    assert found.most_bytes < MOST_MB * 1e6
