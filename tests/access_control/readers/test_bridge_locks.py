"""Two transactions that need the same rows wait one way round only, so PostgreSQL never has to stop one of them."""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from access_control.core.decision.model import BadgeStatus, EmergencyAction, InputKind, OverrideEffect, PassRevocation
from access_control.core.wire.directives import seal_directive
from access_control.core.wire.signing import SigningKey, signer_of
from access_control.database.engine import Database
from access_control.readers.alarm_inputs import AlarmInputForm, add_alarm_input
from access_control.readers.doors import add_door
from access_control.readers.enrolment import add_bridge, confirm_bridge, enroll, fingerprint, revoke_bridge
from access_control.readers.models import Badge, Bridge, Door, Site
from access_control.readers.neighbours import set_address
from access_control.readers.orders import (
    add_directive,
    add_release,
    end_override,
    hear_from_bridge,
    revoke_pass,
    set_override,
)
from access_control.readers.publishing import publish_all_orders, publish_policy
from access_control.readers.records import DirectiveRow
from access_control.readers.recovery import set_recovery_key
from access_control.readers.release_codes import make_release_codes
from access_control.readers.replacement import begin_replacement, confirm_replacement, enroll_replacement
from access_control.readers.revocations import set_badge_status
from access_control.readers.settings import change_settings, settings_of
from access_control.readers.status import take_status
from tests.building.lock_order import locks_noted
from tests.building.processes import until
from tests.building.published import LiveSchool, go_live, later
from tests.building.recovery import OTHER_RECOVERY, RECOVERY
from tests.building.said import a_status
from tests.building.sites import AT, BY

Deed = Callable[[Session], object]
BRIDGE_LOCKED = r"FROM bridge\b.*FOR (NO KEY )?UPDATE"
NEW = Ed25519PrivateKey.generate().public_key().public_bytes_raw()


@pytest.fixture
def live(pg_database: Database, tmp_path: Any) -> LiveSchool:
    return go_live(pg_database, tmp_path)


def side_by_side(database: Database, first: Deed, held: str, second: Deed) -> list[BaseException]:
    """Begin ``second`` once ``first`` has run a statement like ``held``; ``first`` goes on when ``second`` waits."""
    reached, go_on = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def run(deed: Deed) -> None:
        try:
            with database.writing() as session:
                deed(session)
        except BaseException as error:  # noqa: BLE001 - handed to the test, whatever it is
            failed.append(error)

    def pause(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if threading.current_thread() is one and not reached.is_set() and re.search(held, statement, re.DOTALL):
            reached.set()
            go_on.wait(60)

    one, two = (threading.Thread(target=run, args=(deed,)) for deed in (first, second))
    event.listen(database.writer, "after_cursor_execute", pause)
    try:
        one.start()
        assert reached.wait(60), failed
        two.start()
        until(lambda: not two.is_alive() or _somebody_waits(database), "the second to wait or to end", 60)
    finally:
        go_on.set()
        one.join(60)
        two.join(60)
        event.remove(database.writer, "after_cursor_execute", pause)
    return failed


def _somebody_waits(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.reader.connect() as link:
        return bool(link.execute(text(query)).scalar())


def replaced(live: LiveSchool, bridge: str) -> Deed:
    """Confirm the machine that came to take a bridge's place."""
    with live.writing() as session:
        code = begin_replacement(session, live.keys, AT, bridge_id=bridge, by=BY).text
    with live.writing() as session:
        enroll_replacement(session, live.keys, AT, code=code, public_key=NEW, address="192.0.2.9")
    shown = fingerprint(NEW)
    return lambda session: confirm_replacement(session, live.keys, later(1), bridge_id=bridge, compared=shown, by=BY)


def raised_in_parts(live: LiveSchool) -> list[bytes]:
    """A lockdown that the first bridge raised, in two documents."""
    own = SigningKey(live.bridge, live.signing[live.bridge])
    whole = replace(live.directive(), origin=f"bridge:{live.bridge}", by="panic button")
    return [
        seal_directive(replace(whole, doors=doors), own, site=live.school.site)
        for doors in (frozenset({live.door}), frozenset({live.door + 1}))
    ]


def started(live: LiveSchool) -> Deed:
    directive = live.directive()
    return lambda session: add_directive(session, live.keys, AT, directive, live.sealed(directive), by_name="A. Rivera")


def dead_pass(live: LiveSchool, pass_id: str) -> Deed:
    why = PassRevocation.SIGNED_OUT
    return lambda session: revoke_pass(
        session, live.keys, AT, pass_id=pass_id, why=why, bridge_id=live.bridge, expires_at=later(600)
    )


def test_two_passes_of_one_bridge_die_at_one_moment(live: LiveSchool) -> None:
    first, second = dead_pass(live, "00000000000000a1"), dead_pass(live, "00000000000000a2")
    assert side_by_side(live.database, first, "INSERT INTO pass_revocation", second) == []
    assert len(live.orders().revoked_passes) == 2


def test_an_emergency_starts_while_a_bridge_is_replaced(live: LiveSchool) -> None:
    high = max(live.bridge, live.school.other_bridge)
    with live.writing() as session:
        add_door(session, AT, live.school.door("2", 1, bridge_id=None), BY)
        session.scalars(select(Door).filter_by(number="2")).one().bridge_id = live.school.other_bridge
    second = replaced(live, high)
    assert side_by_side(live.database, started(live), BRIDGE_LOCKED, second) == []
    assert len(live.orders().directives) == 1


def test_the_rest_of_an_emergency_comes_while_a_bridge_is_replaced(live: LiveSchool) -> None:
    parts = raised_in_parts(live)
    with live.writing() as session:
        assert hear_from_bridge(session, live.keys, AT, live.bridge, parts[:1], []) == []
    second = replaced(live, live.bridge)

    def first(session: Session) -> None:
        assert hear_from_bridge(session, live.keys, AT, live.bridge, parts[1:], []) == []

    held = r"UPDATE directive|FROM directive\b.*FOR NO KEY UPDATE"
    assert side_by_side(live.database, first, held, second) == []
    assert len(live.orders().directives) == 2


def test_what_a_bridge_raised_is_signed_again_though_it_comes_while_the_bridge_is_replaced(live: LiveSchool) -> None:
    parts = raised_in_parts(live)
    confirm = replaced(live, live.bridge)

    def hear(session: Session) -> None:
        assert hear_from_bridge(session, live.keys, AT, live.bridge, parts, []) == []

    assert side_by_side(live.database, hear, r"FROM bridge\b", confirm) == []
    with live.database.reading() as session:
        (row,) = session.scalars(select(DirectiveRow)).all()
        assert {signer_of(b64decode(part)) for part in row.sealed} == {live.keys.document.key_id}


def test_a_bridge_moves_to_another_address_while_orders_are_published(live: LiveSchool) -> None:
    said = msgspec.structs.replace(a_status(), listens="gym.school.lan:4711")

    def first(session: Session) -> None:
        publish_all_orders(session, live.keys, later(1))

    def second(session: Session) -> None:
        take_status(session, live.keys, later(1), max(live.bridge, live.school.other_bridge), said)

    assert side_by_side(live.database, first, BRIDGE_LOCKED, second) == []


def public() -> bytes:
    return Ed25519PrivateKey.generate().public_key().public_bytes_raw()


@dataclass
class Busy:
    """A school in which much is under way, so that each deed below meets rows of every kind."""

    live: LiveSchool
    high: str
    override: str
    new_bridge: str
    code: str
    waiting_code: str
    parts: list[bytes]


@pytest.fixture
def busy(pg_database: Database, tmp_path: Path) -> Busy:
    live = go_live(pg_database, tmp_path)
    other = live.school.other_bridge
    own = SigningKey(live.bridge, live.signing[live.bridge])
    whole = replace(live.directive(), origin=f"bridge:{live.bridge}", by="panic button")
    parts = [
        seal_directive(replace(whole, doors=frozenset({door})), own, site=live.school.site)
        for door in (live.door, live.door + 1)
    ]
    block = OverrideEffect.BLOCK
    with live.writing() as session:
        add_door(session, AT, live.school.door("2", 1), BY)
        session.scalars(select(Door).filter_by(number="2")).one().bridge_id = other
        override = set_override(
            session, live.keys, AT, door_id=live.door, effect=block, by=BY, why="broken glass", expires_at=later(999)
        ).id
        assert hear_from_bridge(session, live.keys, AT, live.bridge, parts[:1], []) == []
        make_release_codes(session, live.keys, AT, bridge_id=live.bridge, by=BY)
        set_recovery_key(session, AT, RECOVERY, by=BY)
        made = add_bridge(session, live.keys, AT, name="Gym bridge", building_id=live.school.building, by=BY)
        hall = add_bridge(session, live.keys, AT, name="Hall bridge", building_id=live.school.building, by=BY)
        enroll(session, live.keys, AT, code=made.text, public_key=NEW, address="192.0.2.8")
        code = begin_replacement(session, live.keys, AT, bridge_id=live.bridge, by=BY).text
        enroll_replacement(session, live.keys, AT, code=code, public_key=NEW, address="192.0.2.9")
        waiting = begin_replacement(session, live.keys, AT, bridge_id=other, by=BY).text
    return Busy(live, max(live.bridge, other), override, made.bridge_id, hall.text, waiting, parts)


def start(busy: Busy, session: Session) -> None:
    directive = busy.live.directive()
    add_directive(session, busy.live.keys, AT, directive, busy.live.sealed(directive), by_name="A. Rivera")
    release, sealed = busy.live.release(directive)
    add_release(session, busy.live.keys, later(9), release, sealed, by_name="A. Rivera")


def hear(busy: Busy, session: Session) -> None:
    assert hear_from_bridge(session, busy.live.keys, later(1), busy.live.bridge, busy.parts, []) == []


def replace_bridge(busy: Busy, session: Session) -> None:
    confirm_replacement(session, busy.live.keys, later(1), bridge_id=busy.live.bridge, compared=fingerprint(NEW), by=BY)


def revoke(busy: Busy, session: Session) -> None:
    revoke_bridge(session, busy.live.keys, later(1), bridge_id=busy.live.bridge, by=BY)


def confirm(busy: Busy, session: Session) -> None:
    confirm_bridge(session, busy.live.keys, later(1), bridge_id=busy.new_bridge, compared=fingerprint(NEW), by=BY)


def come(busy: Busy, session: Session) -> None:
    enroll(session, busy.live.keys, later(1), code=busy.code, public_key=public(), address="192.0.2.7")


def come_instead(busy: Busy, session: Session) -> None:
    enroll_replacement(session, busy.live.keys, later(1), code=busy.waiting_code, public_key=public(), address="")


def new_passphrase(_busy: Busy, session: Session) -> None:
    set_recovery_key(session, later(1), OTHER_RECOVERY, by=BY)


def status(busy: Busy, session: Session) -> None:
    take_status(session, busy.live.keys, later(1), busy.high, a_status())


def status_from_elsewhere(busy: Busy, session: Session) -> None:
    said = msgspec.structs.replace(a_status(), listens="gym.school.lan:4711")
    take_status(session, busy.live.keys, later(1), busy.high, said)


def written_address(busy: Busy, session: Session) -> None:
    set_address(session, later(1), busy.high, "gym.school.lan:4711", 0, BY)


def badge_lost(busy: Busy, session: Session) -> None:
    version = session.get_one(Badge, busy.live.badge).version
    status, badge = BadgeStatus.LOST, busy.live.badge
    set_badge_status(session, busy.live.keys, later(1), badge_id=badge, status=status, version=version, by=BY)


def lock_by_hand(busy: Busy, session: Session) -> None:
    lock, why = OverrideEffect.LOCK, "broken glass"
    door = busy.live.door
    set_override(session, busy.live.keys, later(1), door_id=door, effect=lock, by=BY, why=why, expires_at=None)


def end_by_hand(busy: Busy, session: Session) -> None:
    end_override(session, busy.live.keys, later(1), busy.override, BY)


def new_codes(busy: Busy, session: Session) -> None:
    make_release_codes(session, busy.live.keys, later(1), bridge_id=busy.live.bridge, by=BY)


def new_settings(_busy: Busy, session: Session) -> None:
    site = session.scalars(select(Site)).one()
    chosen = replace(settings_of(site), lockdown_locks_perimeter=not settings_of(site).lockdown_locks_perimeter)
    change_settings(session, later(1), chosen, site.version, BY)


def new_button(busy: Busy, session: Session) -> None:
    """Of another building than its bridge's, which changes what that bridge may raise."""
    other = session.get_one(Bridge, busy.live.school.other_bridge).building_id
    scope, panic = f"building:{other}", InputKind.PANIC
    lockdown = EmergencyAction.LOCKDOWN
    form = AlarmInputForm(busy.live.bridge, "Office", panic, "board 1.5", action=lockdown, scope=scope)
    add_alarm_input(session, later(1), form, BY)


def policy(busy: Busy, session: Session) -> None:
    publish_policy(session, busy.live.keys, busy.high, later(1))


def all_orders(busy: Busy, session: Session) -> None:
    publish_all_orders(session, busy.live.keys, later(1))


@pytest.mark.parametrize(
    "deed",
    [
        start, hear, replace_bridge, revoke, confirm, come, come_instead, new_passphrase, status, status_from_elsewhere,
        written_address, badge_lost, lock_by_hand, end_by_hand, new_codes, new_settings, new_button, policy, all_orders,
    ],
)  # fmt: skip
def test_rows_are_locked_in_one_order(busy: Busy, deed: Callable[[Busy, Session], None]) -> None:
    with locks_noted(busy.live.database) as locks, busy.live.writing() as session:
        deed(busy, session)
    assert locks.tables
    assert locks.faults == ()
