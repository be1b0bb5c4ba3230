from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory with a path that is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="b-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)
