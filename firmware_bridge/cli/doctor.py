"""Look at everything this bridge needs and say what to do; changes nothing.

It may run beside the bridge. Exit code 0: all is well; 4: doors work, and somebody should see to something;
1: something is wrong; 2: so are the settings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Final

from firmware_bridge.cli.exit_codes import BAD_SETTINGS, DONE, FAILED, LOOK
from firmware_bridge.config import ConfigError, read_config
from firmware_bridge.doctor.examine import examine
from firmware_bridge.doctor.finding import Finding, Level, wrong
from firmware_bridge.doctor.machine import Machine

EXPECTED: tuple[type[Exception], ...] = ()
MARKS: Final = {Level.GOOD: "ok   ", Level.LOOK: "LOOK ", Level.WRONG: "WRONG", Level.UNSEEN: "?    "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to show it."""
    parser.add_argument("--json", action="store_true", help="every finding as one JSON object")


def carry_out(asked: argparse.Namespace, machine: Machine | None = None) -> int:
    """Examine and print."""
    code = DONE
    try:
        findings = list(examine(read_config(asked.config), machine or Machine()))
    except ConfigError as error:
        findings = [wrong("settings", sentence) for sentence in error.mistakes]
        code = BAD_SETTINGS
    code = code or verdict(findings)
    if asked.json:
        print(json.dumps({"exit_code": code, "findings": [_shape(finding) for finding in findings]}, indent=1))
    else:
        for finding in findings:
            print(f"{MARKS[finding.level]}  {finding.check}: {finding.sentence}")
    return code


def verdict(findings: Sequence[Finding]) -> int:
    """The exit code that findings amount to."""
    levels = {finding.level for finding in findings}
    if Level.WRONG in levels:
        return FAILED
    return LOOK if Level.LOOK in levels else DONE


def _shape(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "level": finding.level.value, "sentence": finding.sentence}
