"""The school in memory knows at once what was changed through its own service, without reading again by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from access_control.clock import utc_now
from access_control.emergency import memory
from access_control.emergency.memory import Memory
from access_control.emergency.school import School
from access_control.readers.doors import add_door, edit_door, form_of, get_door
from access_control.readers.enrolment import add_bridge, confirm_bridge, enroll, fingerprint, revoke_bridge
from access_control.readers.models import Site
from access_control.readers.settings import change_settings, settings_of
from tests.building.processes import until
from tests.building.published import LiveSchool
from tests.building.sites import BY


@pytest.fixture
def kept(live: LiveSchool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    """What is in memory; only word of a change has it read again."""
    monkeypatch.setattr(memory, "REFRESH_S", 3600.0)
    with closing(Memory(live.database, lambda: None, lambda _: None)) as made:
        made.start()
        yield made


def until_known(kept: Memory, true: Callable[[School], bool], what: str) -> None:
    def known() -> bool:
        school = kept.school()
        return school is not None and true(school)

    until(known, what)


def test_a_door_that_was_added_or_given_to_another_bridge_is_known(kept: Memory, live: LiveSchool) -> None:
    with live.writing() as session:
        made = add_door(session, utc_now(), live.school.door("9", 7), BY).id
    until_known(kept, lambda school: live.bridge in school.bridges_of(school.doors.keys() & {made}), "the new door")

    with live.writing() as session:
        door = get_door(session, made)
        away = replace(form_of(door), bridge_id=None)
        edit_door(session, utc_now(), made, away, door.version, BY)
    until_known(kept, lambda school: school.bridges_of([made]) == (), "its bridge does not run it any more")


def test_a_bridge_is_known_from_its_confirmation_until_it_is_revoked(kept: Memory, live: LiveSchool) -> None:
    with live.writing() as session:
        made = add_bridge(session, live.keys, utc_now(), name="Gym", building_id=live.school.building, by=BY)
        public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        enroll(session, live.keys, utc_now(), code=made.text, public_key=public, address="")
    with live.writing() as session:
        shown = fingerprint(public)
        confirm_bridge(session, live.keys, utc_now(), bridge_id=made.bridge_id, compared=shown, by=BY)
    until_known(kept, lambda school: made.bridge_id in school.bridges, "a lockdown is pushed to it")

    with live.writing() as session:
        revoke_bridge(session, live.keys, utc_now(), bridge_id=made.bridge_id, by=BY)
    until_known(kept, lambda school: made.bridge_id not in school.bridges, "it is out")


def test_what_the_school_chose_is_known(kept: Memory, live: LiveSchool) -> None:
    with live.writing() as session:
        site = session.scalars(select(Site)).one()
        change_settings(session, utc_now(), replace(settings_of(site), proof_limit_s=33), site.version, BY)
    until_known(kept, lambda school: school.proof_limit_s == 33, "the setting")
