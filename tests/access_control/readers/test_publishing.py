"""Documents under revisions that only go up, and never older content under a newer number."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

from sqlalchemy import update

from access_control.core.decision.model import BadgeStatus, OverrideEffect, Revision
from access_control.database.ids import new_id
from access_control.readers.boards import BoardForm, add_board
from access_control.readers.doors import edit_door
from access_control.readers.models import Bridge, Door, Site
from access_control.readers.orders import add_directive, set_override
from access_control.readers.publishing import REBUILD, publish_all_orders, publish_orders, publish_policy, publish_stale
from access_control.readers.records import Revocation
from access_control.readers.staleness import mark_bridges_stale
from tests.building.published import LiveSchool, later
from tests.building.sites import AT, BY


def rename(live: LiveSchool, name: str) -> None:
    with live.writing() as session:
        version = session.get_one(Door, live.door).version
        edit_door(session, AT, live.door, live.school.door(name=name), version, BY)


def publish(live: LiveSchool, seconds: float = 1) -> Sequence[str]:
    return [done.bridge_id for done in publish_stale(live.database, live.keys, later(seconds))]


def test_a_confirmed_bridge_has_a_policy_that_it_can_open(live: LiveSchool) -> None:
    policy = live.policy()
    assert policy.doors[live.door].name == "Door 1"
    assert len(policy.credentials.rows) == 1
    assert sorted(policy.neighbour_keys) == [live.school.other_bridge]
    assert policy.scopes["building:1"] == {live.door}


def test_a_change_is_published_to_the_bridge_that_it_touches_and_no_other(live: LiveSchool) -> None:
    publish(live)
    rename(live, "Front door")
    assert publish(live, 2) == [live.bridge]
    assert live.policy().doors[live.door].name == "Front door"


def test_what_did_not_change_is_not_published_again(live: LiveSchool) -> None:
    publish(live)
    before = live.policy().revision
    with live.writing() as session:
        assert publish_policy(session, live.keys, live.bridge, later(5)) is None
        assert publish_orders(session, live.keys, live.bridge, later(5)) is None
    assert live.policy().revision == before


def test_a_week_later_timetables_are_worked_out_anew(live: LiveSchool) -> None:
    publish(live)
    before = live.policy()
    assert publish(live, REBUILD.total_seconds() - 10) == []
    assert live.bridge in publish(live, REBUILD.total_seconds() + 10)
    assert live.policy().horizon == before.horizon + 7 * 86400
    assert before.revision < live.policy().revision


def test_a_policy_that_a_bridge_would_refuse_stays_here_and_is_named(live: LiveSchool) -> None:
    publish(live)
    good = live.policy().revision
    with live.writing() as session:
        session.execute(update(Door).where(Door.id == live.door).values(lock_output="board 99.0"))
        session.execute(update(Bridge).where(Bridge.id == live.bridge).values(policy_stale=True))
    assert publish(live, 2) == []
    assert live.policy().revision == good
    with live.database.reading() as session:
        error = session.get_one(Bridge, live.bridge).policy_error
        assert error is not None
        assert error.startswith("Door 1 names output board 99.0")
    rename(live, "Front door")
    assert publish(live, 3) == [live.bridge]
    with live.database.reading() as session:
        assert session.get_one(Bridge, live.bridge).policy_error is None


def test_a_raised_epoch_comes_before_every_number(live: LiveSchool) -> None:
    publish(live)
    before = live.policy().revision
    with live.writing() as session:
        session.execute(update(Site).values(epoch=1_800_000_000))
        session.execute(update(Bridge).values(policy_stale=True))
    publish(live, 2)
    assert before < live.policy().revision
    assert live.policy().revision.epoch == 1_800_000_000


def test_a_publication_is_told_when_it_is_committed(live: LiveSchool) -> None:
    rename(live, "Front door")
    with live.database.changes.listen(f"bridge:{live.bridge}") as listener:
        publish(live, 2)
        change = listener.get(10)
    assert change is not None
    revision = live.policy().revision
    assert json.loads(change.payload) == {"hint": {"policy": f"{revision.epoch}/{revision.n}"}}


def test_a_door_that_moves_in_a_lockdown_takes_the_directive_to_its_new_bridge(live: LiveSchool) -> None:
    other = live.school.other_bridge
    directive = live.directive(scope=f"building:{live.school.building}")
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="Rivera")
        publish_all_orders(session, live.keys, AT)
        elsewhere = add_board(session, AT, BoardForm(other, "Cabinet", "usb0", 1, 8, 8), BY).id
        lock = OverrideEffect.LOCK
        set_override(
            session, live.keys, later(1), door_id=live.door, effect=lock, by=BY, why="broken glass", expires_at=None
        )
    assert (len(live.orders().directives), len(live.orders(other).directives)) == (1, 0)
    with live.writing() as session:  # pages refuse it now; the documents would be right all the same
        door = session.get_one(Door, live.door)
        door.bridge_id, door.lock_output = other, f"board {elsewhere}.0"
        mark_bridges_stale(session, {live.bridge, other})
    publish(live, 3)
    assert live.orders(other).directives == tuple(live.sealed(directive))
    assert [one.door for one in live.orders(other).overrides] == [live.door]
    assert not live.orders().overrides


def test_publishers_side_by_side_never_put_older_content_under_a_newer_number(live: LiveSchool) -> None:
    seen: list[tuple[Revision, int]] = []
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for n in range(8):
                with live.writing() as session:
                    # One statement that reads and writes, so that the row's lock decides who comes when.
                    door = session.query(Door).filter_by(id=live.door).with_for_update().populate_existing().one()
                    door.name = f"{int(door.name) + 1 if door.name.isdecimal() else 1}"
                    session.flush()
                    done = publish_policy(session, live.keys, live.bridge, later(worker * 10 + n))
                    assert done is not None
                    seen.append((done.revision, int(door.name)))
        except BaseException as error:  # noqa: BLE001 - handed to the test, whatever it is
            failed.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed
    ordered = sorted(seen, key=lambda pair: (pair[0].epoch, pair[0].n))
    assert [content for _, content in ordered] == list(range(1, 25))
    assert live.policy().doors[live.door].name == "24"


def test_a_bridge_that_is_not_confirmed_gets_nothing(live: LiveSchool) -> None:
    with live.writing() as session:
        session.execute(update(Bridge).where(Bridge.id == live.bridge).values(state="revoked"))
    with live.writing() as session:
        assert publish_policy(session, live.keys, live.bridge, later(9)) is None
        assert publish_orders(session, live.keys, live.bridge, later(9)) is None


def test_a_bridge_whose_orders_cannot_be_made_keeps_them_from_no_other(live: LiveSchool) -> None:
    with live.writing() as session:
        session.execute(update(Bridge).where(Bridge.id == live.school.other_bridge).values(digest_key_sealed=b"junk"))
        session.execute(update(Door).values(name="Front door"))
        session.add(
            Revocation(id=new_id(AT), badge_id=live.badge, canonical="H10301:17:12345", status=BadgeStatus.LOST, at=AT)
        )
    with live.writing() as session:
        done = publish_all_orders(session, live.keys, later(5))
    assert [one.bridge_id for one in done] == [live.bridge]
    assert len(live.orders().revoked) == 1
    with live.database.reading() as session:
        assert "encrypted with another key" in (session.get_one(Bridge, live.school.other_bridge).policy_error or "")
