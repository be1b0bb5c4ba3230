from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.simulator.config import BuildingConfig
from firmware_bridge.simulator.config_writing import write_building
from firmware_bridge.simulator.process import main
from firmware_bridge.simulator.remote import Remote

PROGRAM = (
    "import sys, pathlib; from firmware_bridge.simulator.process import main; sys.exit(main(pathlib.Path(sys.argv[1])))"
)


@contextmanager
def simulate(config: Path) -> Iterator[subprocess.Popen[str]]:
    """The simulator as a process that has said that it is ready."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(config)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert "is ready" in process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.fixture
def config(school: BuildingConfig, tmp_path: Path) -> Path:
    path = tmp_path / "school.json"
    write_building(school, path)
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_asked_by_a_signal(config: Path, school: BuildingConfig, number: signal.Signals) -> None:
    with simulate(config) as process:
        assert all(line.path.is_symlink() for line in school.lines)
        process.send_signal(number)
        assert process.wait(60) == 0
    assert not any(line.path.is_symlink() for line in school.lines)


def test_it_ends_when_asked_at_its_socket_and_starts_again_after_a_kill(config: Path, school: BuildingConfig) -> None:
    assert school.control is not None
    with simulate(config) as process:
        process.kill()
        process.wait(60)
    with simulate(config) as process:
        with Remote(school.control) as remote:
            remote.ask("stop")
        assert process.wait(60) == 0


def test_a_second_one_is_told_why_it_cannot_start(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with simulate(config):
        assert main(config) == 1
    assert "another simulator that is running" in capsys.readouterr().err


def test_mistakes_in_its_file_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text("flowers = 1")
    assert main(tmp_path / "bad.toml") == 2
    assert "flowers: there is no such setting" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", "[]", '{"1": {"key": null}}'])
def test_a_damaged_memory_is_told(
    config: Path, school: BuildingConfig, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert school.memory is not None
    school.memory.write_text(text)
    assert main(config) == 1
    assert "does not hold what simulated readers remember" in capsys.readouterr().err
