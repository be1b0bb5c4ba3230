from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from access_control.core.decision.model import DoorClass, Revision
from firmware_bridge.controller.memory import KeptAge
from firmware_bridge.store.memory import BridgeMemory
from firmware_bridge.store.policy_age import keep_age, kept_age
from tests.building.clock import MONDAY

AGE = KeptAge(Revision(3, 7), 86_400.5, 5000.25, 1_800_000_000, {DoorClass.EXTERIOR: 50})


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[BridgeMemory]:
    found = BridgeMemory(tmp_path, MONDAY)
    yield found
    found.close()


def test_what_is_kept_is_there_in_the_same_boot(memory: BridgeMemory) -> None:
    assert kept_age(memory, "boot 1") is None
    keep_age(memory, "boot 1", AGE)
    assert kept_age(memory, "boot 1") == AGE


@pytest.mark.parametrize("boot", ["boot 2", ""])
def test_in_another_boot_nobody_knows_when_it_was(memory: BridgeMemory, boot: str) -> None:
    keep_age(memory, "boot 1", AGE)
    assert kept_age(memory, boot) == replace(AGE, mono_s=None)


def test_what_the_disk_takes_late_does_not_replace_what_is_newer(memory: BridgeMemory) -> None:
    newer = replace(AGE, mono_s=6000.0, age_s=0.0, told={})
    keep_age(memory, "boot 1", newer)
    keep_age(memory, "boot 1", AGE)
    assert kept_age(memory, "boot 1") == newer
    keep_age(memory, "boot 2", AGE)
    assert kept_age(memory, "boot 2") == AGE


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b'{"boot": "b", "revision": 1}'])
def test_nonsense_is_nothing(memory: BridgeMemory, text: bytes) -> None:
    memory.keep_fact("policy_age", text)
    assert kept_age(memory, "boot 1") is None
