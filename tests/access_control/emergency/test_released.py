"""Who ended an emergency, in words."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database
from access_control.emergency.released import released_by
from access_control.people.cardholders import PersonDetails, add_person
from access_control.readers.records import ReleaseRow
from tests.building.accounts import AT


def row(by: str, second: str | None, by_name: str = "North bridge") -> ReleaseRow:
    return ReleaseRow(id="r", by=by, second=second, by_name=by_name)


def words(session: Session, release: ReleaseRow, *, names: bool = True) -> str:
    return released_by(session, [release], names=names)["r"]


def test_each_kind_of_release_has_its_words(database: Database) -> None:
    with database.writing() as session:
        ada = add_person(session, AT, PersonDetails("Ada", "Ames", HolderClass.STAFF), by="demo").ref
        bob = add_person(session, AT, PersonDetails("Bob", "Byrd", HolderClass.STAFF), by="demo").ref
        two = row(f"holder:{ada}", f"holder:{bob}")
        assert words(session, two) == "Ada Ames and Bob Byrd (North bridge)"
        assert words(session, two, names=False) == "Two people (North bridge)"
        gone = row(f"holder:{ada}", "holder:99")
        assert words(session, gone) == "Ada Ames and somebody who is not in the records any more (North bridge)"


@pytest.mark.parametrize(
    ("release", "said"),
    [
        (row("operator:1", None, "Rivera"), "Rivera"),
        (row("local:caretaker", "code:00"), "North bridge"),
        (row("operator:1", None, ""), "operator:1"),
    ],
)
def test_operators_and_codes_are_as_they_were(release: ReleaseRow, said: str, database: Database) -> None:
    with database.reading() as session:
        assert words(session, release) == said
