from __future__ import annotations

import os
from pathlib import Path

import pytest

from firmware_bridge.store.files import set_aside, write_durably
from tests.building.clock import MONDAY


def test_writing_replaces_the_old_content_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "policy.doc"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_refuses_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "policy.doc"
    write_durably(path, b"old")

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_setting_aside_takes_companions_along(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"damaged")
    (tmp_path / "outbox.db-wal").write_bytes(b"wal")
    place = set_aside(path, MONDAY)
    assert place.read_bytes() == b"damaged"
    assert place.with_name(place.name + "-wal").read_bytes() == b"wal"
    assert not path.exists()
