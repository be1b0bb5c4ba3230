from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from access_control.core.decision.emergency import DEFAULT_EMERGENCY_RULES
from firmware_bridge.cli.exit_codes import NO_DOOR_MOVED, NOT_ALL_SECURED
from firmware_bridge.cli.lockdown import Progress
from firmware_bridge.cli.parser import command_line
from tests.building.signed import FRONT, OFFICE_DOOR
from tests.building.town import Town

LOCKDOWN = "01939a5e-7c00-7000-8000-0000000000d1"


def status(secured: list[int], unknown: list[int], *, trouble: bool) -> dict[str, Any]:
    emergency = {
        "directive": LOCKDOWN,
        "elapsed_s": 0.08,
        "secured": secured,
        "not_secure": [],
        "not_monitored": [],
        "unknown": unknown,
    }
    return {"emergencies": [emergency], "doors": [], "outbox": {"trouble": trouble}}


def confirmed(door: int) -> dict[str, Any]:
    detail = {"directive": LOCKDOWN, "ms": 12, "state": "secured"}
    return {"code": "DOOR_SECURED", "door": door, "detail": detail}


def test_with_a_full_disk_the_status_says_which_doors_are_secured() -> None:
    progress = Progress(LOCKDOWN, {1: "E1 Front door", 2: "101 Room 101"})
    assert progress.line_of(confirmed(1)) == "     12 ms  E1 Front door: secured"
    assert list(progress.lines_without_events(status([1], [2], trouble=True))) == []
    assert list(progress.lines_without_events(status([1, 2], [], trouble=True))) == [
        "     80 ms or less  101 Room 101: secured"
    ]
    assert progress.told == {1, 2}
    assert list(progress.lines_without_events(status([1, 2], [], trouble=True))) == []


def test_while_events_come_they_alone_tell_the_milliseconds() -> None:
    progress = Progress(LOCKDOWN, {})
    assert list(progress.lines_without_events(status([1], [], trouble=False))) == []
    assert not progress.told


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("--scope building:2", NO_DOOR_MOVED, "NOTHING IS LOCKED by it at this bridge. The scope building:2 has no"),
        ("--scope building:2 --action evacuate", NO_DOOR_MOVED, "NOTHING IS UNLOCKED by it at this bridge. The scope"),
        ("--drill", NO_DOOR_MOVED, "has no door here, or drills move no doors in this school."),
        ("--scope zone:1 --action hold", NO_DOOR_MOVED, "Hold locks no door of their kinds, it only decides who"),
        ("--scope zone:1 --action evacuate", NO_DOOR_MOVED, "only doors that are set up for it; none of these 1 is."),
        ("--action evacuate", NOT_ALL_SECURED, "  I1 Office corridor: NOT PROVED, walk there"),
        ("", NOT_ALL_SECURED, "WALK to 3 of 3 doors:"),
    ],
)
def test_it_says_what_it_moved_and_never_that_no_doors_are_secured(
    typed: str, code: int, says: str, town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    b, school = town.start("b"), town.three.schools["b"]
    draft = school.draft(1)
    doors = [replace(door, evacuate_unlock=door.id == OFFICE_DOOR) for door in draft.doors]
    rules = replace(DEFAULT_EMERGENCY_RULES, drill_moves_doors=False)
    scopes = {"building:1": [door.id for door in doors], "building:2": [], "zone:1": [FRONT]}
    b.apply(school.keys(), school.policy(draft=replace(draft, doors=doors, emergency_rules=rules, scopes=scopes)))
    settings = str(town.three.installations["b"].settings)
    assert command_line(["lockdown", "--config", settings, "--wait", "0", *typed.split()]) == code
    said = capsys.readouterr().out
    assert says in said
    assert "All 0 doors" not in said


def test_evacuate_is_done_when_every_unlocked_door_is_proved() -> None:
    progress = Progress(LOCKDOWN, {}, unlocks=True)
    door = {"door": 1, "why": "", "directives": [LOCKDOWN], "command": "unlock", "proved": False}
    shut = door | {"door": 2, "command": "lock"}
    elsewhere = door | {"door": 3, "directives": []}
    told = status([], [], trouble=False)
    progress.learn(told | {"doors": [door, shut, elsewhere]})
    assert (progress.ruled, progress.unlocked, progress.complete) == (2, {1: False}, False)
    list(progress.lines_without_events(told | {"doors": [door | {"proved": True}, shut, elsewhere]}))
    assert (progress.unlocked, progress.complete) == ({1: True}, True)
