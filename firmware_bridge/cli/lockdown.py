"""Start an emergency at this bridge and see each door confirm; one that moves no door here says so.

The bridge acts at once, with or without the service, and signs the directive itself. Only a release ends it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from access_control.core.decision.model import EmergencyAction
from firmware_bridge.cli.exit_codes import DONE, NO_DOOR_MOVED, NOT_ALL_SECURED
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
    """What is known of each door that the directive locks, or of the unlocked ones (door: proved) where it unlocks."""

    directive: str
    names: dict[int, str]
    unlocks: bool = False
    ruled: int = 0
    unlocked: dict[int, bool] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)

    def learn(self, status: dict[str, Any]) -> None:
        """Take the doors' states out of a status."""
        for emergency in status["emergencies"]:
            if emergency["directive"] == self.directive:
                self.states = {door: state for state in _DOORS for door in emergency[state]}
        self.why = {door["door"]: door["why"] for door in status["doors"]}
        here = [door for door in status["doors"] if self.directive in door["directives"]]
        self.ruled = len(here)
        if self.unlocks:
            self.unlocked = {door["door"]: door["proved"] for door in here if door["command"] == "unlock"}

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
        if self.unlocks:  # no event tells of a single door that is unlocked
            self.learn(status)
        if not status["outbox"]["trouble"]:
            return
        self.learn(status)
        elapsed_s = {emergency["directive"]: emergency["elapsed_s"] for emergency in status["emergencies"]}
        for door, state in self.states.items():
            if state == "secured" and door not in self.told:
                self.told.add(door)
                yield f"{elapsed_s[self.directive] * 1000:>7.0f} ms or less  {self.names.get(door, door)}: {state}"

    @property
    def complete(self) -> bool:
        """Whether every door has proved itself."""
        return self.told.issuperset(self.states) and all(self.unlocked.values())

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
        progress = Progress(answer["directive"], names, asked.action is EmergencyAction.EVACUATE)
        progress.learn(status)
        drill = " (DRILL)" if asked.drill else ""
        at = len(progress.states) or progress.ruled
        print(f"{asked.action.upper()}{drill} is in force at {at} doors.", flush=True)
        if not answer["kept"]:
            print(f"WARNING: {answer['sentence']}", flush=True)
        _watch(listening, progress, asked.wait)
        progress.learn(asking.status())
    if progress.unlocked:
        return _conclude_unlocking(progress)
    return _conclude(progress) if progress.states else _say_why_nothing_moved(progress, asked)


def _watch(listening: LocalClient, progress: Progress, wait_s: float) -> None:
    clock = SystemClock()
    until_s = clock.monotonic_s() + wait_s
    while not progress.complete and (left_s := until_s - clock.monotonic_s()) > 0:
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


def _conclude_unlocking(progress: Progress) -> int:
    print(f"UNLOCKED are {len(progress.unlocked)} of {progress.ruled} doors; the others stay as they are:")
    for door, proved in progress.unlocked.items():
        print(f"  {progress.names.get(door, door)}: {'unlocked' if proved else 'NOT PROVED, walk there'}")
    return DONE if all(progress.unlocked.values()) else NOT_ALL_SECURED


def _say_why_nothing_moved(progress: Progress, asked: argparse.Namespace) -> int:
    if progress.ruled and progress.unlocks:
        why = f"Evacuate unlocks only doors that are set up for it; none of these {progress.ruled} is."
    elif progress.ruled:
        why = f"{asked.action.capitalize()} locks no door of their kinds, it only decides who is admitted there."
    elif asked.drill:
        why = f"The scope {asked.scope} has no door here, or drills move no doors in this school."
    else:
        why = f"The scope {asked.scope} has no door here; `--scope site` means every door."
    print(f"NOTHING IS {'UNLOCKED' if progress.unlocks else 'LOCKED'} by it at this bridge. {why}")
    return NO_DOOR_MOVED
