from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.doctor.finding import Level
from tests.firmware_bridge.doctor.patient import Patient


def _add(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize(
    ("harm", "check", "words"),
    [
        (lambda state: state.chmod(0o755), "state", "chmod 700"),
        (lambda state: (state / "trust.json").unlink(), "trust", "firmware-bridge enroll"),
        (lambda state: (state / "trust.json").write_text("{}"), "trust", "restore it from the backup"),
        (lambda state: (state / "keys" / "bridge.key").unlink(), "keys", "is missing"),
        (lambda state: (state / "keys" / "digest.key").chmod(0o640), "keys", "chmod 600"),
        (lambda state: (state / "keys").chmod(0o750), "keys", "chmod 700"),
        (lambda state: (state / "keys" / "reader-A-1.key").chmod(0o604), "reader_keys", "reader-A-1.key"),
        (lambda state: (state / "keys" / "reader-A-2.key").write_text("12"), "reader_keys", "reader-A-2.key"),
        (lambda state: _add(state / "documents" / "policy.doc", "?"), "document.policy", "policy.doc cannot be used"),
        (lambda state: _add(state / "documents" / "keys.doc", "?"), "document.keys", "keys.doc cannot be used"),
    ],
)
def test_what_is_wrong_in_the_state_directory(
    patient: Patient, harm: Callable[[Path], object], check: str, words: str
) -> None:
    harm(patient.installation.state)
    found = patient.bad()[check]
    assert found.level is Level.WRONG
    assert words in found.sentence


def test_looking_changes_nothing(patient: Patient) -> None:
    _add(patient.installation.state / "documents" / "policy.doc", "?")

    def everything() -> dict[str, tuple[int, bytes]]:
        paths = [path for path in patient.installation.state.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}

    before = everything()
    patient.findings()
    assert everything() == before


def test_a_directory_that_is_not_there(patient: Patient) -> None:
    shutil.rmtree(patient.installation.state)
    assert "`firmware-bridge enroll` or `init`" in patient.bad()["state"].sentence


@pytest.mark.parametrize(("factor", "level"), [(2, Level.WRONG), (0.5, Level.LOOK)])
def test_a_disk_that_fills_up(patient: Patient, factor: float, level: Level) -> None:
    free_mb = shutil.disk_usage(patient.installation.state).free // (1024 * 1024)
    least = min(int(free_mb * factor) + 1, 1_000_000)
    settings = patient.installation.settings
    settings.write_text(settings.read_text().replace("min_free_mb = 0", f"min_free_mb = {least}"))
    assert patient.bad()["disk"].level is level
