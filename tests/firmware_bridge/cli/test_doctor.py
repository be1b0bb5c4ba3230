"""What the doctor prints, and its exit codes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from firmware_bridge.cli.doctor import carry_out, verdict
from firmware_bridge.cli.exit_codes import BAD_SETTINGS, DONE, FAILED, LOOK
from firmware_bridge.doctor.finding import good, look, unseen, wrong
from tests.firmware_bridge.doctor.patient import patient_at


def asked(settings: Path, *, as_json: bool = False) -> argparse.Namespace:
    return argparse.Namespace(config=settings, json=as_json)


def test_one_line_a_check_with_what_to_do(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with patient_at(place) as patient:
        assert carry_out(asked(patient.installation.settings), patient.machine()) == LOOK
        lines = capsys.readouterr().out.splitlines()
        assert "LOOK   bridge: The bridge does not run; start it with `systemctl start firmware-bridge`." in lines
        assert all(line[:5] in {"ok   ", "LOOK ", "WRONG", "?    "} and line.endswith((".", ")")) for line in lines)
        patient.installation.line("A").unlink()
        assert carry_out(asked(patient.installation.settings), patient.machine()) == FAILED
        assert "WRONG  port.A:" in capsys.readouterr().out


def test_for_programs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with patient_at(place) as patient:
        code = carry_out(asked(patient.installation.settings, as_json=True), patient.machine())
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == code
    assert {"check": "bridge", "level": "look"}.items() <= next(
        finding for finding in said["findings"] if finding["check"] == "bridge"
    ).items()


def test_mistakes_in_the_settings_are_findings_too(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = place / "bridge.toml"
    settings.write_text('state = "x"\n')
    assert carry_out(asked(settings)) == BAD_SETTINGS
    shown = capsys.readouterr().out
    assert "WRONG  settings: state: there is no such setting" in shown
    assert "WRONG  settings: state_dir: it is missing" in shown


def test_what_findings_amount_to() -> None:
    assert verdict([good("a", "."), unseen("b", ".")]) == DONE
    assert verdict([good("a", "."), look("b", ".")]) == LOOK
    assert verdict([look("a", "."), wrong("b", ".")]) == FAILED
