from __future__ import annotations

import os
from pathlib import Path

import pytest

from firmware_bridge.store.state_lock import NotOwnerError, StateInUseError, only_one
from tests.building.small_disk import sealed


def test_only_one_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(StateInUseError, match="already runs"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), only_one(tmp_path / "nowhere"):
        pass


def test_root_leaves_nothing_in_a_directory_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() == 0:
        os.chown(tmp_path, 64_711, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NotOwnerError, match="Give the same command as that user: runuser -u "), only_one(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_can_only_be_read_is_locked_all_the_same_with_or_without_the_file(tmp_path: Path) -> None:
    for before in (False, True):
        if before:
            (tmp_path / "bridge.lock").touch()
        with sealed(tmp_path), only_one(tmp_path), pytest.raises(StateInUseError), only_one(tmp_path):
            pass
    with only_one(tmp_path):
        pass
