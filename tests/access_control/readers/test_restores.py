"""A database that was put back from an older copy: bridges are told anew, and nothing that it never said is a proof."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from access_control.audit.models import AuditRecord
from access_control.core.decision.model import BadgeStatus, Revision
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.signing import Kind
from access_control.core.wire.uplink import InForce, Want, read_revision, write_revision
from access_control.readers.confirmations import confirm_revocations
from access_control.readers.events import EventFilter, recent_events, take_events
from access_control.readers.models import Badge, Bridge, Site
from access_control.readers.publishing import publish_stale
from access_control.readers.records import RevocationAt
from access_control.readers.restores import raise_epoch
from access_control.readers.revocations import set_badge_status
from access_control.readers.site import the_site
from access_control.readers.statements import issue_statement, statement_in_force
from access_control.readers.status import newest_revisions, take_status
from tests.building.published import LiveSchool, later
from tests.building.said import STREAM, a_status, raw_run
from tests.building.sites import AT, BY

RAISED = int(later(10).timestamp())


def newest(live: LiveSchool, kind: Kind, bridge: str | None = None) -> Revision:
    with live.database.reading() as session:
        found = read_revision(newest_revisions(session, bridge or live.bridge)[kind])
    assert found is not None
    return found


def say(live: LiveSchool, seconds: float, *, bridge: str | None = None, keys: str | None = None, **more: Any) -> None:
    """A Status, by default with the newest documents in force."""
    bridge = bridge or live.bridge
    in_force = {kind.value: write_revision(newest(live, kind, bridge)) for kind in (Kind.POLICY, Kind.ORDERS)}
    with live.writing() as session:
        request = a_status(**{**in_force, **more})
        there = InForce(keys, request.in_force.policy, request.in_force.orders)
        take_status(session, live.keys, later(seconds), bridge, msgspec.structs.replace(request, in_force=there))


def epoch(live: LiveSchool) -> int:
    with live.database.reading() as session:
        return the_site(session).epoch


def lose(live: LiveSchool) -> None:
    with live.writing() as session:
        version = session.get_one(Badge, live.badge).version
        set_badge_status(
            session, live.keys, later(1), badge_id=live.badge, status=BadgeStatus.LOST, version=version, by=BY
        )


def confirmed_at(live: LiveSchool) -> datetime | None:
    with live.database.reading() as session:
        row = session.scalars(select(RevocationAt).where(RevocationAt.bridge_id == live.bridge)).one()
    return row.confirmed_at


def test_a_bridge_that_is_up_to_date_or_behind_changes_nothing(live: LiveSchool) -> None:
    old = newest(live, Kind.ORDERS)
    lose(live)
    for orders in (f"{old.epoch}/{old.n}", None):
        say(live, 2, orders=orders)
    say(live, 3)
    assert epoch(live) == 1
    assert newest(live, Kind.ORDERS).epoch == 1


@pytest.mark.parametrize("ahead", ["policy", "orders", "keys"])
def test_a_revision_that_was_never_published_here_raises_the_epoch_and_everything_is_published_anew(
    live: LiveSchool, ahead: str
) -> None:
    say(live, 10, **{ahead: "1/999"})
    assert epoch(live) == RAISED
    assert newest(live, Kind.ORDERS).epoch == RAISED
    publish_stale(live.database, live.keys, later(11))
    assert newest(live, Kind.POLICY).epoch == RAISED
    with live.database.reading() as session:
        assert statement_in_force(session)[1].epoch == RAISED
        (told,) = recent_events(session, EventFilter(codes=[EventCode.SERVICE_RESTORED]))
        assert told.detail == {"bridge": live.bridge, "epoch": RAISED}
        (written,) = session.scalars(select(AuditRecord).where(AuditRecord.action == "site.restored"))
        assert written.actor == f"bridge:{live.bridge}"
    say(live, 12, **{ahead: "1/999"})
    assert epoch(live) == RAISED, "it is overruled already"


def test_every_other_bridge_is_told_with_its_own_next_status_and_raises_it_no_further(live: LiveSchool) -> None:
    other = live.school.other_bridge
    say(live, 10, orders="1/999")
    assert newest(live, Kind.ORDERS, other).epoch == 1
    say(live, 20, bridge=other, orders="1/998")
    assert newest(live, Kind.ORDERS, other).epoch == RAISED == epoch(live)
    publish_stale(live.database, live.keys, later(21))
    assert newest(live, Kind.POLICY, other).epoch == RAISED


def test_a_revocation_under_a_number_that_the_bridge_has_of_another_time_is_confirmed_only_under_the_new_epoch(
    live: LiveSchool,
) -> None:
    lose(live)
    with live.writing() as session:
        assert confirm_revocations(session, later(2), live.bridge, Revision(1, 999)) == 0
    say(live, 10, orders="1/999")
    assert confirmed_at(live) is None
    assert len(live.orders().revoked) == 1
    say(live, 11, orders="1/999")
    assert confirmed_at(live) is None
    say(live, 12)
    assert confirmed_at(live) == later(12)


def test_events_that_were_acknowledged_and_are_lost_tell_of_it_once_though_the_numbers_are_the_same(
    live: LiveSchool,
) -> None:
    lose(live)
    say(live, 10, acknowledged=3, last_seq=3)
    assert epoch(live) == RAISED
    assert confirmed_at(live) is None, "the same number may have been another document"
    say(live, 20, acknowledged=3, last_seq=3)
    assert epoch(live) == RAISED, "they are on their way"
    with live.writing() as session:
        take_events(session, later(21), live.bridge, STREAM, 1, raw_run(live.bridge, 1, 3, AT))
    say(live, 30, acknowledged=3, last_seq=3)
    assert epoch(live) == RAISED
    say(live, 40, acknowledged=5, last_seq=5)
    assert epoch(live) == int(later(40).timestamp()), "a second restore"


def test_a_bridge_cannot_use_up_all_epochs(live: LiveSchool) -> None:
    say(live, 10, orders=f"{2**62}/1")
    assert epoch(live) == 1


def test_said_by_hand_bridges_are_told_with_their_next_status_and_the_statement_at_the_next_start(
    live: LiveSchool,
) -> None:
    with live.writing() as session:
        assert raise_epoch(session, later(10), "cli") == RAISED
        assert raise_epoch(session, later(10), "cli") == RAISED + 1, "always above the one before"
        issue_statement(session, live.keys, later(11))
        assert statement_in_force(session)[1].epoch == RAISED + 1
    say(live, 12)
    assert newest(live, Kind.ORDERS).epoch == RAISED + 1


@pytest.mark.parametrize("known_by", ["hand", "another bridge"])
def test_events_that_went_with_a_restore_that_is_known_are_no_second_one(live: LiveSchool, known_by: str) -> None:
    """A bridge may have documents under the new epoch, by the push stream, before it says its first Status."""
    say(live, 2)
    if known_by == "hand":
        with live.writing() as session:
            raise_epoch(session, later(10), "cli")
    else:
        say(live, 10, bridge=live.school.other_bridge, orders="1/999")
    lose(live)
    assert newest(live, Kind.ORDERS).epoch == RAISED
    say(live, 20, acknowledged=3, last_seq=3)
    assert epoch(live) == RAISED
    with live.database.reading() as session:
        told = recent_events(session, EventFilter(codes=[EventCode.SERVICE_RESTORED]))
    assert len(told) == (0 if known_by == "hand" else 1)


def test_a_second_restore_is_noticed_by_a_bridge_that_spoke_after_the_first(live: LiveSchool) -> None:
    with live.writing() as session:
        raise_epoch(session, later(10), "cli")
    lose(live)
    say(live, 20)
    say(live, 30, acknowledged=3, last_seq=3)
    assert epoch(live) == int(later(30).timestamp())


@pytest.mark.parametrize("any_url", ["postgresql"], indirect=True)
def test_events_that_are_lost_are_asked_for_only_once_the_restore_is_noted(live: LiveSchool) -> None:
    request = a_status(acknowledged=3, last_seq=3, policy="1/1", orders=write_revision(newest(live, Kind.ORDERS)))
    with live.writing() as elsewhere:
        elsewhere.execute(select(Site).with_for_update())
        with live.writing() as session:
            assert take_status(session, live.keys, later(10), live.bridge, request).want is None
    assert epoch(live) == 1
    with live.writing() as session:
        assert take_status(session, live.keys, later(12), live.bridge, request).want == Want(STREAM, 1)
    assert epoch(live) == int(later(12).timestamp())


def test_orders_that_cannot_be_made_anew_are_noted_and_the_status_is_answered_all_the_same(
    live: LiveSchool, caplog: pytest.LogCaptureFixture
) -> None:
    with live.database.reading() as session:
        sound = session.get_one(Bridge, live.bridge).digest_key_sealed
    with live.writing() as session:
        session.execute(update(Bridge).where(Bridge.id == live.bridge).values(digest_key_sealed=b"junk"))
    with caplog.at_level(logging.ERROR):
        for seconds in (10, 12):
            say(live, seconds, acknowledged=3, last_seq=3)
    assert len(caplog.records) == 1, "the log says it once"
    request = a_status(orders=write_revision(newest(live, Kind.ORDERS)), acknowledged=3, last_seq=3)
    with live.writing() as session:
        answer = take_status(session, live.keys, later(14), live.bridge, request)
        assert answer.want == Want(STREAM, 1), "its events come although its Orders do not go"
        bridge = session.get_one(Bridge, live.bridge)
        assert "encrypted with another key" in (bridge.policy_error or "")
        bridge.digest_key_sealed = sound
    say(live, 16)
    publish_stale(live.database, live.keys, later(17))
    assert newest(live, Kind.ORDERS).epoch == newest(live, Kind.POLICY).epoch == RAISED
    with live.database.reading() as session:
        assert session.get_one(Bridge, live.bridge).policy_error is None
