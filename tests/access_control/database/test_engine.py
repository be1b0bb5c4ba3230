"""Transactions: what is written stays, what fails leaves nothing, no update is lost, and a locked database says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database
from access_control.people.models import Cardholder, Membership

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def person(name: str) -> Cardholder:
    return Cardholder(given_name=name, family_name="Ames", search_name=name.upper(), holder_class=HolderClass.STUDENT)


def test_what_is_written_is_read(any_database: Database) -> None:
    with any_database.writing() as session:
        session.add(person("Ada"))
    with any_database.reading() as session:
        assert session.scalars(select(Cardholder)).one().full_name == "Ada Ames"


def test_a_block_that_raises_leaves_nothing(any_database: Database) -> None:
    def write_and_fail() -> None:
        with any_database.writing() as session:
            session.add(person("Ada"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with any_database.reading() as session:
        assert session.scalars(select(Cardholder)).all() == []


def test_reading_cannot_write(any_database: Database) -> None:
    with any_database.reading() as session:
        session.add(person("Ada"))
        with pytest.raises(DBAPIError):
            session.flush()


def test_reading_sees_one_state(any_database: Database) -> None:
    with any_database.reading() as reading:
        assert reading.scalars(select(Cardholder)).all() == []
        with any_database.writing() as session:
            session.add(person("Ada"))
        assert reading.scalars(select(Cardholder)).all() == []
    with any_database.reading() as reading:
        assert len(reading.scalars(select(Cardholder)).all()) == 1


def test_foreign_keys_hold(any_database: Database) -> None:
    with pytest.raises(DBAPIError), any_database.writing() as session:
        session.add(Membership(person_ref=999, group_id=999))
