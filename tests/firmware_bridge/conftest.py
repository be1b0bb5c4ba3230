from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.building.neighbours import Three
from tests.building.town import Town


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory with a path that is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="b-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def town(place: Path) -> Iterator[Town]:
    """Up to three bridges of one site in this process, none of them started."""
    with ExitStack() as stack:
        yield Town(Three(place), stack)
