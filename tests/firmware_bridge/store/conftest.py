from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.building.clock import SetClock
from tests.building.small_disk import SmallDisk, small_disk_at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk_at(tmp_path / "disk", megabytes=8) as disk:
        yield disk
