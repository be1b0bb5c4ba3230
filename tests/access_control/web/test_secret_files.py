"""Files that only their owner may read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from access_control.web.secret_files import private_folder, write_private


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b")
    write_private(tmp_path / "a" / "b" / "key", b"1")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b" / "key").stat().st_mode) == 0o600


def test_what_is_there_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    write_private(tmp_path / "key", b"1")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key", b"2")
    assert (tmp_path / "key").read_bytes() == b"1"
    write_private(tmp_path / "key", b"2", replace=True)
    assert (tmp_path / "key").read_bytes() == b"2"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
