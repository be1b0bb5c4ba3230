"""One site, its buildings and zones, and what scopes mean as doors."""

from __future__ import annotations

import pytest

from access_control.database.engine import Database
from access_control.readers.doors import add_door
from access_control.readers.errors import BadValueError, NotThereError
from access_control.readers.site import add_building, add_zone, create_site, scopes, the_site
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY


def test_there_is_one_site_with_a_real_time_zone(any_database: Database) -> None:
    with any_database.writing() as session:
        with pytest.raises(NotThereError, match="no site yet"):
            the_site(session)
        with pytest.raises(BadValueError, match="no time zone"):
            create_site(session, AT, name="Maple Hollow", timezone="../../etc/passwd")
        made = create_site(session, AT, name=" Maple Hollow ", timezone="America/Chicago")
        assert (made.name, made.demo, made.epoch) == ("Maple Hollow", False, 1)
        with pytest.raises(BadValueError, match="a site already"):
            create_site(session, AT, name="Another", timezone="America/Chicago")
        assert the_site(session).id == made.id


def test_buildings_have_names_of_their_own(any_database: Database) -> None:
    with any_database.writing() as session:
        with pytest.raises(NotThereError):
            add_building(session, AT, "Gym")
        create_site(session, AT, name="Maple Hollow", timezone="America/Chicago")
        gym = add_building(session, AT, "Gym")
        for name, sentence in (("Gym ", "already a building called Gym"), ("  ", "missing")):
            with pytest.raises(BadValueError, match=sentence):
                add_building(session, AT, name)
        with pytest.raises(NotThereError):
            add_zone(session, AT, gym.id + 1, "Lockers")


def test_scopes_are_the_doors_that_lie_in_them_now(live: LiveSchool) -> None:
    with live.writing() as session:
        gym = add_building(session, AT, "Gym").id
        lockers = add_zone(session, AT, gym, "Lockers").id
        form = live.school.door("9", 1, building_id=gym, zone_id=lockers)
        inside = add_door(session, AT, form, BY).id
        assert scopes(session) == {
            "site": [live.door, inside],
            f"building:{live.school.building}": [live.door],
            f"building:{gym}": [inside],
            f"zone:{lockers}": [inside],
        }
