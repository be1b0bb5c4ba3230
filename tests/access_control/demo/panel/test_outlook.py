"""What a bridge's status says, in plain words."""

from typing import Any

import pytest

from access_control.demo.panel.outlook import door_said, sentences
from access_control.demo.plan import Side, doors_of


def status(*, door: dict[str, Any] | None = None, reader: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A bridge of the main building in good order, with door 2 and its reader as given."""
    sound = {"command": "lock", "proved": True, "position": "closed", "alarm": "none", "security": "secured"}
    doors = [{"door": one.id, **sound} for one in doors_of(Side.MAIN)]
    readers = [{"reader": one.id, "link": "secure", "tampered": False} for one in doors_of(Side.MAIN)]
    doors[1] |= door or {}
    readers[1] |= reader or {}
    return {
        "doors": doors,
        "readers": readers,
        "boards": [{"name": "Relay board 1", "link": "up"}],
        "inputs": [{"name": "Office button", "active": False, "why": ""}],
        "emergencies": [],
        "outbox": {"last_seq": 40, "acknowledged": 40},
        "service": {"stream": True, "trouble": "", "heard_age_s": 0.4},
        **more,
    }


@pytest.mark.parametrize(
    ("door", "state", "word"),
    [
        ({}, "secured", "Secured"),
        ({"command": "unlock", "security": "not_secure"}, "unlocked", "Unlocked"),
        ({"position": "open", "security": "not_secure"}, "open", "Open"),
        ({"position": "open", "alarm": "held_pre_alarm", "security": "not_secure"}, "open", "Open too long soon"),
        ({"position": "open", "alarm": "held", "security": "not_secure"}, "propped", "Propped open"),
        ({"position": "open", "alarm": "forced", "security": "not_secure"}, "forced", "Forced open"),
        ({"alarm": "forced"}, "forced", "Forced open, shut since"),
        ({"proved": False}, "unknown", "Unknown"),
        ({"security": "unknown", "position": "unknown"}, "unknown", "Unknown"),
        ({"security": "not_monitored", "position": "not_monitored"}, "not_monitored", "Locked, not monitored"),
        ({"security": "not_secure"}, "not_secure", "NOT secure"),
    ],
)
def test_a_door_in_the_words_of_the_console(door: dict[str, Any], state: str, word: str) -> None:
    said = door_said(2, status(door=door))
    assert (said.state, said.word, said.reader) == (state, word, "")


def test_a_reader_that_is_silent_or_opened_is_said_beside_its_door() -> None:
    assert door_said(2, status(reader={"link": "down"})).reader == "Reader silent"
    assert door_said(2, status(reader={"tampered": True})).reader == "Reader opened"
    assert door_said(2, status(reader={"link": "down"})).word == "Secured"


def test_a_bridge_that_does_not_run_proves_nothing() -> None:
    assert door_said(2, None).state == "unknown"
    assert list(sentences(Side.MAIN, None)) == [
        "Nobody answers: its bridge is not running. Nothing is known of its doors."
    ]


def test_a_building_in_good_order() -> None:
    assert list(sentences(Side.MAIN, status())) == [
        "12 of 12 doors secured.",
        "The service is there; every event has reached it.",
    ]


def test_a_building_on_a_bad_day() -> None:
    said = list(
        sentences(
            Side.MAIN,
            status(
                door={"security": "unknown"},
                reader={"link": "down"},
                boards=[{"name": "Relay board 1", "link": "down"}],
                inputs=[{"name": "Office button", "active": True, "why": ""}],
                emergencies=[{"action": "lockdown", "drill": False}],
                outbox={"last_seq": 43, "acknowledged": 40},
                service={"stream": False, "trouble": "It does not answer.", "heard_age_s": 12.3},
            ),
        )
    )
    assert said == [
        "11 of 12 doors secured.",
        "1 unknown: nothing was proved of them lately.",
        "Lockdown in force.",
        "Silent readers: at door 2.",
        "Relay board 1 is silent.",
        "Office button: alarm.",
        "The service is silent for 12 s. The doors go on by stored rules, and 3 events wait on its disk.",
    ]
