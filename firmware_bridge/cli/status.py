"""Show what the running bridge knows of its doors and readers.

Only what was proved within its limit is shown as true; everything else is unknown.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from firmware_bridge.cli.exit_codes import DONE
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

STATES: Final = {
    "secured": "secured",
    "not_secure": "NOT SECURE",
    "not_monitored": "locked, not monitored",
    "unknown": "UNKNOWN",
}

EXPECTED = (BridgeRefusedError, BridgeUnreachableError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to show it."""
    parser.add_argument("--json", action="store_true", help="the whole status as one JSON object")


def carry_out(asked: argparse.Namespace) -> int:
    """Ask the running bridge and print."""
    with LocalClient(read_config(asked.config).control_socket) as client:
        status = client.status()
    print(json.dumps(status, indent=1) if asked.json else "\n".join(page(status)))
    return DONE


def page(status: dict[str, Any]) -> Iterator[str]:
    """The status as people read it."""
    clock = "its clock is proved" if status["clock_trusted"] else "its clock is NOT proved"
    documents = f"Policy {status['policy'] or 'none'}, Orders {status['orders'] or 'none'}"
    yield f"Bridge {status['bridge']}: {documents}; {clock}."
    outbox = status["outbox"]
    waiting = outbox["last_seq"] - outbox["acknowledged"]
    trouble = " THE DISK TAKES NONE: make room." if outbox["trouble"] else ""
    yield f"Events: {outbox['last_seq']} in stream {outbox['stream']}, {waiting} not sent yet.{trouble}"
    yield _service(status["service"])
    for emergency in status["emergencies"]:
        yield from _emergency(emergency)
    yield ""
    yield from table(
        ("DOOR", "NUMBER", "NAME", "STATE", "LOCK", "PROVED", "ALARM", "WHY"),
        [_door(door) for door in status["doors"]],
    )
    yield ""
    rows = [("reader", item["reader"], item) for item in status["readers"]]
    rows += [("board", item["board"], item) for item in status["boards"]]
    yield from table(
        ("DEVICE", "NAME", "LINK", "WHY"),
        [(f"{kind} {number}", item["name"], item["link"], item["why"]) for kind, number, item in rows],
    )
    yield from (f"Port {port['name']}: {port['why']}" for port in status["ports"] if not port["up"])


def _service(service: dict[str, Any] | None) -> str:
    if service is None:
        return "Service: none is named in the settings; documents come by hand."
    age = service["heard_age_s"]
    heard = "not reached yet" if age is None else f"answered {age:.1f} s ago"
    stream = "push stream open" if service["stream"] else "no push stream"
    trouble = f" {service['trouble']}" if service["trouble"] else ""
    return f"Service {service['url']}: {heard}, {stream}.{trouble}"


def _emergency(emergency: dict[str, Any]) -> Iterator[str]:
    drill = "DRILL, " if emergency["drill"] else ""
    counts = ", ".join(f"{len(emergency[key])} {word.lower()}" for key, word in STATES.items())
    since = "again in force since the bridge started, " if emergency["restored"] else "since "
    yield f"{drill}{emergency['action'].upper()} {since}{emergency['elapsed_s']:.0f} s: {counts}."


def _door(door: dict[str, Any]) -> tuple[str, ...]:
    age = door["proof_age_s"]
    proved = "never" if age is None else f"{age:.1f} s ago"
    alarm = "" if door["alarm"] == "none" else door["alarm"].replace("_", " ").upper()
    lock = f"{door['command']} ({door['slot'].replace('_', ' ')})"
    return str(door["door"]), door["number"], door["name"], STATES[door["security"]], lock, proved, alarm, door["why"]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines with columns as wide as they must be."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
