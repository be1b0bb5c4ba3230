from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.store.clock_trust import boot_id
from firmware_bridge.store.memory import BridgeMemory, ClockProof
from firmware_bridge.store.setup import AlreadySetUpError, set_up
from firmware_bridge.store.trust import Trust, read_trust
from tests.building.clock import MONDAY, SetClock
from tests.building.signed import OTHER_BRIDGE, SITE, TRUST


def test_setting_up_twice_changes_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    keys = set_up(state, TRUST, SetClock())
    again = set_up(state, TRUST, SetClock())
    assert (again.public, again.digest) == (keys.public, keys.digest)
    assert read_trust(state) == TRUST
    assert state.stat().st_mode & 0o077 == 0


def test_the_clock_counts_as_proved_from_then_on(tmp_path: Path) -> None:
    set_up(tmp_path, TRUST, SetClock())
    memory = BridgeMemory(tmp_path, MONDAY)
    assert memory.clock_proof() == ClockProof(boot_id(), MONDAY, SetClock().mono_s)
    memory.close()


def test_another_bridges_directory_is_left_alone(tmp_path: Path) -> None:
    set_up(tmp_path, TRUST, SetClock())
    with pytest.raises(AlreadySetUpError, match="already belongs"):
        set_up(tmp_path, Trust(SITE, OTHER_BRIDGE, "00" * 32), SetClock())
    assert read_trust(tmp_path) == TRUST
