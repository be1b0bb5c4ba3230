from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.store import space
from firmware_bridge.store.space import Space
from tests.building.small_disk import sealed

ENDLESS = 2**62


@pytest.fixture(autouse=True)
def small_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "RESERVE_BYTES", 4096)


def test_where_there_is_room_a_reserve_is_kept_and_given_up_when_asked(tmp_path: Path) -> None:
    room, reserve = Space(tmp_path / "outbox.db", 0), tmp_path / "outbox.db.reserve"
    assert not room.short()
    assert reserve.stat().st_size == 4096
    room.give_up()
    room.give_up()
    assert not reserve.exists()


def test_a_disk_without_room_is_short_and_gets_no_reserve(tmp_path: Path) -> None:
    assert Space(tmp_path / "outbox.db", ENDLESS).short()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_can_only_be_read_keeps_its_reserve_and_disturbs_nobody(tmp_path: Path) -> None:
    room = Space(tmp_path / "outbox.db", 0)
    assert not room.read_only()
    room.short()
    with sealed(tmp_path):
        room.give_up()
        assert room.read_only()
    assert (tmp_path / "outbox.db.reserve").exists()
