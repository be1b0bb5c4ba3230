"""Events and states in words that somebody at a front desk understands."""

from typing import Any

import pytest
from msgspec.structs import replace

from access_control.core.wire.events import EventRecord, Severity
from access_control.demo.narration import ago, door_row, door_state, emergency_banner, led, told
from access_control.demo.people import called
from access_control.demo.scene import Mark, Tone

BRIDGE = "01939a5e-7c00-7000-8000-00000000b001"
SECURED: dict[str, Any] = {
    "door": 3,
    "number": "3",
    "name": "Bus loop",
    "command": "lock",
    "proof_age_s": 2.2,
    "proved": True,
    "position": "closed",
    "alarm": "none",
    "security": "secured",
    "why": "",
}


def event(code: str, door: int | None = None, holder: int | None = None, **detail: Any) -> EventRecord:
    return EventRecord(
        bridge=BRIDGE,
        stream=BRIDGE,
        seq=1,
        id=BRIDGE,
        at="2026-11-24T14:20:00.000Z",
        mono_ms=1,
        code=code,
        severity=Severity.INFO,
        door=door,
        reader=None,
        holder=holder,
        drill=False,
        flagged=False,
        detail=detail,
    )


def test_who_and_where_are_named_and_why_is_said() -> None:
    line = told(event("DENIED_LOST", 1, called("Kira Donnelly").ref))
    assert line is not None
    assert line.words.startswith("Door 1 Main entrance: Kira Donnelly: ")
    assert "lost" in line.words
    assert line.tone is Tone.ALARM


@pytest.mark.parametrize(
    ("code", "tone"),
    [
        ("ACCESS_GRANTED", Tone.GOOD),
        ("DENIED_DOOR", Tone.REFUSED),
        ("DOOR_FORCED", Tone.ALARM),
        ("DOOR_CLOSED", Tone.PLAIN),
        ("DOOR_SECURED", Tone.GOOD),
    ],
)
def test_the_tone_of_a_line(code: str, tone: Tone) -> None:
    line = told(event(code, 1))
    assert line is not None
    assert line.tone is tone


def test_how_long_a_door_took_to_be_secured_is_said() -> None:
    line = told(event("DOOR_SECURED", 2, ms=143))
    assert line is not None
    assert line.words == "Door 2 Gym, field side: secured, proved after 143 ms."


def test_what_happened_to_a_reader_names_the_reader() -> None:
    line = told(replace(event("READER_OFFLINE"), reader=9))
    assert line is not None
    assert line.words.startswith("Main entrance, pass scanner: ")


def test_what_only_machines_care_about_is_not_told() -> None:
    assert told(event("DOOR_LOCK_CMD", 1)) is None


def test_an_unknown_holder_and_no_door_are_left_out() -> None:
    line = told(event("BRIDGE_STARTED", holder=99999))
    assert line is not None
    assert line.words == "The bridge started."


@pytest.mark.parametrize(
    ("change", "mark", "words"),
    [
        ({}, Mark.SECURED, "secured"),
        ({"alarm": "forced", "position": "open"}, Mark.ALARM, "FORCED OPEN"),
        ({"alarm": "held", "position": "open"}, Mark.ALARM, "held open"),
        ({"alarm": "held_pre_alarm", "position": "open"}, Mark.ALARM, "open long"),
        ({"alarm": "fault"}, Mark.ALARM, "fault"),
        ({"security": "unknown"}, Mark.UNKNOWN, "unknown"),
        ({"security": "unknown", "position": "open"}, Mark.UNKNOWN, "unknown"),
        ({"security": "not_secure", "position": "open"}, Mark.OPEN, "open"),
        ({"security": "not_secure", "command": "unlock"}, Mark.UNLOCKED, "unlocked"),
        ({"security": "not_secure", "command": "unlock", "proved": False}, Mark.UNKNOWN, "unlocked?"),
        ({"security": "not_secure"}, Mark.NOT_SECURE, "not secure"),
        ({"security": "not_monitored"}, Mark.NOT_MONITORED, "not monitored"),
    ],
)
def test_a_doors_state(change: dict[str, Any], mark: Mark, words: str) -> None:
    assert door_state(SECURED | change) == (mark, words)


def test_a_doors_row() -> None:
    row = door_row(SECURED, "● red", "")
    assert (row.number, row.mark, row.proved, row.reader) == ("3", Mark.SECURED, "2 s ago", "● red")


def test_marks_differ_by_shape_and_by_word() -> None:
    assert len({mark.shape for mark in Mark}) == len({mark.word for mark in Mark}) == len(Mark)


def test_how_long_ago() -> None:
    assert ago(None, proved=False) == "never"
    assert ago(0.2, proved=True) == "now"
    assert ago(12.0, proved=False) == "too old"


def test_the_banner_counts_what_is_confirmed_and_names_the_doors_to_walk_to() -> None:
    emergency = {
        "action": "lockdown",
        "drill": False,
        "restored": False,
        "elapsed_s": 12.4,
        "secured": [1, 2],
        "not_secure": [6],
        "not_monitored": [],
        "unknown": [3],
    }
    assert emergency_banner([emergency]) == "LOCKDOWN in force, 12 s: 2 of 4 doors confirmed secure. Walk to 3, 6."
    drill = {**emergency, "drill": True, "restored": True, "not_secure": [], "unknown": []}
    assert emergency_banner([drill]) == (
        "LOCKDOWN (drill) in force, 12 s since the restart: 2 of 2 doors confirmed secure."
    )
    assert emergency_banner([]) == ""


def test_a_readers_light() -> None:
    assert led("green") == "● green"
    assert led("red/off") == "◐ red"
    assert led("off/red") == "◐ red"
    assert led("off") == led("") == "○ dark"
