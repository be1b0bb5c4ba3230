"""Programs are named, started and stopped one by one, and say plainly what is wrong."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from access_control.demo.deck import Deck
from access_control.demo.errors import StageError
from access_control.demo.places import Places
from access_control.demo.plan import Side
from access_control.demo.programs import SERVICE, Programs, bridge_name, commands, simulator_name
from access_control.demo.wiring import write_building


@pytest.fixture
def programs() -> Iterator[Programs]:
    folder = Path(tempfile.mkdtemp(prefix="d-"))
    made = Programs(Places.under(folder), Deck(), "http://127.0.0.1:1", "http://127.0.0.1:2/")
    yield made
    made.end()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_program_is_killed_and_started_again(programs: Programs) -> None:
    name = simulator_name(Side.ARTS)
    write_building(programs.places.side(Side.ARTS))
    assert programs.start(name) == "The simulator of the gym and arts has started again."
    assert "running already" in programs.start(name)
    assert "was killed (process " in programs.kill(name)
    assert not programs.running(name)
    programs.start(name)
    programs.stop(name)
    assert not programs.running(name)


def test_people_may_stop_the_service_and_the_bridges(programs: Programs) -> None:
    names = [program["name"] for program in programs.overview()]
    assert names == [SERVICE, bridge_name(Side.MAIN), bridge_name(Side.ARTS)]
    assert not any(program["running"] for program in programs.overview())


def test_a_program_that_cannot_start_says_why(programs: Programs) -> None:
    with pytest.raises(StageError, match=r"The simulator of the main building ended at once: .*no such file"):
        programs.start(simulator_name(Side.MAIN))
    with pytest.raises(StageError, match="no program kettle"):
        programs.start("kettle")


def test_commands_run_to_their_ends_and_failures_are_their_own_sentences() -> None:
    commands([["--help"], ["run", "--help"]])
    with pytest.raises(StageError, match=r"'firmware-bridge status' failed: .*"):
        commands([["run", "--help"], ["status", "--config", "/nowhere/bridge.toml"]])
