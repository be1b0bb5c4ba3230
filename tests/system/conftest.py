from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.building.processes import Site
from tests.building.signed import Installation


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory with a path that is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="b-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def site(place: Path) -> Iterator[Site]:
    """A set-up bridge that does not run yet, and its simulated building that does."""
    installation = Installation(place)
    installation.install()
    with Site(installation) as running:
        yield running
