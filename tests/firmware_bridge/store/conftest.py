from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.building.clock import SetClock
from tests.building.document_store import Store
from tests.building.signed import School
from tests.building.small_disk import SmallDisk, small_disk_at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk_at(tmp_path / "disk", megabytes=8) as disk:
        yield disk


@pytest.fixture
def school() -> School:
    return School()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    opened.open()
    yield opened
    opened.memory.close()


@pytest.fixture
def ready(store: Store, school: School) -> Store:
    """With the school's keys, a Policy and Orders in force."""
    for document in (school.keys(), school.policy(), school.orders()):
        store.apply(document)
    store.announced.clear()
    return store
