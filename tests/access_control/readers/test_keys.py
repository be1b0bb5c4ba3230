"""The school's key files: made once, private, and of no use to anybody who may not read them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from access_control.readers.keys import KeyFileError, load_keys, make_keys


def test_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "keys")
    again = make_keys(tmp_path / "keys")
    assert made.identity_public == again.identity_public
    assert made.document_public() == again.document_public()
    assert made.unseal(again.seal(b"a PIN")) == b"a PIN"


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()} == {0o600}
    (tmp_path / "keys" / "sealing.key").chmod(0o640)
    with pytest.raises(KeyFileError, match=r"sealing.key may be read by others. Run: chmod go-rwx"):
        load_keys(tmp_path / "keys")


def test_no_key_shows_in_a_repr(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    shown = repr(keys)
    for path in (tmp_path / "keys").iterdir():
        assert path.read_text().strip() not in shown
    assert repr(keys.sealing) not in shown


def test_the_newest_document_key_signs_and_all_are_named(tmp_path: Path) -> None:
    first = make_keys(tmp_path / "keys")
    (tmp_path / "keys" / "document-2.key").write_text("22" * 32)
    (tmp_path / "keys" / "document-2.key").chmod(0o600)
    (tmp_path / "keys" / "pass-7.key").write_text("77" * 32)
    (tmp_path / "keys" / "pass-7.key").chmod(0o600)
    second = load_keys(tmp_path / "keys")
    assert second.document.key_id == "document-2"
    assert second.document_public() == {**first.document_public(), "document-2": second.document.public_bytes()}
    assert second.pass_number == 7
    assert second.pass_key() is second.pass_key(7)
    assert sorted(second.pass_public()) == [1, 7]


@pytest.mark.parametrize("name", ["identity.key", "document-1.key", "pass-1.key", "sealing.key"])
@pytest.mark.parametrize("content", [None, "", "not hex", "ab" * 31, "ab" * 33])
def test_a_missing_or_damaged_key_is_a_sentence(tmp_path: Path, name: str, content: str | None) -> None:
    make_keys(tmp_path / "keys")
    path = tmp_path / "keys" / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(KeyFileError, match="Restore the keys from the backup"):
        load_keys(tmp_path / "keys")


def test_what_was_sealed_with_another_key_or_changed_is_refused(tmp_path: Path) -> None:
    keys, others = make_keys(tmp_path / "keys"), make_keys(tmp_path / "others")
    sealed = keys.seal(b"1357")
    assert b"1357" not in sealed
    changed = bytes([sealed[0] ^ 1]) + sealed[1:]
    for wrong in (others.seal(b"1357"), changed, b"", b"short"):
        with pytest.raises(KeyFileError, match="encrypted with another key"):
            keys.unseal(wrong)


def test_derived_keys_differ_by_purpose_and_by_school(tmp_path: Path) -> None:
    keys, others = make_keys(tmp_path / "keys"), make_keys(tmp_path / "others")
    derived = [keys.derive("a"), keys.derive("b"), others.derive("a")]
    assert len(set(derived)) == 3
    assert keys.derive("a") == derived[0]


def test_a_folder_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="is missing"):
        load_keys(tmp_path / "nowhere")
