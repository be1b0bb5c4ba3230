"""What cannot be started is one sentence, and nothing is left running."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from access_control.database.engine import open_database
from access_control.database.schema import upgrade
from access_control.demo import programs
from access_control.demo.errors import StageError
from access_control.demo.staging import Demo
from access_control.readers.models import Site


def test_a_program_that_ends_at_once_is_said_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "SERVICE_PROGRAM", "no_such_program")
    with (
        pytest.raises(StageError, match=r"The service ended at once: .*No module named no_such_program"),
        Demo(tmp_path / "demo"),
    ):
        raise AssertionError("it must not start")
    assert not (tmp_path / "demo" / "run").exists()


def test_it_is_found_again_where_it_was_left_and_from_where_people_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "SERVICE_PROGRAM", "no_such_program")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with pytest.raises(StageError, match="The service ended at once"), Demo(Path("demo")):
            raise AssertionError("it must not start")
        assert (tmp_path / "demo" / "school.db").exists()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(StageError, match="holds other things"), Demo(tmp_path, fresh=True):
        raise AssertionError("it must not start")
    assert (tmp_path / "letters").is_dir()


def test_fresh_forgets_what_earlier_demos_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "SERVICE_PROGRAM", "no_such_program")
    state = tmp_path / "demo"
    (state / "bridge").mkdir(parents=True)
    for name in ("demo.lock", "ready", "office.json"):
        (state / name).touch()
    with pytest.raises(StageError), Demo(state, fresh=True):
        raise AssertionError("it must not start")
    assert not (state / "bridge").exists()
    assert not (state / "office.json").exists()
    assert not (state / "ready").exists()


def test_fresh_does_not_forget_a_real_school(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    state.mkdir()
    (state / "demo.lock").touch()
    database = open_database(f"sqlite:///{state / 'school.db'}")
    upgrade(database)
    with database.writing() as session:
        session.add(Site(id="01939a5e-7c00-7000-8000-00000000c001", code=1, name="Real", timezone="Europe/Vienna"))
    database.close()
    with pytest.raises(StageError, match="no demo mark"), Demo(state, fresh=True):
        raise AssertionError("it must not start")
    assert (state / "school.db").exists()


def test_a_demo_of_another_version_is_said_and_made_anew_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "SERVICE_PROGRAM", "no_such_program")
    state = tmp_path / "demo"
    with pytest.raises(StageError, match="ended at once"), Demo(state):
        raise AssertionError("it must not start")
    with sqlite3.connect(state / "school.db") as file:
        file.execute("ALTER TABLE board RENAME COLUMN name TO title")
    file.close()
    with pytest.raises(StageError, match=r"another version of this program.*--fresh"), Demo(state):
        raise AssertionError("it must not start")
    with pytest.raises(StageError, match="ended at once"), Demo(state, fresh=True):
        raise AssertionError("it must not start")


def test_a_second_one_on_the_same_folder_has_to_wait(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    holder = f"import fcntl, time; f = open({str(state / 'demo.lock')!r}, 'w'); fcntl.flock(f, 2); print(1, flush=True)"
    state.mkdir()
    with subprocess.Popen(["python3", "-c", holder + "; time.sleep(60)"], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StageError, match="Another demo is using"), Demo(state):
            raise AssertionError("it must not start")
        other.kill()


def test_ports_are_kept_and_replaced_only_when_they_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "SERVICE_PROGRAM", "no_such_program")
    state, seen = tmp_path / "demo", []
    for _ in range(2):
        with pytest.raises(StageError), Demo(state):
            raise AssertionError("it must not start")
        seen.append(json.loads((state / "ports.json").read_text()))
    assert seen[0] == seen[1]
    assert seen[0]["service"] != seen[0]["panel"]
