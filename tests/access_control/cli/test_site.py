"""``access-control site`` and ``bridge``: from an empty database to the code that a bridge enrols with."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.cli.commands import main
from tests.building.databases import new_sqlite


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    (tmp_path / "service.toml").write_text(f'state_dir = "."\ndatabase_url = "{new_sqlite(tmp_path)}"\n')
    tmp_path.chmod(0o700)
    return ["--config", str(tmp_path / "service.toml")]


def test_a_school_is_set_up_once(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "create", "Maple Hollow", "--timezone", "America/Chicago", *settings]) == 0
    assert capsys.readouterr().out == "Maple Hollow is set up. Building 1 is Main building.\n"
    assert main(["site", "create", "Another", "--timezone", "America/Chicago", *settings]) == 1
    assert "This database has a site already." in capsys.readouterr().err


def test_a_time_zone_that_does_not_exist_is_a_sentence(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "create", "Maple Hollow", "--timezone", "Maple/Hollow", *settings]) == 1
    assert "is no time zone" in capsys.readouterr().err


def test_a_second_building_gets_the_next_number(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["site", "create", "Maple Hollow", "--timezone", "America/Chicago", *settings])
    assert main(["site", "building", "Gym", *settings]) == 0
    assert "Building 2 is Gym." in capsys.readouterr().out
    assert main(["site", "building", "Gym", *settings]) == 1
    assert "already a building called Gym" in capsys.readouterr().err
