"""Start an emergency at this bridge and see each door confirm.

The bridge acts at once, with or without the service, and signs the directive itself. Only a release ends it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from access_control.core.decision.model import EmergencyAction
from firmware_bridge.cli.exit_codes import DONE, NOT_ALL_SECURED
from firmware_bridge.cli.status import STATES
from firmware_bridge.cli.who import user
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

WAIT_S: Final = 12.0  # the bridge gives a door 10 s to prove itself
_DOORS: Final = ("secured", "not_secure", "not_monitored", "unknown")
_TOLD: Final = ("DOOR_SECURED", "SECURE_FAILED")
EXPECTED = (BridgeRefusedError, BridgeUnreachableError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to start, and where."""
    parser.add_argument("--scope", type=_scope, default="site", help="site, building:N or zone:N (default: site)")
    parser.add_argument("--action", type=EmergencyAction, choices=list(EmergencyAction), default="lockdown")
    parser.add_argument("--drill", action="store_true", help="everything is marked as a drill")
    parser.add_argument("--by", default=user(), help="who starts it; the system's user if not given")
    parser.add_argument("--wait", type=float, default=WAIT_S, metavar="SECONDS", help="how long to wait for the doors")


def _scope(text: str) -> str:
    if re.fullmatch(r"site|(building|zone):[0-9]{1,9}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a scope; write site, building:N or zone:N.")
    return text


@dataclass(slots=True)
class Progress:
    """What is known of each door that the directive rules."""

    directive: str
    names: dict[int, str]
    states: dict[int, str] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)

    def learn(self, status: dict[str, Any]) -> None:
        """Take the doors' states out of a status."""
        for emergency in status["emergencies"]:
            if emergency["directive"] == self.directive:
                self.states = {door: state for state in _DOORS for door in emergency[state]}
        self.why = {door["door"]: door["why"] for door in status["doors"]}

    def line_of(self, event: dict[str, Any]) -> str | None:
        """One door's confirmation in words, if the event is one."""
        detail = event["detail"]
        if event["code"] not in _TOLD or detail.get("directive") != self.directive:
            return None
        door = event["door"]
        state = self.states[door] = str(detail["state"])
        self.told.add(door)
        return f"{detail['ms']:>7} ms  {self.names.get(door, door)}: {STATES[state]}"

    def lines_without_events(self, status: dict[str, Any]) -> Iterator[str]:
        """A full disk holds the events back, and nobody must wait for it: then each status says who is secured."""
        if not status["outbox"]["trouble"]:
            return
        self.learn(status)
        elapsed_s = {emergency["directive"]: emergency["elapsed_s"] for emergency in status["emergencies"]}
        for door, state in self.states.items():
            if state == "secured" and door not in self.told:
                self.told.add(door)
                yield f"{elapsed_s[self.directive] * 1000:>7.0f} ms or less  {self.names.get(door, door)}: {state}"

    @property
    def open(self) -> list[int]:
        """The doors to walk to."""
        return sorted(door for door, state in self.states.items() if state != "secured")


def carry_out(asked: argparse.Namespace) -> int:
    """Start it, print every confirmation, and name the doors to walk to."""
    path = read_config(asked.config).control_socket
    with LocalClient(path) as listening, LocalClient(path) as asking:
        listening.start_following()
        listening.next_line(WAIT_S)
        answer = asking.start_emergency(asked.by, asked.action, asked.scope, drill=asked.drill)
        status = asking.status()
        names = {door["door"]: f"{door['number']} {door['name']}" for door in status["doors"]}
        progress = Progress(answer["directive"], names)
        progress.learn(status)
        drill = " (DRILL)" if asked.drill else ""
        print(f"{asked.action.upper()}{drill} is in force at {len(progress.states)} doors.", flush=True)
        if not answer["kept"]:
            print(f"WARNING: {answer['sentence']}", flush=True)
        _watch(listening, progress, asked.wait)
        progress.learn(asking.status())
    return _conclude(progress)


def _watch(listening: LocalClient, progress: Progress, wait_s: float) -> None:
    clock = SystemClock()
    until_s = clock.monotonic_s() + wait_s
    while not progress.told.issuperset(progress.states) and (left_s := until_s - clock.monotonic_s()) > 0:
        line = listening.next_line(left_s)
        if line is None:
            return
        if "status" in line:
            for words in progress.lines_without_events(line["status"]):
                print(words, flush=True)
        elif "event" in line and (told := progress.line_of(line["event"])) is not None:
            print(told, flush=True)


def _conclude(progress: Progress) -> int:
    walk = progress.open
    if not walk:
        print(f"All {len(progress.states)} doors are secured.")
        return DONE
    print(f"WALK to {len(walk)} of {len(progress.states)} doors:")
    for door in walk:
        print(f"  {progress.names.get(door, door)}: {progress.why.get(door) or STATES[progress.states[door]]}")
    return NOT_ALL_SECURED
