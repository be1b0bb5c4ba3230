"""What the office signs is what a bridge takes, and it goes on where it stopped."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from access_control.core.credentials.passes import parse
from access_control.core.decision.emergency import in_force
from access_control.core.decision.model import EmergencyAction, Orders, Policy
from access_control.core.wire.directives import Authority
from access_control.core.wire.errors import Refused
from access_control.core.wire.kept import fold
from access_control.core.wire.keys import KeyStatement, open_keys
from access_control.core.wire.orders import open_orders
from access_control.demo.building import NAMES
from access_control.demo.office import Office
from access_control.demo.school import BRIDGE, SITE


@pytest.fixture
def statement(office: Office, morning: datetime) -> KeyStatement:
    return open_keys(office.key_statement(morning), office.identity_public, site=SITE)


def taken(office: Office, statement: KeyStatement, now: datetime) -> Orders:
    """The office's Orders as a bridge that kept nothing takes them."""
    document = open_orders(office.orders(now), statement.document_keys, site=SITE, bridge=BRIDGE)
    folded = fold(None, document, authority=Authority(statement.document_keys), at=now)
    return folded.kept.orders()


def test_a_lockdown_holds_at_every_door_until_it_is_released(
    office: Office, statement: KeyStatement, policy: Policy, morning: datetime
) -> None:
    office.raise_emergency(EmergencyAction.LOCKDOWN, morning)
    during = taken(office, statement, morning)
    assert {door: in_force(policy, during, door)[0].action for door in NAMES} == dict.fromkeys(
        NAMES, EmergencyAction.LOCKDOWN
    )
    office.release_all("All clear, the doors were walked", morning)
    after = taken(office, statement, morning)
    assert all(in_force(policy, after, door) == () for door in NAMES)


def test_a_release_ends_what_is_in_force_and_nothing_twice(office: Office, morning: datetime) -> None:
    first = office.raise_emergency(EmergencyAction.SECURE, morning)
    assert office.release_all("Over at the field", morning) == [first]
    assert office.release_all("Over at the field", morning) == []


def test_a_release_also_ends_what_the_bridge_raised_by_itself(office: Office, morning: datetime) -> None:
    own = office.raise_emergency(EmergencyAction.SECURE, morning)
    raised_there = "01939a5e-7c00-7000-8000-00000000aaaa"
    assert office.release_all("All clear, walked", morning, [raised_there, own]) == [own, raised_there]
    assert office.release_all("All clear, walked", morning, [raised_there]) == []


def test_the_office_goes_on_where_it_stopped(office: Office, statement: KeyStatement, morning: datetime) -> None:
    office.policy(morning)
    raised = office.raise_emergency(EmergencyAction.LOCKDOWN, morning)
    before = open_orders(office.orders(morning), statement.document_keys, site=SITE, bridge=BRIDGE)
    again = Office.at(office.path)
    assert again.in_force == [raised]
    after = open_orders(again.orders(morning), statement.document_keys, site=SITE, bridge=BRIDGE)
    assert before.revision < after.revision
    assert after == replace(before, revision=after.revision)
    assert again.identity_public == office.identity_public


def test_the_key_statement_is_the_same_every_day(office: Office, morning: datetime) -> None:
    assert office.key_statement(morning) == office.key_statement(morning + timedelta(days=200))


def test_another_office_is_not_believed(office: Office, tmp_path: Path, morning: datetime) -> None:
    stranger = Office.at(tmp_path / "stranger.json")
    with pytest.raises(Refused):
        open_keys(stranger.key_statement(morning), office.identity_public, site=SITE)


def test_keys_are_for_the_owner_only(office: Office) -> None:
    assert office.path.stat().st_mode & 0o777 == 0o600
    assert office.keys["identity"].hex() not in repr(office)


def test_every_visitor_gets_a_pass_of_their_own(office: Office, policy: Policy, morning: datetime) -> None:
    first, second = parse(office.visitor_pass(morning)), parse(office.visitor_pass(morning))
    assert first is not None
    assert second is not None
    assert first.content.pass_id != second.content.pass_id
    assert first.genuine(policy.pass_keys[first.content.key_id])
