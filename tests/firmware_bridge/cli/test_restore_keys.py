"""What is said at the terminal while a dead bridge's keys are opened; nothing is written before they are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from access_control.core.wire.sealed_keys import DeviceKeys, KeyRow
from firmware_bridge.cli.restore_keys import TRIES, NotRestoredError, restored_keys
from firmware_bridge.uplink.enrolling import Offered
from tests.building.recovery import KEYS, OTHER_PASSPHRASE, OTHER_RECOVERY, PASSPHRASE, copy_of
from tests.building.signed import BRIDGE, OTHER_BRIDGE, SITE

Captured = pytest.CaptureFixture[str]


def offered(sealed: bytes | None, *former: bytes, signed: bool = True) -> Offered:
    return Offered(SITE, BRIDGE, "North bridge", sealed, "The copy came yesterday.", signed, former)


def type_in(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_the_right_passphrase_opens_them(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    type_in(monkeypatch, PASSPHRASE.lower())
    assert restored_keys(offered(copy_of(SITE, BRIDGE)), None) == KEYS
    said = capsys.readouterr().out
    assert "takes the place of “North bridge”. The copy came yesterday." in said
    assert PASSPHRASE not in said.upper()


def test_a_wrong_one_is_a_sentence_and_is_asked_for_again(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    type_in(monkeypatch, OTHER_PASSPHRASE, "slip", PASSPHRASE)
    assert restored_keys(offered(copy_of(SITE, BRIDGE)), None) == KEYS
    said = capsys.readouterr().err
    assert "That is another recovery passphrase" in said
    assert "a letter of it is wrong" in said


def test_after_some_tries_or_none_it_ends_and_the_code_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, *[OTHER_PASSPHRASE] * (TRIES + 1))
    with pytest.raises(NotRestoredError, match="another recovery passphrase"):
        restored_keys(offered(copy_of(SITE, BRIDGE)), None)
    type_in(monkeypatch)
    with pytest.raises(NotRestoredError, match="the code is still good"):
        restored_keys(offered(copy_of(SITE, BRIDGE)), None)


def test_a_file_with_the_passphrase_is_read_once(tmp_path: Path) -> None:
    paper = tmp_path / "paper"
    paper.write_text(f"{PASSPHRASE}\n")
    assert restored_keys(offered(copy_of(SITE, BRIDGE)), paper) == KEYS
    paper.write_text(OTHER_PASSPHRASE)
    with pytest.raises(NotRestoredError, match="another recovery passphrase"):
        restored_keys(offered(copy_of(SITE, BRIDGE)), paper)
    with pytest.raises(NotRestoredError, match="cannot be read"):
        restored_keys(offered(copy_of(SITE, BRIDGE)), tmp_path / "nowhere")


def test_damage_is_not_blamed_on_the_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray(copy_of(SITE, BRIDGE))
    damaged[-1] ^= 1
    type_in(monkeypatch, PASSPHRASE, PASSPHRASE)
    with pytest.raises(NotRestoredError, match="are damaged and cannot be opened"):
        restored_keys(offered(bytes(damaged)), None)
    type_in(monkeypatch, PASSPHRASE)
    with pytest.raises(NotRestoredError, match=OTHER_BRIDGE):
        restored_keys(offered(copy_of(SITE, OTHER_BRIDGE)), None)


def test_without_a_copy_it_says_what_to_do_and_can_go_on_without() -> None:
    with pytest.raises(
        NotRestoredError, match=r"--without-keys; then reset each reader .* `firmware-bridge commission"
    ):
        restored_keys(offered(None), None)
    assert restored_keys(offered(None), None, without_keys=True).keys == []


def test_a_copy_that_the_bridge_did_not_sign_is_not_even_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, PASSPHRASE)
    with pytest.raises(NotRestoredError, match="was not made by “North bridge”"):
        restored_keys(offered(copy_of(SITE, BRIDGE), signed=False), None)
    assert restored_keys(offered(copy_of(SITE, BRIDGE), signed=False), None, without_keys=True).keys == []


def keys_of(*named: str, settings: str | None = None) -> DeviceKeys:
    return DeviceKeys(
        [KeyRow(f"reader-{name}.key", digit * 32) for name, digit in (one.split() for one in named)], settings
    )


def test_keys_that_only_an_earlier_machine_had_come_when_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    newest = copy_of(SITE, BRIDGE, 2, keys=keys_of("A-1 2", settings='state_dir = "new"'))
    earlier = copy_of(SITE, BRIDGE, 9, keys=keys_of("A-1 1", "A-1.next 1", "A-2 1", settings='state_dir = "old"'))
    other = copy_of(SITE, BRIDGE, 8, OTHER_RECOVERY, keys=keys_of("A-3 3"))
    given = offered(newest, earlier, other)
    type_in(monkeypatch, *[PASSPHRASE] * 3, OTHER_PASSPHRASE)
    assert restored_keys(given, None) == keys_of("A-1 2", settings='state_dir = "new"')
    assert restored_keys(given, None, former_keys=True) == keys_of("A-1 2", "A-2 1", settings='state_dir = "new"')
    assert "1 of 3 copies do not open with this passphrase" in capsys.readouterr().out
    assert restored_keys(offered(None, earlier), None, former_keys=True) == keys_of("A-1 1", "A-1.next 1", "A-2 1")
    assert restored_keys(given, None, former_keys=True) == keys_of("A-3 3"), "the page that was found opens that one"


def test_an_earlier_machines_copy_is_not_taken_unasked() -> None:
    with pytest.raises(NotRestoredError, match="--without-keys"):
        restored_keys(offered(None, copy_of(SITE, BRIDGE)), None)
