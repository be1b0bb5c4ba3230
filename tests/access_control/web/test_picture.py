"""What each viewer sees of one picture."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from access_control.people.permissions import ActiveGrant, Actor, Place, Role
from access_control.readers.door_states import WORDS, DoorState, Judged
from access_control.readers.status import BridgeNow, DoorNow, SiteOverview
from access_control.web.frame import School
from access_control.web.picture import Happened, Picture, alarms, events_for, freshness, seen_by, sentence

AT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
SITE = "s"


def door(number: int, state: DoorState = DoorState.SECURED, *, building: int = 1, age_s: float | None = 3.0) -> DoorNow:
    judged = Judged(state, WORDS[state], age_s, "was open" if state is DoorState.UNKNOWN else "")
    return DoorNow(number, str(number), f"Door {number}", building, f"B{building}", None, f"b{building}", judged, 10.0)


def bridge(building: int, age_s: float | None = 2.0, alarm: str = "") -> BridgeNow:
    return BridgeNow(f"b{building}", f"Bridge {building}", building, age_s, 10.0, "All events here.", alarm)


def viewer(role: Role = Role.ADMINISTRATOR, place: Place = Place()) -> Actor:  # noqa: B008 - frozen
    return Actor("1", "V", "v", (ActiveGrant(role, place),))


def picture(*doors: DoorNow) -> Picture:
    happened = (
        Happened("2", AT, "check", "Door 1", "opened for Jo Abara.", "Door 1", "opened for somebody.", 1, "/why?x"),
        Happened("1", AT, "dot", "Door 2", "opened from inside.", "Door 2", "opened from inside.", 2),
    )
    return Picture(AT, School(id=SITE), SiteOverview(AT, doors, (bridge(1), bridge(2))), happened)


def state_of(made: Picture, who: Actor | None = None) -> dict[str, Any]:
    return seen_by(made, who or viewer(), {})


def test_the_sentence_counts_only_what_is_secured() -> None:
    doors = [door(1), door(2, DoorState.NOT_MONITORED), door(3, DoorState.UNKNOWN), door(4, DoorState.OPEN)]
    assert sentence(doors) == "1 of 4 doors secured"
    assert sentence([]) == "No door yet"


def test_whoever_may_see_one_building_sees_its_doors_and_bridge_only() -> None:
    made = picture(door(1), door(2, building=2))
    seen = state_of(made, viewer(place=Place(SITE, 2)))
    assert [one["id"] for one in seen["doors"]] == [2]
    assert [one["id"] for one in seen["bridges"]] == ["b2"]
    assert seen["sentence"] == "1 of 1 door secured"
    assert [one["key"] for one in events_for(made, viewer(place=Place(SITE, 2)), 30)] == ["1"]


def test_installers_read_no_names_and_get_no_reasons() -> None:
    events = events_for(picture(door(1), door(2)), viewer(Role.INSTALLER), 30)
    assert events[0]["text"] == "opened for somebody."
    assert events[0]["why"] == ""
    assert events_for(picture(door(1)), viewer(), 30)[0]["text"] == "opened for Jo Abara."


def test_freshness_names_doors_that_are_not_proved() -> None:
    assert freshness([door(1), door(2)])["text"] == "All 2 doors proved in the last 10 s"
    stale = [door(1, DoorState.UNKNOWN, age_s=48), door(2, DoorState.UNKNOWN, age_s=None), door(3)]
    assert freshness(stale) == {"state": "unknown", "text": "2 doors not proved for 48 s"}


def test_alarms_come_before_silence_and_say_who_sees_them() -> None:
    doors = [door(1), door(8, DoorState.PROPPED)]
    found = alarms(doors, [bridge(1, 48.0), bridge(2, alarm="A second program.")], {"door 8 propped": "Dana"})
    assert [one["said"] for one in found] == ["Door 8 is propped open", "Bridge 1 is silent", "Bridge 2 needs you"]
    assert found[0]["seen"] == "Dana"
    assert found[1]["plates"] == ["1", "8"]


def test_missing_events_and_a_wrong_clock_come_after_doors_and_silence() -> None:
    one = replace(bridge(1, 48.0), missing=((1204, 1209),), clock_off_s=-7.0)
    found = alarms([door(8, DoorState.PROPPED)], [one], {"bridge b1 gap 1204": "Dana"})
    assert [alarm["said"] for alarm in found] == [
        "Door 8 is propped open",
        "Bridge 1 is silent",
        "Bridge 1: events 1,204 to 1,209 are missing",
        "Bridge 1's clock is 7 s slow",
    ]
    assert [alarm["seen"] for alarm in found] == ["", "", "Dana", ""]
    assert {alarm["state"] for alarm in found[2:]} == {"alarm"}


@given(st.sampled_from(DoorState), st.none() | st.floats(0, 60), st.none() | st.floats(0, 60))
def test_no_screen_believes_a_state_past_its_limit(
    state: DoorState, age_s: float | None, heard_s: float | None
) -> None:
    site = SiteOverview(AT, (door(1, state, age_s=age_s),), (bridge(1, heard_s),))
    shown = seen_by(Picture(AT, School(id=SITE), site), viewer(), {})["doors"][0]
    if state is DoorState.UNKNOWN:
        assert shown["left"] == 0
    elif heard_s is not None:
        assert shown["left"] <= max(0.0, 10.0 - heard_s) + 0.051


def test_an_older_copy_of_the_database_is_told_for_a_week() -> None:
    def told(days: int) -> list[str]:
        site = SiteOverview(AT, (door(1),), (bridge(1),), restored_at=AT - timedelta(days=days))
        return [alarm["said"] for alarm in state_of(Picture(AT, School(id=SITE), site))["alarms"]]

    assert told(0) == told(7) == ["This service was restored from an older state"]
    assert told(8) == []
