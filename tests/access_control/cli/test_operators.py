"""``access-control operator add``: the first account, with a password that was typed or made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.cli.commands import main
from access_control.people.permissions import Permission
from access_control.people.sign_in import sign_in
from tests.building.accounts import AT
from tests.building.databases import new_sqlite, opened

TYPED = "four words typed twice"


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    (tmp_path / "service.toml").write_text(f'state_dir = "."\ndatabase_url = "{new_sqlite(tmp_path)}"\n')
    return ["--config", str(tmp_path / "service.toml")]


def may(tmp_path: Path, login: str, password: str, permission: Permission) -> bool:
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database:
        address = "192.0.2.1"
        return sign_in(database, AT, login=login, password=password, address=address, device_token=None).actor.may(
            permission
        )


def test_where_nobody_can_be_asked_a_password_is_made_up(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["operator", "add", "Admin@School.example", "--name", "Pat Doe", *settings]) == 0
    said = capsys.readouterr().out
    assert said.startswith("admin@school.example can sign in now.\nThe password is ")
    password = said.split("The password is ")[1].split(" ")[0]
    assert may(tmp_path, "admin@school.example", password, Permission.OPERATOR_EDIT)


def test_a_password_is_typed_twice(
    settings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    answers = iter([TYPED, TYPED, TYPED, "something else"])
    monkeypatch.setattr("getpass.getpass", lambda _question: next(answers))
    assert main(["operator", "add", "desk", "--name", "Dee", "--role", "front_desk", *settings]) == 0
    assert TYPED not in capsys.readouterr().out
    assert may(tmp_path, "desk", TYPED, Permission.VISITOR_CHECK_IN)
    assert not may(tmp_path, "desk", TYPED, Permission.OPERATOR_EDIT)
    assert main(["operator", "add", "other", "--name", "Dee", *settings]) == 1
    assert "two different passwords" in capsys.readouterr().err


def test_a_login_that_is_taken_is_a_sentence(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "add", "admin", "--name", "Pat", *settings]) == 0
    assert main(["operator", "add", "ADMIN", "--name", "Pat", *settings]) == 1
    assert "The login admin is taken. Choose another." in capsys.readouterr().err


def test_without_tables_it_says_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "service.toml").write_text('state_dir = "."\n')
    settings = ["--config", str(tmp_path / "service.toml")]
    assert main(["operator", "add", "admin", "--name", "Pat", *settings]) == 1
    assert "access-control db upgrade" in capsys.readouterr().err


def test_who_forgot_the_password_gets_a_new_one(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["operator", "add", "admin", "--name", "Pat", *settings])
    capsys.readouterr()
    assert main(["operator", "password", "ADMIN", *settings]) == 0
    password = capsys.readouterr().out.split("The password is ")[1].split(" ")[0]
    assert may(tmp_path, "admin", password, Permission.OPERATOR_EDIT)
    assert main(["operator", "password", "nobody", *settings]) == 1
    assert "no account nobody" in capsys.readouterr().err
