"""Try a door's lock: a short pulse with the door closed, and what was seen.

The running bridge does it, as a grant like any other: it is refused at a door that is open, not proved, or under an
emergency. The outcome is recorded as an event with who asked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.who import user
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

WAIT_S: Final = 30.0
EXPECTED = (BridgeRefusedError, BridgeUnreachableError)
OUTCOMES: Final = {"SELF_TEST_PASSED": "PASSED", "SELF_TEST_FAILED": "FAILED", "ACTION_REFUSED": "REFUSED"}
PROOFS: Final = {"acknowledged": "the board acknowledged it", "read_back": "the relay was read back"}
LATCHES: Final = {
    "not_fitted": "no latch monitor is fitted",
    "went_and_came_back": "the monitor saw the lock let go and take hold again",
    "went": "the monitor saw the lock let go, but not take hold again",
    "stayed": "the monitor saw the latch stay thrown",
    "unknown": "the latch monitor cannot be read",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which door, and who asks."""
    parser.add_argument("--door", type=int, required=True, metavar="N", help="the door's id, as `status` lists it")
    parser.add_argument("--yes", action="store_true", help="do not ask before the lock is released")
    parser.add_argument("--by", default=user(), help="who tries it; the system's user if not given")


def carry_out(asked: argparse.Namespace) -> int:
    """Ask, have it tried, and say what was seen."""
    path = read_config(asked.config).control_socket
    with LocalClient(path) as listening, LocalClient(path) as asking:
        name = _name(asking.status(), asked.door)
        if not asked.yes and not _agreed(name):
            print("Nothing was done.", file=sys.stderr)
            return FAILED
        listening.start_following()
        listening.next_line(WAIT_S)
        outcome = _outcome(listening, asking.self_test(asked.door, asked.by))
    if outcome is None:
        print("The bridge did not report the outcome in time; its events and its log have more.", file=sys.stderr)
        return FAILED
    for line in page(name, outcome):
        print(line)
    return DONE if outcome["code"] == "SELF_TEST_PASSED" else FAILED


def _name(status: Mapping[str, Any], door: int) -> str:
    found = next((each for each in status["doors"] if each["door"] == door), None)
    return f"door {door}" if found is None else f"door {found['number']} {found['name']}"


def _agreed(name: str) -> bool:
    print(f"The lock of {name} is released for about two seconds. See that the door is closed and stays closed.")
    print("Go on? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _outcome(listening: LocalClient, test: str) -> dict[str, Any] | None:
    clock = SystemClock()
    until_s = clock.monotonic_s() + WAIT_S
    while (left_s := until_s - clock.monotonic_s()) > 0:
        line = listening.next_line(left_s)
        if line is None:
            return None
        event: dict[str, Any] = line.get("event", {})
        if event.get("code") in OUTCOMES and event["detail"].get("test") == test:
            return event
    return None


def page(name: str, event: Mapping[str, Any]) -> Iterator[str]:
    """The outcome as people read it."""
    detail = event["detail"]
    yield f"{name[0].upper()}{name[1:]}: {OUTCOMES[event['code']]}. {detail.get('why', '')}".rstrip()
    if event["code"] == "ACTION_REFUSED":
        return
    yield f"  released  {_moved(detail, 'unlock')}"
    yield f"  contact   {'the door stayed closed' if detail['contact'] == 'stayed_closed' else 'THE DOOR OPENED'}"
    yield f"  latch     {LATCHES[detail['latch']]}"
    yield f"  locked    {_moved(detail, 'relock')}"


def _moved(detail: Mapping[str, Any], what: str) -> str:
    ms = detail.get(f"{what}_ms")
    return "NOT CONFIRMED" if ms is None else f"{PROOFS.get(detail[f'{what}_proof'], 'proved')} after {ms} ms"
