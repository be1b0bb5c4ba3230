from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.store.keys import SCBK_BYTES, BridgeKeys, KeyFileError, KeyStore


def made(directory: Path) -> tuple[KeyStore, BridgeKeys]:
    directory.mkdir(exist_ok=True)
    store = KeyStore(directory / "keys")
    return store, store.create()


def test_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    store, keys = made(tmp_path)
    again = store.create()
    assert again.public == keys.public
    assert again.digest == keys.digest
    assert len(keys.digest) == 32


def test_given_keys_take_the_place_of_old_ones(tmp_path: Path) -> None:
    store, keys = made(tmp_path)
    other = store.create(digest=bytes(32))
    assert other.digest == bytes(32)
    assert other.public == keys.public


def test_only_the_owner_may_read_anything(tmp_path: Path) -> None:
    store, _ = made(tmp_path)
    store.keep_reader_key("A", 3, bytes(16))
    assert store.directory.stat().st_mode & 0o777 == 0o700
    for path in store.directory.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    store, _ = made(tmp_path)
    (store.directory / "digest.key").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        store.load()


def test_a_directory_that_others_may_look_into_is_refused(tmp_path: Path) -> None:
    store, _ = made(tmp_path)
    store.directory.chmod(0o755)
    with pytest.raises(KeyFileError, match="chmod 700"):
        store.load()
    with pytest.raises(KeyFileError, match="chmod 700"):
        store.keep_reader_key("A", 1, bytes(16))


@pytest.mark.parametrize("content", [b"", b"zz", b"00" * 31, b"\xff\xfe", b"00" * 33])
def test_a_damaged_key_is_named_without_showing_it(tmp_path: Path, content: bytes) -> None:
    store, _ = made(tmp_path)
    (store.directory / "bridge.key").write_bytes(content)
    with pytest.raises(KeyFileError, match=r"bridge\.key") as caught:
        store.load()
    assert "0000" not in str(caught.value)


def test_a_missing_key_or_directory_says_what_to_do(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys")
    with pytest.raises(KeyFileError, match="from the backup, or set the bridge up anew with `firmware-bridge enroll`"):
        store.load()
    store.create()
    (store.directory / "digest.key").unlink()
    with pytest.raises(KeyFileError, match="from the backup, or set the bridge up anew with `firmware-bridge enroll`"):
        store.load()


def test_each_reader_has_its_own_key(tmp_path: Path) -> None:
    store, _ = made(tmp_path)
    assert store.reader_key("A", 1) is None
    store.keep_reader_key("A", 1, b"1" * 16)
    store.keep_reader_key("A/../x", 1, b"2" * 16)
    store.keep_reader_key("A", 1, b"3" * 16)
    assert store.reader_key("A", 1) == b"3" * 16
    assert store.reader_key("A/../x", 1) == b"2" * 16
    with pytest.raises(KeyFileError, match="16 bytes"):
        store.keep_reader_key("A", 2, b"short")


def test_showing_the_keys_shows_none(tmp_path: Path) -> None:
    _, keys = made(tmp_path)
    assert keys.digest.hex() not in repr(keys)
    assert "digest" not in repr(keys)


def test_two_keys_are_kept_while_one_is_exchanged_and_then_the_one_that_was_proved(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "keys")
    keys.create()
    old, new = b"O" * SCBK_BYTES, b"N" * SCBK_BYTES
    keys.keep_reader_key("A", 3, old)
    assert keys.next_reader_key("A", 3) is None
    keys.keep_next_reader_key("A", 3, new)
    assert (keys.reader_key("A", 3), keys.next_reader_key("A", 3)) == (old, new)

    keys.settle_reader_key("A", 3, new)
    assert (keys.reader_key("A", 3), keys.next_reader_key("A", 3)) == (new, None)
    keys.keep_next_reader_key("A", 3, old)
    keys.settle_reader_key("A", 3, new)
    assert (keys.reader_key("A", 3), keys.next_reader_key("A", 3)) == (new, None)


def test_devices_keys_move_to_another_machine_as_they_are(tmp_path: Path) -> None:
    store, _ = made(tmp_path / "old")
    store.keep_reader_key("hall b.1", 3, b"a" * 16)
    store.keep_next_reader_key("hall b.1", 3, b"b" * 16)
    other, _ = made(tmp_path / "new")
    other.keep_device_keys(store.device_keys())
    assert other.reader_key("hall b.1", 3) == b"a" * 16
    assert other.next_reader_key("hall b.1", 3) == b"b" * 16
    assert set(store.device_keys()) == {"reader-hall%20b%2e1-3.key", "reader-hall%20b%2e1-3.next.key"}


@pytest.mark.parametrize("name", ["bridge.key", "../reader-A-1.key", "reader-A-1.key.new", "reader-a/b-1.key"])
def test_no_other_file_comes_with_them(tmp_path: Path, name: str) -> None:
    store, keys = made(tmp_path)
    with pytest.raises(KeyFileError, match="no name of a reader's key"):
        store.keep_device_keys({name: bytes(16)})
    assert store.load().public == keys.public


def test_what_was_read_ahead_is_answered_without_the_disk_and_follows_every_change(tmp_path: Path) -> None:
    store, _ = made(tmp_path)
    store.keep_reader_key("A", 1, b"a" * 16)
    store.keep_reader_key("A", 2, b"b" * 16)
    (store.directory / "reader-A-2.key").write_text("damaged")
    store.keep_next_reader_key("A", 1, b"n" * 16)
    store.read_ahead()
    store.directory.rename(tmp_path / "away")
    assert store.reader_key("A", 1) == b"a" * 16
    assert store.next_reader_key("A", 1) == b"n" * 16
    assert store.reader_key("A", 3) is None
    with pytest.raises(KeyFileError, match="is damaged"):
        store.reader_key("A", 2)
    (tmp_path / "away").rename(store.directory)
    store.keep_reader_key("A", 2, b"c" * 16)
    store.settle_reader_key("A", 1, b"n" * 16)
    store.restore_reader_key("A", 2, None)
    assert (store.reader_key("A", 1), store.next_reader_key("A", 1)) == (b"n" * 16, None)
    assert store.reader_key("A", 2) is None
    assert store.device_keys() == {"reader-A-1.key": b"n" * 16}
