from __future__ import annotations

from typing import Any

from firmware_bridge.cli.lockdown import Progress

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
