from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from firmware_bridge.local import address
from firmware_bridge.local.address import connected_to, is_one_of, listen_at
from tests.building.small_disk import sealed


@pytest.fixture
def path() -> Iterator[Path]:
    with TemporaryDirectory(prefix="a-") as name:
        yield Path(name) / "control.sock"


def test_a_socket_is_a_file_for_its_owner_only(path: Path) -> None:
    listener, by_name = listen_at(path, 1)
    with closing(listener), closing(connected_to(path, 1.0)):
        assert not by_name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_no_file_can_be_made_the_kernel_keeps_a_name_and_both_know_each_other(path: Path) -> None:
    path.touch()  # what a bridge that was killed has left behind
    with sealed(path.parent):
        listener, by_name = listen_at(path, 1)
        assert by_name
        with closing(listener), closing(connected_to(path, 1.0)):
            served, _ = listener.accept()
            with closing(served):
                assert is_one_of(served, {os.getuid()})
                assert not is_one_of(served, {os.getuid() + 1})
        with pytest.raises(OSError, match="refused"):
            connected_to(path, 1.0)


def test_a_stranger_that_took_the_name_is_not_believed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sealed(path.parent):
        listener, _ = listen_at(path, 1)
        monkeypatch.setattr(address, "is_one_of", lambda *_: False)
        with closing(listener), pytest.raises(PermissionError):
            connected_to(path, 1.0)
