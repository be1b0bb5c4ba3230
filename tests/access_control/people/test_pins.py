"""PINs: refused when they are guessed first, kept encrypted, and bound to their person."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from access_control.audit.models import AuditRecord, AuditText
from access_control.core.decision.model import HolderClass
from access_control.database.engine import Database
from access_control.database.errors import ConflictError
from access_control.people.cardholders import PersonDetails, add_person, get_person
from access_control.people.errors import BadValueError, NotAllowedError, PeopleError
from access_control.people.models import Cardholder
from access_control.people.permissions import ROLES, Permission, Place, Role
from access_control.people.pins import check_pin, open_pin, set_pin
from tests.building.accounts import AT, account

KEY = Fernet(Fernet.generate_key())


@pytest.fixture
def refs(any_database: Database) -> list[int]:
    with any_database.writing() as session:
        details = [PersonDetails(name, "Ames", HolderClass.STAFF) for name in ("Ada", "Bob")]
        return [add_person(session, AT, one, by="demo").ref for one in details]


def stored_pin(person: Cardholder) -> str | None:
    return open_pin(person.ref, person.pin_sealed, KEY.decrypt)


def test_a_pin_is_kept_encrypted_and_comes_back(any_database: Database, refs: list[int]) -> None:
    with any_database.writing() as session:
        set_pin(session, AT, person_ref=refs[0], pin="271828", seal=KEY.encrypt, version=1, by="demo")
    with any_database.reading() as session:
        person = get_person(session, refs[0])
        assert person.pin_sealed is not None
        assert b"271828" not in person.pin_sealed
        assert stored_pin(person) == "271828"
        assert stored_pin(get_person(session, refs[1])) is None
        said = [str(row.facts) + row.subject for row in session.scalars(select(AuditRecord))]
        assert not any("271828" in text for text in [*said, *session.scalars(select(AuditText.text))])


def test_a_pin_is_taken_away_again(any_database: Database, refs: list[int]) -> None:
    with any_database.writing() as session:
        set_pin(session, AT, person_ref=refs[0], pin="271828", seal=KEY.encrypt, version=1, by="demo")
        with pytest.raises(ConflictError):
            set_pin(session, AT, person_ref=refs[0], pin=None, seal=KEY.encrypt, version=1, by="demo")
        set_pin(session, AT, person_ref=refs[0], pin=None, seal=KEY.encrypt, version=2, by="demo")
        assert stored_pin(get_person(session, refs[0])) is None


def test_a_pin_moved_to_another_person_is_noticed(any_database: Database, refs: list[int]) -> None:
    with any_database.writing() as session:
        set_pin(session, AT, person_ref=refs[0], pin="271828", seal=KEY.encrypt, version=1, by="demo")
        get_person(session, refs[1]).pin_sealed = get_person(session, refs[0]).pin_sealed
        with pytest.raises(PeopleError, match="belongs to another"):
            stored_pin(get_person(session, refs[1]))


def test_the_desk_sets_no_pins(any_database: Database, refs: list[int]) -> None:
    desk = account(any_database, "desk", Role.FRONT_DESK)
    with any_database.writing() as session, pytest.raises(NotAllowedError):
        set_pin(session, AT, person_ref=refs[0], pin="271828", seal=KEY.encrypt, version=1, by=desk)


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "0000", "1234", "4321", "567890", "12 34"])
def test_what_is_guessed_first_is_refused(pin: str) -> None:
    with pytest.raises(BadValueError) as refused:
        check_pin(pin)
    assert refused.value.field == "pin"
    assert not pin or pin not in str(refused.value)


@pytest.mark.parametrize("pin", ["2718", "90210", "27182818"])
def test_others_are_taken(pin: str) -> None:
    check_pin(pin)


def test_the_pin_of_somebody_who_may_end_emergencies_is_set_by_nobody_who_may_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLES, Role.FRONT_DESK, ROLES[Role.FRONT_DESK] | {Permission.BADGE_EDIT})
    desk, admin = account(database, "desk", Role.FRONT_DESK), account(database, "admin", Role.ADMINISTRATOR)
    of_one_building = account(database, "arts", Role.ADMINISTRATOR, Place("s", 2))
    with database.writing() as session:
        ref = add_person(session, AT, PersonDetails("Ada", "Ames", HolderClass.STAFF, may_release=True), by="demo").ref
        for who in (desk, of_one_building):
            with pytest.raises(NotAllowedError):
                set_pin(session, AT, person_ref=ref, pin="271828", seal=KEY.encrypt, version=1, by=who)
        set_pin(session, AT, person_ref=ref, pin="271828", seal=KEY.encrypt, version=1, by=admin)
        session.flush()
        assert set_pin(session, AT, person_ref=ref, pin=None, seal=KEY.encrypt, version=2, by=desk).pin_sealed is None
