"""Words for a door: the most serious first, and nothing that is old or unproved is ever called secure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.readers.door_states import ALARMS, WORDS, DoorState, judge, locking_directives
from access_control.readers.status_said import DoorSaid, read_status
from tests.building.said import a_door, a_status, an_emergency

LIMIT_S = 10.0


def said(**changes: Any) -> DoorSaid:
    return msgspec.convert(a_door(1, **changes), DoorSaid)


@pytest.mark.parametrize(
    ("door", "locking", "word"),
    [
        ({"position": "open", "alarm": "forced", "directives": ["d"]}, ["d"], "Forced open"),
        ({"position": "open", "alarm": "held", "directives": ["d"]}, ["d"], "Propped open"),
        ({"position": "open", "directives": ["d"]}, ["d"], "NOT secure: open"),
        ({"command": "unlock", "security": "not_secure", "directives": ["d"]}, ["d"], "NOT secure: unlocked"),
        ({"command": "unlock", "security": "not_secure", "directives": ["d"]}, [], "Unlocked"),
        ({"alarm": "tamper", "security": "not_secure"}, [], "Tamper"),
        ({"security": "not_secure", "why": "its latch is not thrown"}, [], "NOT secure: latch not seen"),
        ({"alarm": "fault"}, [], "NOT secure: lock does not follow"),
        ({"security": "not_monitored"}, [], "Locked, not monitored"),
        ({"security": "something new"}, [], "Unknown, not proved"),
    ],
)
def test_the_most_serious_word_wins(door: dict[str, Any], locking: list[str], word: str) -> None:
    assert judge(said(**door), locking, 0, LIMIT_S).word == word


def test_why_it_is_so_stands_beside_it() -> None:
    door = said(command="unlock", slot="schedule", security="not_secure")
    assert judge(door, [], 0, LIMIT_S).cause == "The schedule holds it unlocked."


def test_an_old_word_is_unknown_and_says_what_it_was() -> None:
    judged = judge(said(), [], 9.5, LIMIT_S)
    assert (judged.state, judged.was, judged.age_s) == (DoorState.UNKNOWN, "was secured", 10.5)
    forced = judge(said(position="open", alarm="forced"), [], 10.1, LIMIT_S)
    assert (forced.state, forced.was) == (DoorState.UNKNOWN, "was forced open")


def test_an_alarm_stays_while_its_bridge_speaks_although_the_lock_was_not_proved_lately() -> None:
    assert judge(said(position="open", alarm="forced", proof_age_s=99.0), [], 1, LIMIT_S).state is DoorState.FORCED
    assert judge(said(proof_age_s=99.0), [], 1, LIMIT_S).state is DoorState.UNKNOWN


def test_only_real_lockdowns_and_secures_lock() -> None:
    emergencies = [
        an_emergency("a"),
        an_emergency("b", "secure"),
        an_emergency("c", drill=True),
        an_emergency("d", "hold"),
    ]
    assert locking_directives(read_status(a_status(emergencies=emergencies).status)) == {"a", "b"}


DOORS = st.fixed_dictionaries(
    {
        "command": st.sampled_from(["lock", "unlock", "none"]),
        "slot": st.sampled_from(["default", "schedule", "fire", "lockdown", "new"]),
        "proved": st.booleans(),
        "proof_age_s": st.none() | st.floats(0, 100),
        "position": st.sampled_from(["open", "closed", "unknown", "not_monitored"]),
        "alarm": st.sampled_from(["none", "forced", "held", "tamper", "fault"]),
        "security": st.sampled_from(["secured", "not_secure", "not_monitored", "unknown"]),
        "directives": st.sampled_from([[], ["d"]]),
    }
)


@given(DOORS, st.floats(0, 100), st.booleans())
def test_secured_is_only_what_is_locked_proved_closed_and_fresh(
    door: dict[str, Any],
    age_s: float,
    lockdown: bool,
) -> None:
    judged = judge(said(**door), ["d"] if lockdown else [], age_s, LIMIT_S)
    assert judged.word
    assert (judged.state is DoorState.UNKNOWN) == (judged.word == WORDS[DoorState.UNKNOWN])
    if judged.state is DoorState.SECURED:
        assert door["proved"]
        assert (door["security"], door["alarm"]) == ("secured", "none")
        assert door["command"] != "unlock"
        assert door["position"] != "open"
        assert age_s + (door["proof_age_s"] or 0) <= LIMIT_S
    if door["alarm"] in {"forced", "held"} and age_s <= LIMIT_S:
        assert judged.state in ALARMS
