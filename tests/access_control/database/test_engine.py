"""Transactions: what is written stays, what fails leaves nothing, no update is lost, and a locked database says so."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database, open_database, plain_errors
from access_control.database.errors import ConflictError, DatabaseBusyError, DatabaseDownError, DatabaseError
from access_control.jobs.models import Job
from access_control.people.models import Cardholder, Group, Membership
from tests.building.databases import new_sqlite, opened

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def person(name: str) -> Cardholder:
    return Cardholder(given_name=name, family_name="Ames", search_name=name.upper(), holder_class=HolderClass.STUDENT)


def test_what_is_written_is_read(any_database: Database) -> None:
    with any_database.writing() as session:
        session.add(person("Ada"))
    with any_database.reading() as session:
        assert session.scalars(select(Cardholder)).one().full_name == "Ada Ames"


def test_a_block_that_raises_leaves_nothing(any_database: Database) -> None:
    def write_and_fail() -> None:
        with any_database.writing() as session:
            session.add(person("Ada"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with any_database.reading() as session:
        assert session.scalars(select(Cardholder)).all() == []


def test_reading_cannot_write(any_database: Database) -> None:
    with any_database.reading() as session:
        session.add(person("Ada"))
        with pytest.raises(DBAPIError):
            session.flush()


def test_reading_sees_one_state(any_database: Database) -> None:
    with any_database.reading() as reading:
        assert reading.scalars(select(Cardholder)).all() == []
        with any_database.writing() as session:
            session.add(person("Ada"))
        assert reading.scalars(select(Cardholder)).all() == []
    with any_database.reading() as reading:
        assert len(reading.scalars(select(Cardholder)).all()) == 1


def test_foreign_keys_hold(any_database: Database) -> None:
    with pytest.raises(DBAPIError), any_database.writing() as session:
        session.add(Membership(person_ref=999, group_id=999))


def test_no_update_is_lost_between_threads(any_database: Database) -> None:
    with any_database.writing() as session:
        session.add(Job(name="counter", due_at=AT, last_error="0"))

    def count() -> None:
        for _ in range(25):
            with any_database.writing() as session:
                row = session.get_one(Job, "counter", with_for_update=True)
                row.last_error = str(int(row.last_error or "0") + 1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with any_database.reading() as session:
        assert session.get_one(Job, "counter").last_error == "200"


def test_two_databases_on_one_file_share_the_writer(database: Database, tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as other, other.writing() as session:
        session.add(person("Ada"))
        failed: list[Exception] = []

        def write() -> None:
            try:
                with database.alone():
                    pass
            except DatabaseBusyError as busy:
                failed.append(busy)

        waiting = threading.Thread(target=write)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        session.commit()
    waiting.join()
    assert failed == []


def test_a_locked_sqlite_file_is_a_plain_sentence(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "school.db", isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        with database.writer.connect() as connection:
            connection.connection.cursor().execute("PRAGMA busy_timeout = 50").close()
            with pytest.raises(DatabaseBusyError, match="busy"), plain_errors():
                connection.execute(text("SELECT 1"))
        with database.reading() as session:  # whoever only reads does not notice
            assert session.scalars(select(Cardholder)).all() == []
        stranger.execute("ROLLBACK")
    with database.writing() as session:
        session.add(person("Ada"))


def test_a_locked_row_on_postgresql_is_a_plain_sentence(pg_database: Database) -> None:
    with pg_database.writing() as session:
        session.add(Job(name="counter", due_at=AT))
    with pg_database.writing() as first:
        first.get_one(Job, "counter", with_for_update=True)
        with pg_database.writer.connect() as second:
            second.execute(text("SET LOCAL lock_timeout = 50"))
            with pytest.raises(DatabaseBusyError), plain_errors():
                second.execute(select(Job.name).with_for_update())


def test_writing_inside_writing_is_a_mistake_and_not_a_wait(database: Database) -> None:
    with database.writing(), pytest.raises(RuntimeError, match="inside"), database.writing():
        pass
    with database.writing() as session:
        session.add(person("Ada"))


def test_two_people_editing_one_record_is_a_conflict(any_database: Database) -> None:
    with any_database.writing() as session:
        session.add(person("Ada"))
    with any_database.reading() as session:
        seen = session.scalars(select(Cardholder)).one()
    ref = seen.ref
    with any_database.writing() as session:
        session.get_one(Cardholder, ref).unit = "9"
    seen.unit = "10"
    with pytest.raises(ConflictError), any_database.writing() as session:
        session.add(seen)
    with any_database.reading() as session:
        assert session.get_one(Cardholder, ref).unit == "9"


def test_times_keep_their_microseconds_and_come_back_in_utc(any_database: Database) -> None:
    precise = datetime(2026, 3, 8, 2, 30, 0, 123457, tzinfo=timezone(timedelta(hours=-6)))
    with any_database.writing() as session:
        session.add(Job(name="one", due_at=precise))
    with any_database.reading() as session:
        assert session.get_one(Job, "one").due_at == precise
        assert session.get_one(Job, "one").due_at.tzinfo is UTC
        after = select(Job.name).where(Job.due_at > precise - timedelta(microseconds=1))
        assert session.scalars(after).one() == "one"


def test_the_file_and_its_log_are_nobody_elses(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        session.add(person("Ada"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"school.db": 0o600, "school.db-wal": 0o600, "school.db-shm": 0o600}


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'open.db'}"
    (tmp_path / "open.db").touch(0o644)
    with opened(url):
        assert stat.S_IMODE((tmp_path / "open.db").stat().st_mode) == 0o600


def test_sqlite_syncs_and_keeps_a_log(database: Database) -> None:
    with database.writer.connect() as connection:
        for pragma, value in {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}.items():
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite://",
        "sqlite:///relative.db",
        "sqlite:////nowhere/at/all/school.db",
        "mysql://root@localhost/school",
        "postgresql+asyncpg://localhost/school",
    ],
)
def test_an_address_that_is_none_is_a_sentence(url: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        open_database(url)
    assert refused.value.sentence.endswith(".")
    assert refused.value.action.endswith(".")


def test_what_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear parents, " * 500)
    with pytest.raises(DatabaseDownError, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'letter.db'}")


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with opened("postgresql+psycopg://nobody:secret@127.0.0.1:1/school") as database:
        with pytest.raises(DatabaseDownError) as refused, database.reading() as session:
            session.execute(text("SELECT 1"))
        assert "secret" not in str(refused.value)
        assert "secret" not in repr(database)
        assert "secret" not in database.url


def test_a_server_that_was_restarted_is_found_again(pg_url: str) -> None:
    with opened(pg_url) as database:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with database.reading() as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_closing_leaves_no_file_open(tmp_path: Path) -> None:
    with opened(new_sqlite(tmp_path)) as database, database.writing() as session, database.reading() as second:
        session.add(person("Ada"))
        second.scalars(select(Cardholder)).all()
    held = [str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    assert not [name for name in held if str(tmp_path) in name]


COUNTING = """
import sys
from access_control.database.engine import open_database
from access_control.jobs.models import Job

database = open_database(sys.argv[1])
for _ in range(25):
    with database.writing() as session:
        row = session.get_one(Job, "counter")
        row.last_error = str(int(row.last_error or "0") + 1)
database.close()
"""


def test_no_update_is_lost_between_processes_on_sqlite(database: Database, root: Path) -> None:
    """No lock of this process helps here: only a transaction that begins as a writer does."""
    with database.writing() as session:
        session.add(Job(name="counter", due_at=AT, last_error="0"))
    url = database.url
    running = [subprocess.Popen([sys.executable, "-c", COUNTING, url], cwd=root) for _ in range(3)]
    assert [one.wait(120) for one in running] == [0, 0, 0]
    with database.reading() as session:
        assert session.get_one(Job, "counter").last_error == "75"


def test_adding_what_somebody_just_added_is_a_conflict(any_database: Database) -> None:
    with any_database.writing() as session:
        session.add(Group(name="Chess"))
    with pytest.raises(ConflictError), any_database.writing() as session:
        session.add(Group(name="Chess"))
    with any_database.writing() as session:
        session.add(Job(name="one", due_at=AT))
    with pytest.raises(ConflictError), any_database.writing() as session:
        session.add(Job(name="one", due_at=AT))


def test_a_connection_that_comes_back_after_the_end_is_closed_and_no_new_one_is_made(any_url: str) -> None:
    database = open_database(any_url)
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        link = session.connection().connection.dbapi_connection
        database.close()
    assert link is not None
    with pytest.raises(Exception, match="closed"):
        link.cursor().execute("SELECT 1")
    for transaction in (database.reading, database.writing):
        with pytest.raises(DatabaseDownError, match="it was closed"), transaction():
            pass
