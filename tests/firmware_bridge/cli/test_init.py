from __future__ import annotations

import os
from pathlib import Path

import pytest

from firmware_bridge.cli.parser import command_line
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.trust import read_trust
from tests.building.signed import BRIDGE, DIGEST_KEY, OTHER_BRIDGE, SITE, TRUST


def init(place: Path, *more: str, bridge: str = BRIDGE) -> int:
    settings = ["--config", str(place / "bridge.toml")]
    who = ["--site", SITE, "--bridge", bridge, "--identity-key", TRUST.identity_key]
    return command_line(["init", *settings, *who, *more])


def test_a_new_bridge_gets_settings_keys_and_a_site(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(place) == 0
    keys = KeyStore(place / "state" / "keys").load()
    shown = capsys.readouterr().out
    assert keys.public.hex() in shown
    assert keys.digest.hex() not in shown
    assert read_trust(place / "state") == TRUST
    assert init(place) == 0
    assert KeyStore(place / "state" / "keys").load().public == keys.public


def test_the_schools_digest_key_comes_from_a_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "digest").write_text(DIGEST_KEY.hex() + "\n")
    assert init(place, "--digest-key-file", str(place / "digest")) == 0
    assert KeyStore(place / "state" / "keys").load().digest == DIGEST_KEY
    assert DIGEST_KEY.hex() not in capsys.readouterr().out


def test_what_is_wrong_is_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "digest").write_text("zz")
    assert init(place, "--digest-key-file", str(place / "digest")) == 1
    assert "64 hex digits" in capsys.readouterr().err
    assert init(place, "--digest-key-file", str(place / "nowhere")) == 1
    assert "cannot be used" in capsys.readouterr().err
    assert init(place, bridge="bridge seven") == 1
    assert "not an identity" in capsys.readouterr().err
    assert init(place) == 0
    assert init(place, bridge=OTHER_BRIDGE) == 1
    assert "already belongs" in capsys.readouterr().err


def test_a_key_file_that_is_no_text_is_refused_in_plain_words(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "digest").write_bytes(bytes(range(256)))
    assert init(place, "--digest-key-file", str(place / "digest")) == 1
    said = capsys.readouterr().err
    assert "does not hold a key of 64 hex digits" in said
    assert "codec" not in said


def test_root_makes_no_keys_in_a_directory_of_another_user(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "state").mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(place / "state", 64_711, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert init(place) == 1
    assert "Give the same command as that user" in capsys.readouterr().err
    assert list((place / "state").iterdir()) == []


def test_settings_that_cannot_be_written_are_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(place / "nowhere") == 1
    assert f"{place / 'nowhere' / 'bridge.toml'} cannot be used" in capsys.readouterr().err
