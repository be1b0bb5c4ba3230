"""``access-control bridge``: adding, listing, confirming and revoking a bridge without the pages."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from access_control.cli.commands import main
from access_control.core.wire.enrolment_code import read_code
from access_control.core.wire.recovery import private_key, read_passphrase
from access_control.readers.enrolment import enroll, fingerprint
from access_control.readers.keys import load_keys
from access_control.readers.recovery import recovery_key
from access_control.readers.replacement import enroll_replacement
from tests.building.databases import new_sqlite, opened
from tests.building.sites import AT

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    (tmp_path / "service.toml").write_text(f'state_dir = "."\ndatabase_url = "{new_sqlite(tmp_path)}"\n')
    tmp_path.chmod(0o700)
    line = ["--config", str(tmp_path / "service.toml")]
    assert main(["site", "create", "Maple Hollow", "--timezone", "America/Chicago", *line]) == 0
    return line


def code_in(text: str) -> str:
    return next(word for word in text.split() if word.startswith("SAC1-"))


def test_the_code_of_a_new_bridge_can_be_read_back(settings: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["bridge", "add", "North bridge", *settings]) == 0
    code = read_code(code_in(capsys.readouterr().out))
    assert code.fits(load_keys(tmp_path / "keys").identity_public)
    assert main(["bridge", "list", *settings]) == 0
    assert capsys.readouterr().out == "North bridge: invited, key not made yet\n"


def test_with_two_buildings_it_asks_which(settings: list[str], capsys: Captured) -> None:
    main(["site", "building", "Gym", *settings])
    assert main(["bridge", "add", "North bridge", *settings]) == 1
    assert "Say it with --building: 1 Main building, 2 Gym" in capsys.readouterr().err
    assert main(["bridge", "add", "Gym bridge", "--building", "2", *settings]) == 0


def test_a_bridge_is_confirmed_and_revoked_by_its_name(settings: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["bridge", "add", "North bridge", *settings]) == 0
    code = code_in(capsys.readouterr().out)
    assert main(["bridge", "confirm", "North bridge", *settings]) == 1
    assert "has not enrolled" in capsys.readouterr().err
    keys = load_keys(tmp_path / "keys")
    # AT is before the code was made, so it has not ended yet.
    key = os.urandom(32)
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database, database.writing() as session:
        enroll(session, keys, AT, code=code, public_key=key, address="127.0.0.1")
    other = ["--fingerprint", fingerprint(bytes(32))]
    assert main(["bridge", "confirm", "North bridge", *other, *settings]) == 1
    assert "is not the one of the machine" in capsys.readouterr().err
    assert main(["bridge", "confirm", "North bridge", "--fingerprint", fingerprint(key), *settings]) == 0
    assert "North bridge is confirmed" in capsys.readouterr().out
    assert main(["bridge", "revoke", "North bridge", *settings]) == 0
    assert main(["bridge", "list", *settings]) == 0
    assert "North bridge: revoked" in capsys.readouterr().out


def test_a_name_that_nobody_has_is_a_sentence(settings: list[str], capsys: Captured) -> None:
    assert main(["bridge", "confirm", "Nowhere", *settings]) == 1
    assert "There is no bridge called Nowhere." in capsys.readouterr().err
    assert main(["bridge", "list", *settings]) == 0
    assert "There are no bridges." in capsys.readouterr().out


def test_a_bridge_is_replaced_by_its_name(
    settings: list[str], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["bridge", "add", "North bridge", *settings]) == 0
    code, keys = code_in(capsys.readouterr().out), load_keys(tmp_path / "keys")
    assert main(["bridge", "replace", "North bridge", *settings]) == 1
    assert "is not in use" in capsys.readouterr().err
    first, second = os.urandom(32), os.urandom(32)
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database, database.writing() as session:
        enroll(session, keys, AT, code=code, public_key=first, address="127.0.0.1")
    assert main(["bridge", "confirm", "North bridge", "--fingerprint", fingerprint(first), *settings]) == 0
    capsys.readouterr()
    assert main(["bridge", "replace", "North bridge", *settings]) == 0
    said = capsys.readouterr().out
    assert "--replace --url" in said
    assert main(["bridge", "confirm", "North bridge", *settings]) == 1
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database, database.writing() as session:
        enroll_replacement(session, keys, AT, code=code_in(said), public_key=second, address="127.0.0.1")
    main(["bridge", "list", *settings])
    assert f"key {fingerprint(first)}; to be replaced by {fingerprint(second)}" in capsys.readouterr().out
    for typed, done in (("", 1), (fingerprint(first), 1), (fingerprint(second), 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        assert main(["bridge", "confirm", "North bridge", *settings]) == done
        assert f"has the fingerprint {fingerprint(second)}" in capsys.readouterr().out
    main(["bridge", "list", *settings])
    assert f"North bridge: confirmed, key {fingerprint(second)}\n" in capsys.readouterr().out


def test_the_recovery_passphrase_is_shown_once(settings: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["bridge", "recovery-passphrase", *settings]) == 0
    text = next(word for word in capsys.readouterr().out.split() if word.count("-") == 7)
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database, database.reading() as session:
        key = recovery_key(session)
    assert key is not None
    private_key(read_passphrase(text), key)
    assert main(["bridge", "recovery-passphrase", *settings]) == 1
    assert "make another one with --again" in capsys.readouterr().err
    assert main(["bridge", "recovery-passphrase", "--again", *settings]) == 0
    assert text not in capsys.readouterr().out
