"""Show what is declared against what answers, or print a commissioning sheet for a door.

Declared is what the Policy and the settings say. What answers comes from the running bridge, and from a scan if its
file is named. Without a running bridge the stored Policy is shown alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from access_control.core.decision.building import Door
from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.status import table
from firmware_bridge.cli.stored_policy import StoredPolicyError, stored_policy
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import Config, read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient
from firmware_bridge.local.commissioning_sheet import Seen, sheet, sheet_of_inputs
from firmware_bridge.local.declared import Declared, declared_by, read_declared
from firmware_bridge.local.wiring_report import wiring_report
from firmware_bridge.store import outbox
from firmware_bridge.store.newest_events import newest_at_doors

OUTCOMES: Final = ("SELF_TEST_PASSED", "SELF_TEST_FAILED")
NEXT_PAGE: Final = "\f"


class ScanFileError(Exception):
    """The file is no scan; the text is one plain sentence."""


EXPECTED = (BridgeRefusedError, ScanFileError, StoredPolicyError)


class _Met(msgspec.Struct):
    baud: int
    address: int
    readable: bool
    why: str
    serial: int = 0
    maker: str = ""


class _Scan(msgspec.Struct):
    """What the report needs of a scan; anybody may have written the file."""

    path: str
    found: list[_Met]
    port: str | None = None
    complete: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The report, or sheets."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sheet", metavar="DOOR", help="a page for this door: its number on the frame, or its id")
    which.add_argument("--all", action="store_true", help="a page for every door, and one for the alarm inputs")
    which.add_argument("--json", action="store_true", help="the report as one JSON object")
    parser.add_argument("--scan", type=Path, metavar="FILE", help="what `scan --json` printed, to be compared as well")


def carry_out(asked: argparse.Namespace) -> int:
    """Gather, compare, print."""
    config = read_config(asked.config)
    scan = None if asked.scan is None else _scan(asked.scan)
    declared, status = _gather(config)
    report = wiring_report(declared, config.ports, status, scan)
    if asked.sheet is None and not asked.all:
        print(json.dumps(report, indent=1) if asked.json else "\n".join(page(report)))
        return DONE
    doors = declared.doors if asked.all else _door(declared, asked.sheet)
    if not doors:
        print(f"There is no door {asked.sheet}; `firmware-bridge wiring` lists them.", file=sys.stderr)
        return FAILED
    sheets = list(_sheets(doors, declared, report, config))
    if asked.all and declared.inputs:
        at = SystemClock().moment().at
        sheets.append("".join(f"{line}\n" for line in sheet_of_inputs(declared, report["alarm_inputs"], at)))
    print(NEXT_PAGE.join(sheets), end="")
    return DONE


def _gather(config: Config) -> tuple[Declared, dict[str, Any] | None]:
    try:
        with LocalClient(config.control_socket) as client:
            return read_declared(client.wiring()), client.status()
    except BridgeUnreachableError:
        print("The bridge is not running, so nothing is known of what answers.", file=sys.stderr)
        return declared_by(stored_policy(config)), None


def _scan(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScanFileError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ScanFileError(f"{path} is not what `firmware-bridge scan --json` prints.") from error
    try:
        msgspec.convert(found, _Scan)
    except msgspec.ValidationError as error:
        raise ScanFileError(f"{path} is not what `firmware-bridge scan --json` prints.") from error
    return found


def _door(declared: Declared, wanted: str) -> list[Door]:
    painted = [door for door in declared.doors if door.number == wanted]
    return painted or [door for door in declared.doors if str(door.id) == wanted]


def _sheets(doors: Sequence[Door], declared: Declared, report: Mapping[str, Any], config: Config) -> Iterator[str]:
    tested = newest_at_doors(config.state_dir / outbox.NAME, OUTCOMES)
    answers = {kind: {row[kind]: row["answers"] for row in report[f"{kind}s"]} for kind in ("reader", "board")}
    seen = Seen(answers, {row["point"]: row["measured"] for row in report["points"] if row["way"] == "input"})
    at = SystemClock().moment().at
    for door in doors:
        yield "".join(f"{line}\n" for line in sheet(door, declared, seen, tested.get(door.id), at))


def page(report: Mapping[str, Any]) -> Iterator[str]:
    """The report as people read it."""
    yield f"Bridge {report['bridge']}, Policy {report['policy']}."
    columns = {
        "ports": ("name", "kind", "path", "baud", "answers"),
        "readers": ("reader", "name", "door", "port", "address", "head", "answers"),
        "boards": ("board", "name", "port", "address", "outputs", "inputs", "answers"),
        "points": ("point", "way", "use", "door", "name", "at_rest", "measured", "now", "cycles"),
        "alarm_inputs": ("alarm_input", "name", "kind", "point", "at_rest", "measured", "now"),
    }
    for part, keys in columns.items():
        if report[part]:
            yield ""
            names = ["port" if key == "name" and part == "ports" else key.replace("_", " ") for key in keys]
            head = [name.upper() for name in names]
            yield from table(head, [[row[key] for key in keys] for row in report[part]])
    yield ""
    yield "TO LOOK AT" if report["remarks"] else "Nothing stands out."
    yield from (f"- {remark}" for remark in report["remarks"])
