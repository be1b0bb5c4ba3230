from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.doctor.finding import Level
from firmware_bridge.doctor.machine import UNIT, ask_systemd
from tests.firmware_bridge.doctor.patient import GOOD_UNIT, Patient


@pytest.mark.parametrize(
    ("unit", "check", "level", "words"),
    [
        ({}, "systemd", Level.UNSEEN, "does not answer"),
        ({"LoadState": "not-found"}, "systemd", Level.LOOK, f"deploy/{UNIT}"),
        (GOOD_UNIT | {"UnitFileState": "disabled"}, "systemd", Level.LOOK, "systemctl enable"),
        (GOOD_UNIT | {"WatchdogUSec": "0"}, "watchdog", Level.LOOK, "WatchdogSec=20"),
        (GOOD_UNIT | {"Type": "simple"}, "watchdog", Level.LOOK, "Type=notify"),
    ],
)
def test_what_systemd_says(patient: Patient, unit: dict[str, str], check: str, level: Level, words: str) -> None:
    patient.unit = unit
    found = patient.bad()[check]
    assert found.level is level
    assert words in found.sentence


def test_a_boot_without_a_name(patient: Patient) -> None:
    (patient.installation.place / "boot_id").unlink()
    assert "ProcSubset=pid" in patient.bad()["boot"].sentence


def test_the_unit_that_it_names_is_there(root: Path) -> None:
    assert (root / "deploy" / UNIT).is_file()


def test_systemd_is_asked_as_it_wants_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "systemctl"
    program.write_text('#!/bin/sh\n[ "$1 $2" = "show firmware-bridge.service" ] && echo LoadState=loaded\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert ask_systemd() == {"LoadState": "loaded"}
    program.write_text("#!/bin/sh\nexit 1\n")
    assert ask_systemd() == {}
