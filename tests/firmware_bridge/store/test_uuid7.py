from __future__ import annotations

import uuid
from datetime import timedelta

from firmware_bridge.store.uuid7 import uuid7
from tests.building.clock import MONDAY


def test_it_is_version_7_and_sorts_by_time() -> None:
    earlier, later = uuid7(MONDAY), uuid7(MONDAY + timedelta(milliseconds=1))
    assert uuid.UUID(earlier).version == 7
    assert uuid.UUID(earlier).variant == uuid.RFC_4122
    assert earlier < later
    assert int(uuid.UUID(earlier)) >> 80 == int(MONDAY.timestamp() * 1000)


def test_two_of_one_instant_differ() -> None:
    assert len({uuid7(MONDAY) for _ in range(1000)}) == 1000


def test_all_its_noise_counts() -> None:
    assert uuid7(MONDAY, bytes).endswith("-7000-8000-000000000000")
    assert uuid7(MONDAY, lambda n: b"\xff" * n).endswith("-7fff-bfff-ffffffffffff")
