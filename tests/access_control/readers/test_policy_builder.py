"""What one bridge's Policy holds: its own doors, everybody's badges, and names of nobody."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from access_control.core.credentials.canonical import digest
from access_control.core.decision.model import HolderClass, Revision
from access_control.core.wire.policy import FOREVER, PolicyDraft
from access_control.core.wire.signing import Kind
from access_control.people.groups import add_group
from access_control.people.models import Cardholder, Membership
from access_control.people.pins import seal_pin
from access_control.readers.badges import BadgeForm, issue_badge
from access_control.readers.door_readers import ReaderForm, add_reader, edit_reader
from access_control.readers.doors import add_door
from access_control.readers.levels import LevelForm, add_level, set_group_levels
from access_control.readers.models import Bridge, DoorGroup, PersonLevel
from access_control.readers.policy_builder import draft_for
from access_control.readers.publishing import publish_policy, published
from tests.building.published import CARD, LiveSchool, later
from tests.building.sites import AT, BY


def draft(live: LiveSchool, bridge: str | None = None) -> PolicyDraft:
    with live.database.reading() as session:
        row = session.get_one(Bridge, bridge or live.bridge)
        return draft_for(session, row, live.keys, AT, Revision(1, 1))


def test_another_bridges_doors_stay_out_of_doors_levels_scopes_and_passes(live: LiveSchool) -> None:
    with live.writing() as session:
        loose = add_door(session, AT, live.school.door("2", 1, bridge_id=None), BY).id
        add_level(session, AT, LevelForm("Both", {live.door: live.school.always, loose: live.school.always}), BY)
        session.add(DoorGroup(bridge_id=live.bridge, name="Visitors", doors=[live.door, loose]))
    here, there = draft(live), draft(live, live.school.other_bridge)
    assert [door.id for door in here.doors] == [live.door]
    assert all(set(level.grants) <= {live.door} for level in here.levels)
    assert list(here.pass_groups.values()) == [[live.door]]
    assert here.scopes == {f"building:{live.school.building}": [live.door]}
    assert (there.doors, there.pass_groups) == ([], {})
    assert not any(level.grants or level.denials for level in there.levels)


def test_levels_come_to_a_person_by_themselves_and_by_groups_once(live: LiveSchool) -> None:
    with live.writing() as session:
        group = add_group(session, AT, name="Grade 4", by="cli")
        session.add(Membership(person_ref=live.school.person, group_id=group.id))
        level = add_level(session, AT, LevelForm("Grade 4 rooms", {live.door: live.school.never}), BY)
        (own,) = session.scalars(select(PersonLevel.level_id))
        set_group_levels(session, AT, group.id, [own, level.id], BY)
    (person,) = draft(live).people
    assert person.levels == (own, level.id)


def test_times_are_seconds_and_what_has_no_end_lasts(live: LiveSchool) -> None:
    with live.writing() as session:
        person = session.get_one(Cardholder, live.school.person)
        person.valid_until, person.active = later(60), False
        person.pin_sealed = seal_pin(person.ref, "4711", live.keys.seal)
        issue_badge(session, AT, person.ref, BadgeForm("RAW32", "00A1B2C3", valid_from=later(5)), BY)
    made = draft(live)
    (holder,) = made.people
    assert (holder.active, holder.valid_from, holder.valid_until) == (False, 0, int(later(60).timestamp()))
    assert (holder.pin, holder.holder_class) == ("4711", HolderClass.STAFF)
    by_number = {badge.credential.number: badge for badge in made.badges}
    assert by_number[0xA1B2C3].valid_from == int(later(5).timestamp())
    assert by_number[CARD.number].valid_until == FOREVER


def test_a_policy_names_nobody_and_holds_no_number_or_pin_in_clear(live: LiveSchool) -> None:
    with live.writing() as session:
        person = session.get_one(Cardholder, live.school.person)
        person.pin_sealed = seal_pin(person.ref, "471199", live.keys.seal)
        publish_policy(session, live.keys, live.bridge, later(1))
        row = published(session, live.bridge, Kind.POLICY)
        assert row is not None
        sealed = row.sealed
    assert not [word for word in (b"Priya", b"Nair", b"NAIR", b"12345", b"471199") if word in sealed]
    assert digest(live.digest_key, CARD) in live.policy().credentials.rows


def test_the_same_rows_give_the_same_draft_within_a_week(live: LiveSchool) -> None:
    with live.database.reading() as session:
        bridge = session.get_one(Bridge, live.bridge)
        drafts = [draft_for(session, bridge, live.keys, later(hours * 3600), Revision(1, 1)) for hours in (1, 90)]
    assert drafts[0].horizon == drafts[1].horizon
    assert (drafts[0].doors, drafts[0].levels, drafts[0].people) == (
        drafts[1].doors,
        drafts[1].levels,
        drafts[1].people,
    )


def test_marked_readers_and_those_who_may_release_come_to_the_bridge(live: LiveSchool) -> None:
    def known() -> tuple[list[bool], list[bool]]:
        made = draft(live)
        return [reader.takes_releases for reader in made.readers], [person.may_release for person in made.people]

    with live.writing() as session:
        form = ReaderForm(live.door, "Office", "readers", 9, ("H10301",))
        reader = add_reader(session, AT, form, BY)
    readers = len(known()[0])
    assert known() == ([False] * readers, [False])
    with live.writing() as session:
        edit_reader(session, AT, reader.id, replace(form, takes_releases=True), 1, BY)
        session.get_one(Cardholder, live.school.person).may_release = True
    assert known() == ([False] * (readers - 1) + [True], [True])
