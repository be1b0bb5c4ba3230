"""*Why?* answers from the published bytes as the bridge does, whatever rows say meanwhile."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from access_control.core.decision.model import QUIET, EmergencyAction, Facts, HolderClass, Known
from access_control.core.decision.reasons import Reason
from access_control.core.wire.signing import Kind
from access_control.people.cardholders import PersonDetails, edit_person
from access_control.people.models import Cardholder
from access_control.readers.badges import edit_badge
from access_control.readers.door_readers import ReaderForm, add_reader
from access_control.readers.errors import NotThereError
from access_control.readers.events import take_events
from access_control.readers.models import Badge, Bridge
from access_control.readers.orders import add_directive
from access_control.readers.publishing import publish_stale
from access_control.readers.records import EventRow
from access_control.readers.staleness import mark_all_stale
from access_control.readers.status import newest_revisions, take_status
from access_control.readers.why import (
    Explanation,
    bridge_of_reader,
    card_reader_of,
    explain_badge,
    explain_event,
)
from tests.building.published import LiveSchool, later
from tests.building.said import STREAM, a_door, a_status, raw_event
from tests.building.sites import AT, BY


@pytest.fixture
def reader(live: LiveSchool) -> int:
    with live.writing() as session:
        number = add_reader(session, AT, ReaderForm(live.door, "Outside", "usb1", 1, ("H10301",)), BY).id
    publish_stale(live.database, live.keys, later(1))
    return number


def why(live: LiveSchool, reader: int, seconds: float = 2, facts: Facts | None = QUIET) -> Explanation:
    with live.database.reading() as session:
        return explain_badge(session, live.keys, later(seconds), live.badge, reader, facts=facts)


def limit_badge(live: LiveSchool, begins: datetime | None, ends: datetime | None) -> None:
    with live.writing() as session:
        version = session.get_one(Badge, live.badge).version
        edit_badge(session, AT, live.badge, version, BY, label="", valid_from=begins, valid_until=ends)


def test_the_published_bytes_answer_not_the_rows(live: LiveSchool, reader: int) -> None:
    before = why(live, reader)
    assert before.decision.reason is Reason.ACCESS_GRANTED
    limit_badge(live, None, later(1))
    unpublished = why(live, reader)
    assert (unpublished.decision.reason, unpublished.policy) == (before.decision.reason, before.policy)
    publish_stale(live.database, live.keys, later(3))
    after = why(live, reader)
    assert before.policy < after.policy
    assert after.decision.reason is Reason.DENIED_EXPIRED


def test_a_badge_is_good_within_its_validity_and_not_a_second_beyond(live: LiveSchool, reader: int) -> None:
    limit_badge(live, later(100), later(200))
    publish_stale(live.database, live.keys, later(3))
    answers = [why(live, reader, seconds).decision.reason for seconds in (99, 100, 199, 200)]
    assert answers[0] is Reason.DENIED_NOT_YET_ACTIVE
    assert answers[1:3] == [Reason.ACCESS_GRANTED] * 2
    assert answers[3] is Reason.DENIED_EXPIRED


@pytest.mark.parametrize(
    ("active", "ends_s", "reason"),
    [(False, None, Reason.DENIED_HOLDER_INACTIVE), (True, 1.0, Reason.DENIED_EXPIRED)],
)
def test_who_has_left_is_refused_with_every_badge(
    live: LiveSchool, reader: int, ends_s: float | None, reason: Reason, *, active: bool
) -> None:
    with live.writing() as session:
        ends = None if ends_s is None else later(ends_s)
        details = PersonDetails("Priya", "Nair", HolderClass.STAFF, active=active, valid_until=ends)
        version = session.get_one(Cardholder, live.school.person).version
        edit_person(session, AT, live.school.person, details, version=version, by="cli")
        mark_all_stale(session)
    publish_stale(live.database, live.keys, later(3))
    answer = why(live, reader)
    assert not answer.decision.granted
    assert answer.decision.reason is reason
    assert answer.asked[-1].passed is False
    assert {one.passed for one in answer.asked[:-1]} == {True}


def test_a_lockdown_counts_at_once_without_a_new_policy(live: LiveSchool, reader: int) -> None:
    directive = live.directive(EmergencyAction.LOCKDOWN)
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Rivera")
    answer = why(live, reader)
    assert answer.decision.reason is Reason.DENIED_LOCKDOWN
    assert "emergency" in {one.rule for one in answer.asked if one.passed is False}


def test_facts_are_what_the_bridge_said_and_unknown_before_it_spoke(live: LiveSchool, reader: int) -> None:
    assert why(live, reader, facts=None).facts == Facts()
    with live.writing() as session:
        paused = {"reader": reader, "link": "up", "locked_out": True}
        status = a_status(a_door(live.door, slot="fire"), readers=[paused], clock_trusted=False).status
        session.get_one(Bridge, live.bridge).status = status
    facts = why(live, reader, facts=None).facts
    assert (facts.clock_trusted, facts.fire_at_door, facts.locked_out) == (Known.NO, Known.YES, Known.YES)


def test_old_rules_are_judged_as_of_now_where_a_later_time_is_asked_about(live: LiveSchool, reader: int) -> None:
    month = 31 * 86_400
    with live.writing() as session:
        there = newest_revisions(session, live.bridge)[Kind.POLICY]
        limits = {"policy_age_s": 0.0, "limits": {"exterior": 30, "interior": 30, "room": 30}}
        take_status(
            session, live.keys, later(1), live.bridge, a_status(a_door(live.door), policy=there, policy_age=limits)
        )
    assert why(live, reader, 2, facts=None).facts.policy_old is Known.NO
    assert why(live, reader, month, facts=None).facts.policy_old is Known.YES
    with live.database.reading() as session:
        answer = explain_badge(session, live.keys, later(month), live.badge, reader, now=later(2))
    assert answer.facts.policy_old is Known.NO


def test_names_of_levels_stand_where_documents_have_numbers(live: LiveSchool, reader: int) -> None:
    (seen,) = [one.saw for one in why(live, reader).asked if one.rule == "access levels"]
    assert seen.startswith("levels Everywhere")


def test_an_event_is_explained_by_its_reason_and_asked_again_by_what_holds_now(live: LiveSchool, reader: int) -> None:
    holder = live.school.person
    raws = [
        raw_event(live.bridge, 1, "DENIED_EXPIRED", later(2), door=live.door, reader=reader, holder=holder),
        raw_event(live.bridge, 2, "ACCESS_GRANTED", later(2), door=live.door, reader=reader, holder=holder),
        raw_event(live.bridge, 3, "DOOR_CLOSED", later(2), door=live.door),
    ]
    with live.writing() as session:
        take_events(session, later(3), live.bridge, STREAM, 1, raws)
    with live.database.reading() as session:
        refused, admitted, closed = session.scalars(select(EventRow).order_by(EventRow.seq))
        first = explain_event(session, live.keys, refused)
        assert (first.reason, first.same, first.asked[-1].passed) == (Reason.DENIED_EXPIRED, False, False)
        assert first.now is not None
        assert first.now.decision.granted
        second = explain_event(session, live.keys, admitted)
        assert (second.same, {one.passed for one in second.asked}) == (True, {True})
        with pytest.raises(NotThereError, match="not about a badge"):
            explain_event(session, live.keys, closed)


def test_what_is_not_there_is_said(live: LiveSchool, reader: int) -> None:
    with live.database.reading() as session:
        assert card_reader_of(session, live.door).id == reader
        assert bridge_of_reader(session, reader).id == live.bridge
        with pytest.raises(NotThereError, match="This reader"):
            explain_badge(session, live.keys, AT, live.badge, 999)
        with pytest.raises(NotThereError, match="This badge"):
            explain_badge(session, live.keys, AT, "nobody's", reader)
        with pytest.raises(NotThereError, match="This door"):
            card_reader_of(session, 999)
