from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from firmware_bridge.store import files
from firmware_bridge.store.memory import BridgeMemory, ClockProof, EmergencyKind, MemoryFullError
from tests.building.clock import MONDAY
from tests.building.small_disk import sealed

NOW = int(MONDAY.timestamp())


def reopened(directory: Path) -> BridgeMemory:
    return BridgeMemory(directory, MONDAY)


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    memory.keep_emergency(EmergencyKind.RELEASE, "r1", b"release")
    memory.cancel_override("o1")
    memory.use_pass(2**64 - 1, NOW + 60)
    memory.prove_clock(ClockProof("boot", MONDAY, 0.1 + 0.2, 7.5, accepted=True))
    memory.keep_fact("fire", b"3,4")
    memory.close()
    again = reopened(tmp_path)
    assert again.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"] * 2}
    assert again.emergencies(EmergencyKind.RELEASE) == {"r1": [b"release"] * 2}
    assert again.cancelled_overrides() == {"o1"}
    assert again.used_passes(NOW) == {2**64 - 1: NOW + 60}
    assert again.clock_proof() == ClockProof("boot", MONDAY, 0.1 + 0.2, 7.5, accepted=True)
    assert again.fact("fire") == b"3,4"
    assert again.damaged == ()
    again.close()


def test_an_earlier_versions_proof_of_the_clock_is_none(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    memory.keep_fact("clock", f"boot {MONDAY.isoformat()}".encode())
    assert memory.clock_proof() is None
    memory.close()


def test_an_empty_memory_knows_nothing(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    assert memory.emergencies(EmergencyKind.DIRECTIVE) == {}
    assert memory.clock_proof() is None
    assert memory.fact("fire") is None
    memory.close()


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from firmware_bridge.store.memory import BridgeMemory, EmergencyKind
memory = BridgeMemory(Path(sys.argv[1]), datetime.fromtimestamp(0, UTC))
memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
memory.use_pass(7, 2_000_000_000)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_emergency_survives_kill_minus_9(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    memory = reopened(tmp_path)
    assert memory.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"] * 2}
    assert memory.used_passes(NOW) == {7: 2_000_000_000}
    memory.close()


def test_a_used_pass_is_forgotten_a_day_after_its_expiry(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    memory.use_pass(1, NOW)
    day = int(timedelta(days=1).total_seconds())
    assert memory.used_passes(NOW + day) == {1: NOW}
    assert memory.used_passes(NOW + day + 1) == {}
    memory.close()


@pytest.mark.parametrize("damage", [b"rubbish" * 2000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_set_aside_and_the_lockdown_still_stands(tmp_path: Path, damage: bytes) -> None:
    memory = reopened(tmp_path)
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    memory.close()
    (tmp_path / "memory.db").write_bytes(damage)
    again = reopened(tmp_path)
    assert [place.read_bytes() for place in again.damaged] == [damage]
    assert again.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"]}
    again.close()


def test_a_damaged_second_copy_leaves_the_first(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    (tmp_path / "emergencies" / "directive-d1").write_bytes(b"")
    assert b"lockdown" in memory.emergencies(EmergencyKind.DIRECTIVE)["d1"]
    memory.repair_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    assert memory.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"] * 2}
    memory.close()


def test_one_copy_is_enough_and_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = reopened(tmp_path)
    with sqlite3.connect(tmp_path / "memory.db", isolation_level=None) as other:
        other.execute("PRAGMA max_page_count = 1")
    other.close()
    memory.close()  # from here the database refuses everything
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")

    def refuse(_: Path, __: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firmware_bridge.store.memory.write_durably", refuse)
    with pytest.raises(MemoryFullError, match="a restart would forget it"):
        memory.keep_emergency(EmergencyKind.DIRECTIVE, "d2", b"lockdown")
    with pytest.raises(MemoryFullError):
        memory.cancel_override("o1")
    again = reopened(tmp_path)
    assert again.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"]}
    again.close()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    for part in (tmp_path / "memory.db", tmp_path / "emergencies", tmp_path / "emergencies" / "directive-d1"):
        assert part.stat().st_mode & 0o077 == 0, part
    memory.close()


def test_a_file_that_another_process_holds_is_no_full_disk(tmp_path: Path) -> None:
    reopened(tmp_path).close()
    holder = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(MemoryFullError, match="cannot be opened"):
        reopened(tmp_path)
    holder.close()


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "emergencies").write_text("in the way")
    with pytest.raises(MemoryFullError, match="cannot be opened"):
        reopened(tmp_path)


def test_two_directives_under_one_id_are_both_kept(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    for body in (b"a drill", b"lockdown", b"a drill", b"lockdown"):
        memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", body)
    memory.close()
    again = reopened(tmp_path)
    kept = again.emergencies(EmergencyKind.DIRECTIVE)
    assert sorted(kept.values()) == [[b"a drill"] * 2, [b"lockdown"] * 2]
    again.close()


def test_an_old_action_is_not_forgotten_because_a_much_later_one_came(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    assert memory.begin_action("a1", NOW)
    assert memory.begin_action("a2", NOW + 400 * 86_400)
    assert not memory.begin_action("a1", NOW)
    memory.close()


def test_actions_are_kept_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.store.memory.MOST_ACTIONS", 3)
    memory = reopened(tmp_path)
    for number in range(5):
        assert memory.begin_action(f"a{number}", NOW + number)
    assert [memory.begin_action(f"a{number}", NOW + number) for number in (4, 3, 2, 0)] == [False, False, False, True]
    memory.close()


def test_a_disk_that_can_only_be_read_is_remembered_and_keeps_nothing_before_it_can_be_written(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with sealed(tmp_path):
        memory = reopened(tmp_path)
        assert memory.read_only
        assert memory.damaged == ()
        assert memory.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"] * 2}
        assert memory.used_passes(NOW) == {7: 2_000_000_000}
        for keep in (
            lambda: memory.use_pass(8, 2_000_000_000),
            lambda: memory.begin_action("a1", NOW),
            lambda: memory.keep_fact("release-code:1", b"ada"),
            lambda: memory.keep_emergency(EmergencyKind.DIRECTIVE, "d2", b"hold"),
            memory.reopen,
        ):
            with pytest.raises(MemoryFullError, match="exchange it"):
                keep()
        assert memory.used_passes(NOW) == {7: 2_000_000_000}
    memory.reopen()
    memory.reopen()
    assert not memory.read_only
    memory.use_pass(8, 2_000_000_000)
    memory.close()
    again = reopened(tmp_path)
    assert again.used_passes(NOW) == {7: 2_000_000_000, 8: 2_000_000_000}
    again.close()


def test_there_a_damaged_memory_is_named_and_the_copies_of_emergencies_still_stand(tmp_path: Path) -> None:
    memory = reopened(tmp_path)
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    memory.close()
    (tmp_path / "memory.db").write_bytes(b"nonsense" * 1000)
    with sealed(tmp_path):
        memory = reopened(tmp_path)
        assert memory.damaged == (tmp_path / "memory.db",)
        assert memory.emergencies(EmergencyKind.DIRECTIVE) == {"d1": [b"lockdown"]}
        assert memory.fact("fire") is None
        memory.close()
    (tmp_path / "memory.db").unlink()
    with sealed(tmp_path):
        memory = reopened(tmp_path)
        assert memory.damaged == ()
        memory.close()


def test_where_the_file_cannot_be_opened_what_it_holds_is_answered_until_it_can_be(tmp_path: Path) -> None:
    before = reopened(tmp_path)
    before.use_pass(7, NOW + 60)
    before.keep_fact("fire", b"3")
    before.close()
    with no_room():
        memory = reopened(tmp_path)
        assert memory.read_only
        assert memory.damaged == ()
        assert memory.used_passes(NOW) == {7: NOW + 60}
        assert memory.fact("fire") == b"3"
        with pytest.raises(MemoryFullError, match="Make room"):
            memory.keep_fact("fire", b"4")
        with pytest.raises(MemoryFullError, match="Make room"):
            memory.reopen()
    memory.reopen()
    assert not memory.read_only
    memory.keep_fact("fire", b"4")
    memory.close()
    again = reopened(tmp_path)
    assert again.fact("fire") == b"4"
    again.close()


def test_an_emergency_counts_as_kept_only_once_its_name_survives_a_loss_of_power_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = reopened(tmp_path)
    memory.close()  # from here the database refuses everything
    bad = True
    synced: list[Path] = []
    real = files.sync_directory

    def sync(directory: Path) -> None:
        if bad:
            raise OSError(5, "Input/output error")
        real(directory)
        synced.append(directory)

    monkeypatch.setattr(files, "sync_directory", sync)
    for _ in range(2):
        with pytest.raises(MemoryFullError):
            memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    bad = False
    memory.keep_emergency(EmergencyKind.DIRECTIVE, "d1", b"lockdown")
    assert synced == [tmp_path / "emergencies"]
