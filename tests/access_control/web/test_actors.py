"""Operators are known for 12 h while the database does not answer, and anew after 10 s while it does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access_control.database.engine import Database
from access_control.database.errors import DatabaseError
from access_control.people.models import Operator
from access_control.people.permissions import Role
from access_control.web.actors import KnownActors
from tests.building.tiny_school import MADE, OPERATORS, make_school

DANA = OPERATORS[Role.FRONT_DESK][0]


@pytest.fixture
def school(database: Database) -> Database:
    with database.writing() as session:
        make_school(session)
    return database


class Dead:
    """A database that does not answer."""

    def reading(self) -> None:
        raise DatabaseError("It is dead.", "Mend it.")


def test_changes_count_after_ten_seconds(school: Database) -> None:
    known = KnownActors()
    assert known.get(school, DANA, MADE) is not None
    with school.writing() as session:
        session.get_one(Operator, DANA).active = False
    assert known.get(school, DANA, MADE + timedelta(seconds=9)) is not None
    assert known.get(school, DANA, MADE + timedelta(seconds=10)) is None
    assert known.get(school, DANA, MADE + timedelta(seconds=11), patient=False) is None


def test_whoever_was_seen_is_known_without_the_database(school: Database) -> None:
    known = KnownActors()
    known.get(school, DANA, MADE)
    dead: Database = Dead()  # type: ignore[assignment]  # enough of one
    assert known.get(dead, DANA, MADE + timedelta(hours=11)) is not None
    assert known.get(dead, DANA, MADE + timedelta(hours=11), patient=False) is not None
    with pytest.raises(DatabaseError):
        known.get(dead, DANA, MADE + timedelta(hours=12))


def test_the_emergency_control_asks_no_database(school: Database) -> None:
    known = KnownActors()
    known.get(school, DANA, MADE)
    nothing: Database = object()  # type: ignore[assignment]  # any question to it fails
    assert known.get(nothing, DANA, MADE + timedelta(hours=11), patient=False) is not None


def test_forgetting_reads_anew(school: Database) -> None:
    known = KnownActors()
    known.get(school, DANA, MADE)
    with school.writing() as session:
        session.get_one(Operator, DANA).name = "Dana W."
    known.forget(DANA)
    found = known.get(school, DANA, MADE)
    assert found is not None
    assert found.name == "Dana W."
