from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from access_control.database.engine import Database
from access_control.people.cardholders import get_person
from access_control.people.models import Cardholder, Operator
from access_control.people.permissions import Place, Role
from access_control.readers.levels import person_levels
from access_control.readers.models import Badge, Bridge
from tests.building.console_school import ConsoleSchool
from tests.building.pages import nonsense, post, refusals
from tests.building.tiny_school import OPERATORS, SITE

PERSON = {"given_name": "Kim", "family_name": "Okafor", "holder_class": "staff", "active": "y"}
FIELDS = ["version", "given_name", "family_name", "holder_class", "unit", "external_id", "valid_from", "valid_until"]


@pytest.mark.usefixtures("furnished")
def test_people_are_found_by_any_part_of_their_names(administrator: FlaskClient) -> None:
    assert "2 people" in administrator.get("/people").text
    found = administrator.get("/people?q=nair+pri").text
    assert "Priya Nair" in found
    assert "Ava Thornton" not in found
    assert "Nobody is found by that." in administrator.get("/people?q=zzz").text
    for strange in ("/people?page=0", "/people?page=999999999999", "/people?group=x&kind=y", "/people?q=%00%25_"):
        assert administrator.get(strange).status_code == 200


def test_a_long_list_is_shown_in_parts(administrator: FlaskClient, database: Database) -> None:
    with database.writing() as session:
        session.add_all(
            Cardholder(given_name="P", family_name=f"N{at:03}", search_name=f"P N{at:03}", holder_class="student")
            for at in range(120)
        )
    first, last = administrator.get("/people").text, administrator.get("/people?page=3").text
    assert "120 people" in first
    assert "Part 1 of 3" in first
    assert "N119" in last
    assert "N049" not in last


def test_a_person_is_added_and_changed(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    answer = post(administrator, "/people", PERSON, levels=[str(furnished.level)])
    assert answer.status_code == 303
    ref = int(answer.location.rpartition("/")[2])
    with database.reading() as session:
        assert person_levels(session, ref) == {furnished.level}
        assert session.scalars(select(Bridge)).one().policy_stale
    changed = post(administrator, f"/people/{ref}", PERSON, version="1", groups=[str(furnished.group)])
    assert changed.status_code == 303
    with database.reading() as session:
        person = get_person(session, ref)
        assert [one.group_id for one in person.memberships] == [furnished.group]
        assert person_levels(session, ref) == set()
        assert person.version == 2


def test_two_people_edit_one_record(administrator: FlaskClient, furnished: ConsoleSchool, database: Database) -> None:
    path = f"/people/{furnished.person}"
    nair = {**PERSON, "given_name": "Priya", "family_name": "Nair", "unit": "Grade 5"}
    assert post(administrator, path, nair, version="1").status_code == 303
    answer = post(administrator, path, {**nair, "unit": "Office"}, version="1")
    assert answer.status_code == 409
    assert "Stored now" in answer.text
    assert "Grade 5" in answer.text
    assert "Office" in answer.text
    with database.reading() as session:
        assert get_person(session, furnished.person).unit == "Grade 5"
    assert post(administrator, path, {**nair, "unit": "Office"}, version="2").status_code == 303


def test_a_change_of_levels_alone_is_noticed_by_the_other_one(
    administrator: FlaskClient, furnished: ConsoleSchool
) -> None:
    path = f"/people/{furnished.person}"
    nair = {**PERSON, "given_name": "Priya", "family_name": "Nair", "unit": "Grade 4"}
    assert post(administrator, path, nair, version="1").status_code == 303  # no level any more
    assert post(administrator, path, nair, version="1", levels=[str(furnished.level)]).status_code == 409


def test_a_pin_is_set_and_never_shown(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    path = f"/people/{furnished.person}"
    assert "guess first" in refusals(post(administrator, f"{path}/pin", version="1", pin="1234"))[0]
    assert post(administrator, f"{path}/pin", version="1", pin="2846").status_code == 303
    page = administrator.get(path).text
    assert "2846" not in page
    assert "Take the PIN away" in page
    assert post(administrator, f"{path}/pin", version="1", pin="7351").status_code == 409
    assert post(administrator, f"{path}/pin", version="2", remove="1").status_code == 303


def test_a_badge_is_given_by_its_printed_number(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    path = f"/people/{furnished.student}/badges"
    card = {"badge-format": "H10301", "badge-facility_code": "114", "badge-number": "20381"}
    taken = post(administrator, path, card)
    assert taken.status_code == 422
    assert "already given to Priya Nair" in refusals(taken)[0]
    assert "does not fit H10301" in refusals(post(administrator, path, {**card, "badge-number": "70000"}))[0]
    assert post(administrator, path, {**card, "badge-number": "20999"}).status_code == 303
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Badge)) == 3


def test_who_may_not_does_not(desk: FlaskClient, installer: FlaskClient, furnished: ConsoleSchool) -> None:
    path = f"/people/{furnished.person}"
    page = desk.get(path)
    assert page.status_code == 200
    assert "Save person" not in page.text
    assert "New PIN" not in page.text
    for address in (path, "/people", f"{path}/badges", f"{path}/pin"):
        assert post(desk, address, PERSON).status_code == 403
    for address in ("/people", path, "/groups"):
        assert installer.get(address).status_code == 403


def test_the_right_to_end_emergencies_is_given_and_taken(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    path = f"/people/{furnished.person}"
    assert "Only together with a second such person" in administrator.get(path).text
    for version, ticked in enumerate((True, False), 1):
        fields = {**PERSON, "may_release": "y"} if ticked else PERSON
        assert post(administrator, path, fields, version=str(version)).status_code == 303
        with database.reading() as session:
            assert get_person(session, furnished.person).may_release is ticked
            assert session.scalars(select(Bridge)).one().policy_stale
    assert "gave the right to end emergencies at readers to" in administrator.get("/audit").text


def test_who_may_release_in_one_building_gives_that_right_to_nobody(
    signed_in: Callable[[Role], FlaskClient], desk: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    path = f"/people/{furnished.person}"
    with database.writing() as session:
        get_person(session, furnished.person).may_release = True
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = Place(SITE, 1).path
    administrator = signed_in(Role.ADMINISTRATOR)
    for client in (administrator, desk):
        assert "May end an emergency" not in client.get(path).text
    made = post(administrator, "/people", {**PERSON, "may_release": "y"})
    assert post(administrator, path, PERSON, version="2").status_code == 303
    with database.reading() as session:
        new = get_person(session, int(made.location.rpartition("/")[2]))
        assert not new.may_release, "what is not asked is ignored"
        assert get_person(session, furnished.person).may_release, "and what stands, stands"
    assert post(administrator, f"{path}/pin", version="3", pin="2846").status_code == 403


def test_the_badges_of_who_may_end_emergencies_are_given_by_nobody_who_may_not(
    signed_in: Callable[[Role], FlaskClient], furnished: ConsoleSchool, database: Database
) -> None:
    given = {"badge-format": "H10301", "badge-facility_code": "114", "badge-number": "777"}
    days = {"label": "", "valid_until": "2030-01-31"}
    with database.writing() as session:
        get_person(session, furnished.person).may_release = True
        grant = session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0]
        site, grant.scope = grant.scope, Place(SITE, 1).path
    administrator, badge = signed_in(Role.ADMINISTRATOR), f"/badges/{furnished.badge}"

    def statuses(version: int) -> list[int]:
        return [
            post(administrator, f"/people/{furnished.person}/badges", given).status_code,
            post(administrator, badge, days, version=str(version)).status_code,
            post(administrator, f"{badge}/status", status="active", version=str(version + 1)).status_code,
        ]

    assert post(administrator, f"{badge}/status", status="lost", version="1").status_code == 303, "killing one is free"
    assert statuses(2)[:2] == [403, 403]
    assert post(administrator, f"{badge}/status", status="active", version="2").status_code == 403
    assert post(administrator, badge, {"label": "A-18"}, version="2").status_code == 303, "nothing counts by a label"
    with database.writing() as session:
        session.get_one(Operator, OPERATORS[Role.ADMINISTRATOR][0]).grants[0].scope = site
    assert statuses(3) == [303, 303, 303]


def test_the_right_to_end_emergencies_ends_a_pin_that_somebody_else_knows(
    administrator: FlaskClient, furnished: ConsoleSchool, database: Database
) -> None:
    path, ticked = f"/people/{furnished.person}", {**PERSON, "may_release": "y"}
    assert post(administrator, f"{path}/pin", version="1", pin="2846").status_code == 303
    assert post(administrator, path, PERSON, version="2").status_code == 303
    assert "The PIN from before" not in administrator.get(path).text
    assert post(administrator, path, ticked, version="3").status_code == 303
    assert "The PIN from before the right to end emergencies is gone" in administrator.get(path).text
    with database.reading() as session:
        assert get_person(session, furnished.person).pin_sealed is None
    assert post(administrator, f"{path}/pin", version="4", pin="2846").status_code == 303
    assert post(administrator, path, ticked, version="5").status_code == 303
    with database.reading() as session:
        assert get_person(session, furnished.person).pin_sealed is not None, "one that was set since stays"
    assert "removed the PIN of" in administrator.get("/audit").text


def test_nonsense_is_refused_in_a_sentence(administrator: FlaskClient, furnished: ConsoleSchool) -> None:
    path = f"/people/{furnished.person}"
    assert nonsense(administrator, "/people", FIELDS) == []
    assert nonsense(administrator, path, [*FIELDS, "groups", "levels"]) == []
    assert nonsense(administrator, f"{path}/pin", ["version", "pin"]) == []
    fields = ["badge-format", "badge-facility_code", "badge-number", "badge-label", "badge-valid_from"]
    assert nonsense(administrator, f"{path}/badges", fields) == []
    assert administrator.get("/people/99").status_code == 404
    assert administrator.get(f"/people/{2**40}").status_code == 404
