"""``access-control db``: makes the database, copies it before each step, and says what it did."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import select, text

from access_control.cli.commands import main
from access_control.database.schema import head
from access_control.people.models import Operator
from access_control.readers.site import the_site
from tests.building.databases import opened


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    (tmp_path / "service.toml").write_text('state_dir = "state"\n')
    return ["--config", str(tmp_path / "service.toml")]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    return out + err


def test_upgrade_makes_the_folder_and_the_database(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["db", "upgrade", *settings]) == 0
    assert said(capsys) == f"The database has version {head()} now.\n"
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["school.db"]
    assert main(["db", "upgrade", *settings]) == 0
    assert said(capsys) == f"The database has version {head()} already.\n"
    assert main(["db", "current", *settings]) == 0


def test_a_copy_is_made_before_each_step(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["db", "upgrade", *settings])
    main(["operator", "add", "admin", "--name", "Ada", "--random-password", *settings])
    assert main(["db", "downgrade", "base", "--yes", *settings]) == 0
    assert "Copied what there was to" in said(capsys)
    (copy,) = (tmp_path / "state").glob("school.db.0001-*.backup")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with opened(f"sqlite:///{copy}") as database, database.reading() as session:
        assert session.scalars(select(Operator.login)).all() == ["admin"]
    assert main(["db", "current", *settings]) == 1
    assert "version base" in said(capsys)


def test_a_downgrade_without_a_terminal_asks_for_yes(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["db", "upgrade", *settings])
    assert main(["db", "downgrade", "base", *settings]) == 1
    assert "--yes" in said(capsys)
    assert main(["db", "current", *settings]) == 0


@pytest.mark.parametrize(("answer", "left"), [("y", 1), ("n", 0), ("", 0)])
def test_a_downgrade_asks_first(settings: list[str], monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    main(["db", "upgrade", *settings])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    assert main(["db", "downgrade", "base", *settings]) == 1 - left
    assert main(["db", "current", *settings]) == left


def test_a_newer_database_is_left_alone(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["db", "upgrade", *settings])
    with opened(f"sqlite:///{tmp_path / 'state' / 'school.db'}") as database, database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0777'"))
    capsys.readouterr()
    for command in (["db", "upgrade"], ["db", "downgrade", "base", "--yes"], ["audit", "verify"]):
        assert main([*command, *settings]) == 1
        assert "0777, which is newer than this program" in said(capsys)


def test_an_unknown_version_is_a_sentence(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["db", "upgrade", *settings])
    assert main(["db", "downgrade", "0.9", "--yes", *settings]) == 1
    assert "There is no version 0.9" in said(capsys)


def test_postgresql_is_upgraded_without_a_copy(pg_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "service.toml").write_text(f'state_dir = "state"\ndatabase_url = "{pg_url}"\n')
    settings = ["--config", str(tmp_path / "service.toml")]
    assert main(["db", "upgrade", *settings]) == 0
    assert main(["db", "downgrade", "base", "--yes", *settings]) == 0
    assert "pg_dump" in said(capsys)
    assert list((tmp_path / "state").iterdir()) == []


def test_settings_that_make_no_sense_are_all_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "service.toml").write_text('workers = 3\nlog_level = "loud"\n')
    assert main(["db", "current", "--config", str(tmp_path / "service.toml")]) == 1
    assert [line.split(": ")[1] for line in said(capsys).splitlines()] == ["state_dir", "workers", "log_level"]


def test_after_a_restore_a_new_epoch_overrules_what_was_published(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["db", "upgrade", *settings])
    assert main(["db", "restored", *settings]) == 1
    assert "There is no site yet." in said(capsys)
    main(["site", "create", "Maple Hollow", "--timezone", "America/Chicago", *settings])
    assert main(["db", "restored", *settings]) == 0
    assert "mark lost badges again" in said(capsys)
    with opened(f"sqlite:///{tmp_path}/state/school.db") as database, database.reading() as session:
        site = the_site(session)
        assert site.restored_at is not None
        assert site.epoch > 1_700_000_000
