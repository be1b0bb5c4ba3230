from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.store.state_lock import StateInUseError, only_one


def test_only_one_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(StateInUseError, match="already runs"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), only_one(tmp_path / "nowhere"):
        pass
