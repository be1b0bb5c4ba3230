"""Who was last admitted where."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from access_control.database.engine import Database
from access_control.readers.events import take_events
from access_control.readers.models import Door
from access_control.readers.presence import count_inside, forget_presence, who_is_inside
from access_control.readers.records import Presence
from tests.building.published import LiveSchool
from tests.building.said import STREAM, raw_event
from tests.building.sites import AT


def tell(live: LiveSchool, first: int, *events: tuple[str, float]) -> None:
    """Events of the school's person at its door, each so many seconds later."""
    raws = [
        raw_event(
            live.bridge,
            first + number,
            code,
            AT + timedelta(seconds=seconds),
            door=live.door,
            reader=1,
            holder=live.school.person,
        )
        for number, (code, seconds) in enumerate(events)
    ]
    with live.writing() as session:
        take_events(session, AT, live.bridge, STREAM, first, raws)


def seen_at(database: Database) -> list[float]:
    with database.reading() as session:
        return [(row.at - AT).total_seconds() for row in session.scalars(select(Presence))]


def with_contact(live: LiveSchool, contact: str | None) -> None:
    with live.writing() as session:
        session.get_one(Door, live.door).contact = contact


def test_going_through_a_door_with_a_contact_counts_and_being_granted_does_not(live: LiveSchool) -> None:
    with_contact(live, "board 1.0")
    tell(live, 1, ("ACCESS_GRANTED", 1), ("ACCESS_NOT_TAKEN", 9))
    assert seen_at(live.database) == []
    tell(live, 3, ("ACCESS_GRANTED", 20), ("ACCESS_TAKEN", 22))
    assert seen_at(live.database) == [22]


def test_at_a_door_without_a_contact_the_grant_has_to_do(live: LiveSchool) -> None:
    with_contact(live, None)
    tell(live, 1, ("ACCESS_GRANTED", 1))
    assert seen_at(live.database) == [1]


def test_refusals_and_news_from_long_ago_move_nobody(live: LiveSchool) -> None:
    with_contact(live, "board 1.0")
    tell(live, 1, ("ACCESS_TAKEN", 50), ("DENIED_OUT_OF_SCHEDULE", 60))
    tell(live, 3, ("ACCESS_TAKEN", 30))
    assert seen_at(live.database) == [50]


def test_the_last_of_many_in_one_batch_counts(live: LiveSchool) -> None:
    with_contact(live, "board 1.0")
    tell(live, 1, *(("ACCESS_TAKEN", float(second)) for second in (3, 9, 5)))
    assert seen_at(live.database) == [9]


def test_people_can_be_listed_counted_and_forgotten(live: LiveSchool) -> None:
    with_contact(live, "board 1.0")
    tell(live, 1, ("ACCESS_TAKEN", 5))
    with live.writing() as session:
        (inside,) = who_is_inside(session, AT, live.school.building)
        assert (inside.person.ref, inside.door.id) == (live.school.person, live.door)
        assert count_inside(session, AT) == 1
        assert count_inside(session, AT + timedelta(seconds=6)) == 0
        assert who_is_inside(session, AT, live.school.building + 1) == []
        forget_presence(session, live.school.person)
        forget_presence(session, live.school.person)
        assert count_inside(session, AT) == 0
