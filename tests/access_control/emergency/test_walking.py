"""Who goes to which door, and since when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access_control.core.wire.directives import seal_directive
from access_control.database.engine import Database
from access_control.emergency.errors import MayNotError, NotUnderDirectiveError
from access_control.emergency.walking import say_going, who_goes
from access_control.people.permissions import Actor, Place, Role
from access_control.readers import orders
from access_control.readers.keys import SchoolKeys
from tests.building.emergencies import AT, DIRECTIVE, SITE, actor, directive, school


@pytest.fixture
def locked_down(school_database: Database, keys: SchoolKeys) -> Database:
    with school_database.writing() as session:
        sealed = seal_directive(directive(), keys.document, site=SITE)
        orders.add_directive(session, keys, AT, directive(), [sealed], by_name="A. Rivera")
    return school_database


def go(database: Database, door: int, by: Actor, after_s: float = 0) -> None:
    with database.writing() as session:
        at = AT + timedelta(seconds=after_s)
        say_going(session, at, school(directive()), directive=DIRECTIVE, door=door, by=by)


def test_the_last_who_said_it_goes(locked_down: Database) -> None:
    go(locked_down, 1, actor(), 5)
    go(locked_down, 1, actor(), 9)
    go(locked_down, 4, actor(), 9)
    go(locked_down, 4, actor(name="L. Chen", n=2), 12)
    with locked_down.reading() as session:
        going = who_goes(session, DIRECTIVE)
    assert {door: (one.name, one.at - AT) for door, one in going.items()} == {
        1: ("A. Rivera", timedelta(seconds=5)),
        4: ("L. Chen", timedelta(seconds=12)),
    }


def test_nobody_goes_where_there_is_no_emergency(locked_down: Database) -> None:
    with pytest.raises(NotUnderDirectiveError):
        go(locked_down, 99, actor())
    with locked_down.writing() as session, pytest.raises(NotUnderDirectiveError):
        say_going(session, AT, school(), directive=DIRECTIVE, door=1, by=actor())


def test_who_may_go_is_judged_by_the_grant(locked_down: Database) -> None:
    with pytest.raises(MayNotError):
        go(locked_down, 1, actor(Role.INSTALLER))
    with pytest.raises(MayNotError):
        go(locked_down, 1, actor(Role.FRONT_DESK, Place(SITE, 2)))
    go(locked_down, 4, actor(Role.FRONT_DESK, Place(SITE, 2)))
