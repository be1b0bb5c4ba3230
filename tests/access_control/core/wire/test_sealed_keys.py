"""Sealed keys: only the passphrase opens them, and nothing about them can be changed or passed off as another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.guarded import guard, unguard
from access_control.core.wire.recovery import new_recovery_key
from access_control.core.wire.sealed_keys import (
    MOST_SEALED_KEYS,
    DeviceKeys,
    KeyRow,
    open_device_keys,
    read_head,
    seal_device_keys,
)
from tests.access_control.core.wire.conftest import Refusing

SITE = "0193a000-0000-7000-8000-000000000001"
BRIDGE = "0193a000-0000-7000-8000-0000000000b1"
OTHER = "0193a000-0000-7000-8000-0000000000b2"
SECRET = bytes(range(17))
RECOVERY = new_recovery_key(SECRET, bytes(16), memory_kib=8192, passes=1)
AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
KEYS = DeviceKeys(
    [KeyRow("reader-A-0.key", "0f" * 16), KeyRow("reader-hall%20b-12.next.key", "a0" * 16)], 'state_dir = "state"\n'
)


def sealed(content: DeviceKeys = KEYS, **changes: Any) -> bytes:
    plain: dict[str, Any] = {"site": SITE, "bridge": BRIDGE, "n": 3, "made_at": AT, "ephemeral": bytes(range(32))}
    return seal_device_keys(content, RECOVERY, **(plain | changes))


def opened(data: bytes, secret: bytes = SECRET, *, site: str = SITE, bridge: str = BRIDGE) -> DeviceKeys:
    return open_device_keys(data, secret, site=site, bridge=bridge)


def test_what_was_sealed_comes_back_with_the_passphrase() -> None:
    assert opened(sealed()) == KEYS
    assert opened(sealed(DeviceKeys([], None))) == DeviceKeys([], None)


def test_anybody_may_read_whose_it_is_and_nothing_else() -> None:
    head = read_head(sealed())
    assert (head.site, head.bridge, head.n, head.made_at, head.recovery) == (SITE, BRIDGE, 3, AT, RECOVERY)
    for hidden in (b"0f0f0f0f", bytes.fromhex("0f" * 16), b"reader-A", b"state_dir"):
        assert hidden not in sealed()
    assert "0f0f" not in repr(KEYS)


def test_another_passphrase_opens_nothing(refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_PASSPHRASE):
        opened(sealed(), bytes(17))


def test_another_bridges_copy_is_not_taken(refuses: Refusing) -> None:
    with refuses(RefusalCode.WRONG_RECIPIENT):
        opened(sealed(), bridge=OTHER)
    with refuses(RefusalCode.WRONG_SITE):
        opened(sealed(), site=OTHER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BRIDGE.encode(), OTHER.encode()),
        (b'"n":3', b'"n":4'),
        (b"2026-11-23", b"2026-11-24"),
        (b'"ephemeral":"', b'"ephemeral":"AA'),
    ],
    ids=["another bridge", "a later number", "another day", "another key"],
)
def test_a_changed_head_opens_nothing(old: bytes, new: bytes) -> None:
    """Also with a checksum that fits again: whoever can write the one can write the other."""
    body = unguard(sealed()).replace(old, new, 1)
    with pytest.raises(Refused) as refused:
        opened(guard(body), bridge=OTHER if old == BRIDGE.encode() else BRIDGE)
    assert refused.value.code in {RefusalCode.BAD_FRAME, RefusalCode.BAD_CONTENT}


@pytest.mark.parametrize("place", [-1, -17, -60])
def test_a_changed_byte_of_the_content_opens_nothing(place: int, refuses: Refusing) -> None:
    body = bytearray(unguard(sealed()))
    body[place] ^= 1
    with refuses(RefusalCode.BAD_FRAME):
        opened(guard(bytes(body)))


@pytest.mark.parametrize("place", [0, 20, 100, 500, -1])
def test_damage_is_told_from_a_wrong_passphrase(place: int, refuses: Refusing) -> None:
    data = bytearray(sealed())
    data[place] ^= 1
    with refuses(RefusalCode.BAD_FRAME):
        opened(bytes(data))
    with refuses(RefusalCode.BAD_FRAME):
        opened(sealed()[:place])


def test_two_copies_of_the_same_keys_have_nothing_in_common() -> None:
    one, other = (unguard(sealed(ephemeral=bytes([first] * 32))).partition(b"\n")[2] for first in (1, 2))
    assert one != other


def test_what_is_too_large_is_not_even_looked_at(refuses: Refusing) -> None:
    with refuses(RefusalCode.TOO_LARGE):
        read_head(bytes(MOST_SEALED_KEYS + 1))
    with refuses(RefusalCode.TOO_LARGE):
        sealed(DeviceKeys([KeyRow(f"reader-A{number}-1.key", "00" * 16) for number in range(5000)], None))


def test_a_recovery_key_that_is_none_seals_nothing(refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        seal_device_keys(
            KEYS,
            replace(RECOVERY, public=bytes(32)),
            site=SITE,
            bridge=BRIDGE,
            n=1,
            made_at=AT,
            ephemeral=bytes(range(32)),
        )


@pytest.mark.parametrize(
    "name", ["reader-A-0.key/../bridge.key", "bridge.key", "reader-../x-1.key", "reader-A-0.key\n"]
)
def test_a_copy_puts_no_other_file_on_the_disk(name: str, refuses: Refusing) -> None:
    with refuses(RefusalCode.BAD_CONTENT):
        opened(sealed(DeviceKeys([KeyRow(name, "00" * 16)], None)))
