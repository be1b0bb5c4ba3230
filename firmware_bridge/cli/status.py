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
from firmware_bridge.local.clock_words import clock_doubt
from firmware_bridge.local.policy_words import confirmed, warnings

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
    if not status["clock_trusted"]:
        yield f"Clock: {clock_doubt(status['clock'])}"
    outbox = status["outbox"]
    waiting = outbox["last_seq"] - outbox["acknowledged"]
    yield f"Events: {outbox['last_seq']} in stream {outbox['stream'] or 'none'}, {waiting} not sent yet."
    if outbox["trouble"]:
        yield from _disk(outbox)
    elif outbox["unkept"]:
        yield "THE DISK HAS NOT TAKEN ALL OF IT: what is in force but not stored yet, a restart would forget."
    yield _service(status["service"])
    if (age := status["policy_age"]) is not None:
        yield " ".join([f"Policy: {confirmed(age)}.", *(sentence for _, sentence in warnings(age))])
    yield from _neighbours(status["neighbours"])
    if status["release_codes_left"]:
        yield f"Codes that end an emergency here: {status['release_codes_left']} left."
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
        [(f"{kind} {number}", item["name"], item["link"], _trouble(item)) for kind, number, item in rows],
    )
    if status["inputs"]:
        yield ""
        yield from table(("INPUT", "NAME", "WATCHES", "STATE", "WHY"), [_input(given) for given in status["inputs"]])
    shown = [wire for wire in status["wires"] if wire["use"] or wire["state"] != "open"]
    if shown:
        yield ""
        yield from table(("WIRE", "FOR", "AT REST", "NOW", "SINCE"), [_wire(wire) for wire in shown])
    if status["relays"]:
        yield ""
        rows = [(relay["point"], str(relay["cycles"]), str(relay["rated"])) for relay in status["relays"]]
        yield from table(("RELAY", "SWITCHED ON", "RATED FOR"), rows)
    yield from (f"Port {port['name']}: {port['why']}" for port in status["ports"] if port["why"])


def _trouble(device: dict[str, Any]) -> str:
    fails = "ITS POWER SUPPLY FAILS." if device["power_failing"] else ""
    return f"{device['why']} {fails}".strip()


def _disk(outbox: dict[str, Any]) -> Iterator[str]:
    how, todo = ("CAN ONLY BE READ", "Exchange it") if outbox["read_only"] else ("TAKES NONE", "Make room on it")
    yield f"THE DISK {how}: {outbox['waiting']} events wait in memory, and a restart would forget them. {todo}."
    yield "Doors go on. Passes for a single entry, release codes and single unlocks are refused until it takes them."
    if outbox["unkept"]:
        yield "What was started or set here meanwhile is in force, and a restart would forget it too."


def _service(service: dict[str, Any] | None) -> str:
    if service is None:
        return "Service: none is named in the settings; documents come by hand."
    age = service["heard_age_s"]
    heard = "not reached yet" if age is None else f"answered {age:.1f} s ago"
    stream = "push stream open" if service["stream"] else "no push stream"
    trouble = f" {service['trouble']}" if service["trouble"] else ""
    keys = f" {service['sealed_keys']}" if service.get("sealed_keys") else ""
    return f"Service {service['url']}: {heard}, {stream}.{trouble}{keys}"


def _neighbours(neighbours: dict[str, Any] | None) -> Iterator[str]:
    if neighbours is None:
        return
    where = f"listening at {neighbours['listening']}" if neighbours["listening"] else "NOT listening"
    yield f"Neighbours: {where}.{' ' if neighbours['trouble'] else ''}{neighbours['trouble']}"
    for one in neighbours["bridges"]:
        age = one["heard_age_s"]
        heard = "never heard" if age is None else f"heard {age:.0f} s ago"
        told = one["acknowledged"] + one["waiting"]
        emergencies = f", has acknowledged {one['acknowledged']} of {told} emergencies" if told else ""
        reached = "reachable" if one["reachable"] else "NOT REACHABLE"
        trouble = f" {one['trouble']}" if one["trouble"] else ""
        yield f"  {one['bridge']} at {one['address']}: {reached}, {heard}{emergencies}.{trouble}"


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


def _input(given: dict[str, Any]) -> tuple[str, ...]:
    alarm = "ALARM" if given["active"] else ""
    seen = "at rest" if given["state"] == "normal" else given["state"]
    state = alarm if given["state"] == "active" else ", ".join(filter(None, (alarm, seen)))
    return str(given["input"]), given["name"], given["kind"].replace("_", " "), state, given["why"]


def _wire(wire: dict[str, Any]) -> tuple[str, ...]:
    since = "" if wire["since_s"] is None else f"{wire['since_s']:.0f} s"
    rest = "" if not wire["use"] else "closed (nc)" if wire["rests_closed"] else "open"
    state = wire["state"] if wire["state"] in {"closed", "open"} else wire["state"].upper()
    return wire["point"], wire["use"] or "nothing", rest, state, since


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines with columns as wide as they must be."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
