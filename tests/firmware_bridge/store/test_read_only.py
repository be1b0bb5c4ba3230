from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from firmware_bridge.store.read_only import EXCHANGE, MAKE_ROOM, copy_in_memory, open_to_read, read_only, remedy
from tests.building.small_disk import sealed

KILLED = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE t (x)")
db.execute("INSERT INTO t VALUES (7)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def read(path: Path) -> list[int]:
    with closing(open_to_read(path)) as db:
        return [x for (x,) in db.execute("SELECT x FROM t")]


def test_a_folder_can_be_written_or_only_read(tmp_path: Path) -> None:
    assert not read_only(tmp_path)
    assert not read_only(tmp_path / "missing")
    with sealed(tmp_path):
        assert read_only(tmp_path)
    assert not read_only(tmp_path)


def test_what_was_in_wal_when_the_power_went_is_read_from_a_disk_that_can_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "some thing.db"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.with_name(path.name + "-wal").stat().st_size
    with sealed(tmp_path):
        assert read(path) == [7]
        with closing(copy_in_memory(path)) as copy:
            copy.execute("INSERT INTO t VALUES (8)")
            assert copy.execute("SELECT count(*) FROM t").fetchone() == (2,)
        assert read(path) == [7]


def test_a_database_without_wal_is_read_there_too(tmp_path: Path) -> None:
    path = tmp_path / "closed.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (1)")
    assert [one.name for one in tmp_path.iterdir()] == ["closed.db"]
    with sealed(tmp_path):
        assert read(path) == [1]
    assert read(path) == [1]


def test_what_is_missing_or_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "odd.db").write_bytes(b"no database" * 100)
    for name in ("missing.db", "odd.db"):
        with pytest.raises(sqlite3.Error):
            copy_in_memory(tmp_path / name)
    assert not (tmp_path / "missing.db").exists()


@pytest.mark.parametrize(
    ("number", "todo"), [(errno.EROFS, EXCHANGE), (errno.EACCES, EXCHANGE), (errno.ENOSPC, MAKE_ROOM)]
)
def test_what_to_do_about_a_write_that_failed(number: int, todo: str) -> None:
    assert remedy(OSError(number, os.strerror(number))) == todo
