from __future__ import annotations

from pathlib import Path

import pytest

from access_control.core.wire.errors import RefusalCode, Refused
from firmware_bridge.store.shelf import Shelf
from tests.building.clock import MONDAY


def read(data: bytes) -> str:
    if data.startswith(b"unreadable"):
        raise Refused(RefusalCode.UNKNOWN_VERSION, "This is written in another version.")
    return data.decode()


def test_the_newest_comes_back(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "policy")
    assert shelf.get(read, MONDAY).content is None
    assert not shelf.holds(b"one")
    shelf.put(b"one")
    shelf.put(b"two")
    found = shelf.get(read, MONDAY)
    assert (found.content, found.damage) == ("two", ())
    assert shelf.holds(b"two")
    assert not shelf.holds(b"one")


def test_after_a_crash_between_the_renames_the_previous_serves(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "policy")
    shelf.put(b"one")
    shelf.newest.replace(shelf.previous)
    shelf.newest.with_name("policy.doc.new").write_bytes(b"half")
    found = shelf.get(read, MONDAY)
    assert (found.content, found.damage) == ("one", ())
    assert shelf.holds(b"one")
    shelf.put(b"two")
    assert shelf.get(read, MONDAY).content == "two"


@pytest.mark.parametrize("spoiled", [b"", b"AC-KEPT 00\none", b"rubbish"])
def test_damage_is_noticed_set_aside_and_told(tmp_path: Path, spoiled: bytes) -> None:
    shelf = Shelf(tmp_path, "policy")
    shelf.put(b"one")
    shelf.put(b"two")
    shelf.newest.write_bytes(spoiled)
    found = shelf.get(read, MONDAY)
    assert found.content == "one"
    (sentence,) = found.damage
    assert "policy.doc cannot be used" in sentence
    assert "The one before it serves." in sentence
    (aside,) = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == spoiled


def test_content_that_nobody_can_read_is_told_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "policy")
    shelf.put(b"unreadable one")
    shelf.put(b"unreadable two")
    found = shelf.get(read, MONDAY)
    assert found.content is None
    assert len(found.damage) == 2
