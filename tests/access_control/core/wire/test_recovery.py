"""A passphrase becomes a key pair, the same each time, and its public half travels in Policy."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.recovery import (
    LANES,
    MEMORY_KIB,
    PASSES,
    new_recovery_key,
    private_key,
    read_passphrase,
    read_recovery,
    write_passphrase,
    write_recovery,
)
from tests.access_control.core.wire.conftest import Refusing

SECRET, SALT = bytes(range(17)), bytes(range(16))
KEY = new_recovery_key(SECRET, SALT, memory_kib=8192, passes=1)


def test_the_passphrase_is_32_letters_with_a_check(refuses: Refusing) -> None:
    text = write_passphrase(SECRET)
    assert len(text.replace("-", "")) == 32
    assert read_passphrase(text.lower()) == SECRET
    with refuses(RefusalCode.BAD_CONTENT):
        read_passphrase(text[:-1] + ("A" if text[-1] != "A" else "B"))
    with pytest.raises(ValueError, match="17 bytes"):
        write_passphrase(bytes(16))


def test_the_same_passphrase_and_salt_make_the_same_key_and_others_another() -> None:
    assert new_recovery_key(SECRET, SALT, memory_kib=8192, passes=1) == KEY
    assert new_recovery_key(SECRET, SALT[::-1], memory_kib=8192, passes=1).public != KEY.public
    assert new_recovery_key(SECRET[::-1], SALT, memory_kib=8192, passes=1).public != KEY.public
    assert private_key(SECRET, KEY).public_key().public_bytes_raw() == KEY.public


def test_another_passphrase_is_told_so(refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_PASSPHRASE):
        private_key(SECRET[::-1], KEY)


def test_it_costs_what_a_guesser_would_feel() -> None:
    assert (MEMORY_KIB, PASSES, LANES) == (64 * 1024, 3, 1)


def test_the_public_half_has_one_spelling(refuses: Refusing) -> None:
    row = write_recovery(KEY)
    assert read_recovery(row) == KEY
    for changes in ({"key": "QUM="}, {"salt": "QUM="}, {"key": "***"}):
        with refuses(RefusalCode.BAD_CONTENT):
            read_recovery(msgspec.structs.replace(row, **changes))
    assert read_recovery(write_recovery(replace(KEY, passes=2))).passes == 2
