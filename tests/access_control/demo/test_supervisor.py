"""What cannot be started is one sentence, and nothing is left running."""

import subprocess
from pathlib import Path

import pytest

from access_control.demo import supervisor
from access_control.demo.scene import StageError
from access_control.demo.supervisor import Supervisor


def test_a_program_that_ends_at_once_is_said_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PROGRAM", "no_such_program")
    with (
        pytest.raises(StageError, match=r"The simulator ended at once: .*No module named no_such_program"),
        Supervisor(tmp_path / "demo"),
    ):
        raise AssertionError("it must not start")
    assert not (tmp_path / "demo" / "run").exists()


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(StageError, match="holds other things"), Supervisor(tmp_path, fresh=True):
        raise AssertionError("it must not start")
    assert (tmp_path / "letters").is_dir()


def test_fresh_forgets_what_earlier_demos_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PROGRAM", "no_such_program")
    state = tmp_path / "demo"
    (state / "bridge").mkdir(parents=True)
    for name in ("demo.lock", "installed", "office.json"):
        (state / name).touch()
    with pytest.raises(StageError), Supervisor(state, fresh=True):
        raise AssertionError("it must not start")
    assert not (state / "bridge").exists()
    assert not (state / "installed").exists()


def test_a_second_one_on_the_same_folder_has_to_wait(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    holder = f"import fcntl, time; f = open({str(state / 'demo.lock')!r}, 'w'); fcntl.flock(f, 2); print(1, flush=True)"
    state.mkdir()
    with subprocess.Popen(["python3", "-c", holder + "; time.sleep(60)"], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StageError, match="Another demo is using"), Supervisor(state):
            raise AssertionError("it must not start")
        other.kill()
