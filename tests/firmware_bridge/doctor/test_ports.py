from __future__ import annotations

import os
from pathlib import Path

import pytest

from firmware_bridge.doctor import ports
from firmware_bridge.doctor.finding import Level
from firmware_bridge.doctor.ports import _group
from tests.firmware_bridge.devices.test_port_holders import program_with
from tests.firmware_bridge.doctor.patient import Patient

NOBODY, TTY = 65534, 5


def test_a_port_that_is_not_there_and_one_that_is_a_file(patient: Patient) -> None:
    patient.installation.line("A").unlink()
    patient.installation.line("R").unlink()
    patient.installation.line("R").write_text("hello")
    bad = patient.bad()
    assert "is not there. Plug the adapter in" in bad["port.A"].sentence
    assert "is no serial port" in bad["port.R"].sentence
    assert {bad["port.A"].level, bad["port.R"].level} == {Level.WRONG}


def test_a_port_in_another_programs_hands(patient: Patient) -> None:
    with program_with(str(patient.installation.line("A"))) as program:
        found = patient.bad()["port.A"]
    assert found.level is Level.WRONG
    assert f"(process {program.pid})" in found.sentence


def test_no_ports_at_all(patient: Patient) -> None:
    patient.installation.settings.write_text('state_dir = "state"\n')
    assert patient.bad()["ports"].level is Level.WRONG


def test_a_name_that_may_be_another_adapter_tomorrow(patient: Patient) -> None:
    place = patient.installation.place
    (place / "ttyUSB0").symlink_to((place / "A").readlink())
    (place / "serial" / "by-id").mkdir(parents=True)
    (place / "serial" / "by-id" / "usb-FTDI_X").symlink_to(place / "ttyUSB0")
    settings = patient.installation.settings
    settings.write_text(settings.read_text().replace('path = "A"', 'path = "ttyUSB0"'))
    found = patient.bad()["port.A.name"]
    assert found.level is Level.LOOK
    assert found.sentence.endswith(f"Write {place / 'serial' / 'by-id' / 'usb-FTDI_X'}.")


@pytest.mark.parametrize(("timer", "told"), [("16\n", True), ("1\n", False)])
def test_an_adapter_that_keeps_bytes_back(patient: Patient, timer: str, told: bool) -> None:
    name = patient.installation.line("A").resolve().name
    (patient.sys / name / "device").mkdir(parents=True)
    (patient.sys / name / "device" / "latency_timer").write_text(timer)
    bad = patient.bad()
    assert ("port.A.latency" in bad) is told
    if told:
        assert "for 16 ms" in bad["port.A.latency"].sentence
        assert "60-school-access-control.rules" in bad["port.A.latency"].sentence
    else:
        assert any(finding.check == "port.A.latency" for finding in patient.findings())


def port_with(mode: int, *, uid: int = 0, gid: int = TTY) -> os.stat_result:
    """A character device as ``stat`` tells of it."""
    return os.stat_result((0o020000 | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("port", "owner", "level", "words"),
    [
        (port_with(0o660), 0, Level.GOOD, "may use"),
        (port_with(0o600, uid=NOBODY), NOBODY, Level.GOOD, "may use"),
        (port_with(0o666), NOBODY, Level.GOOD, "may use"),
        (port_with(0o660), NOBODY, Level.LOOK, "usermod -aG"),
        (port_with(0o660, gid=NOBODY), NOBODY, Level.GOOD, "as a member of"),
        (port_with(0o600), NOBODY, Level.WRONG, "may not use"),
        (port_with(0o660), 123_456, Level.UNSEEN, "does not know the user 123456"),
    ],
)
def test_who_may_use_a_port(port: os.stat_result, owner: int, level: Level, words: str) -> None:
    found = _group("A", "/dev/serial/by-id/x", port, owner)
    assert (found.level, words in found.sentence) == (level, True)


def test_the_rules_that_it_names_are_there(root: Path) -> None:
    assert (root / ports.RULES).is_file()
