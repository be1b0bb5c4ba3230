"""Signing in: slowed for guessers, never stopped for a known browser, and silent about which accounts exist."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from access_control.audit.models import AuditRecord
from access_control.database.engine import Database
from access_control.people import sign_in as signing_in
from access_control.people.errors import SignInRefused
from access_control.people.models import KnownDevice, Operator, SignInFailure
from access_control.people.permissions import Role
from access_control.people.sign_in import (
    DEVICE_DAYS,
    DEVICES,
    FOR_ACCOUNT,
    FOR_ADDRESS,
    FOR_KNOWN_DEVICE,
    SignedIn,
    Slowing,
    forget_old_devices,
    forget_old_failures,
    sign_in,
    verify_password,
)
from tests.building.accounts import AT, PASSWORD, account

HOME = "192.0.2.1"
SECOND = timedelta(seconds=1)


def enter(
    database: Database,
    login: str = "desk",
    password: str = PASSWORD,
    at: datetime = AT,
    address: str = HOME,
    device: str | None = None,
) -> SignedIn:
    return sign_in(database, at, login=login, password=password, address=address, device_token=device)


def refused(database: Database, **how: object) -> SignInRefused:
    with pytest.raises(SignInRefused) as said:
        enter(database, **how)  # type: ignore[arg-type] # as above
    return said.value


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules of slowing are about numbers of tries; hashing each of them would take minutes."""
    monkeypatch.setattr(signing_in, "matches", lambda stored, password: stored is not None and password == PASSWORD)


def test_who_knows_the_password_is_in(any_database: Database) -> None:
    desk = account(any_database, "desk", Role.FRONT_DESK)
    signed_in = enter(any_database, " DESK ")
    assert signed_in.actor == desk
    assert not signed_in.known_device
    again = enter(any_database, device=signed_in.device_token)
    assert again.known_device
    assert again.device_token == signed_in.device_token
    with any_database.reading() as session:
        actions = session.scalars(select(AuditRecord.action).where(AuditRecord.actor == desk.reference))
        assert list(actions) == ["operator.signed_in"] * 2
        assert session.scalar(select(func.count(SignInFailure.id))) == 0


def test_wrong_words_are_the_same_for_every_reason(any_database: Database) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    gone = account(any_database, "gone", Role.FRONT_DESK)
    with any_database.writing() as session:
        session.get_one(Operator, gone.id).active = False
    said = {
        str(refused(any_database, login=login, password=password))
        for login, password in (("desk", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("\ud800", "\0"))
    }
    assert said == {"Login and password do not belong together. Check both and try again."}


def test_an_unknown_account_is_hashed_for_as_well(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def matches(stored: str | None, _password: str) -> bool:
        asked.append(stored)
        return False

    monkeypatch.setattr(signing_in, "matches", matches)
    refused(database, login="nobody")
    assert asked == [None]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("login", ["desk", "nobody"])
def test_an_account_is_slowed_after_wrong_passwords_whether_it_exists_or_not(
    any_database: Database, login: str
) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    for number in range(FOR_ACCOUNT.free):
        assert refused(any_database, login=login, password="wrong", address=f"192.0.2.{number}").wait_s == 0
    slowed = refused(any_database, login=login, address="198.51.100.7", at=AT + SECOND)
    assert slowed.wait_s == FOR_ACCOUNT.first_s - 1
    assert "14 seconds" in slowed.action
    assert refused(any_database, login=login, address="198.51.100.7", at=AT + 14 * SECOND).wait_s == 1
    wrong = refused(any_database, login=login, password="wrong", at=AT + 15 * SECOND)
    assert wrong.wait_s == 0
    assert refused(any_database, login=login, at=AT + 16 * SECOND).wait_s == 2 * FOR_ACCOUNT.first_s - 1


@pytest.mark.usefixtures("quick")
def test_knocking_while_slowed_does_not_make_the_wait_longer(database: Database) -> None:
    account(database, "desk", Role.FRONT_DESK)
    for _ in range(FOR_ACCOUNT.free):
        refused(database, password="wrong")
    for second in range(1, 15):
        assert refused(database, at=AT + second * SECOND).wait_s == 15 - second
    assert enter(database, at=AT + 15 * SECOND).actor.login == "desk"


@pytest.mark.usefixtures("quick")
def test_an_address_is_slowed_over_all_accounts(any_database: Database) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    for number in range(FOR_ADDRESS.free):
        refused(any_database, login=f"guess{number}", password="wrong")
    assert refused(any_database).wait_s == FOR_ADDRESS.first_s
    assert enter(any_database, address="198.51.100.7").actor.login == "desk"


@pytest.mark.usefixtures("quick")
def test_one_network_of_ipv6_is_one_address(database: Database) -> None:
    account(database, "desk", Role.FRONT_DESK)
    for number in range(FOR_ADDRESS.free):
        refused(database, login=f"guess{number}", password="wrong", address=f"2001:db8::{number:x}")
    assert refused(database, address="2001:db8::ffff").wait_s == FOR_ADDRESS.first_s
    assert enter(database, address="2001:db8:0:1::1").actor.login == "desk"


@pytest.mark.usefixtures("quick")
def test_a_known_browser_is_not_stopped_by_somebody_elses_guesses(any_database: Database) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    device = enter(any_database).device_token
    for number in range(60):  # from the same address, too
        with pytest.raises(SignInRefused):
            enter(any_database, password="wrong", at=AT + number * SECOND)
    at = AT + 60 * SECOND
    assert refused(any_database, at=at).wait_s > 0
    assert enter(any_database, at=at, device=device).known_device


@pytest.mark.usefixtures("quick")
def test_a_known_browser_is_slowed_by_its_own_but_never_for_long(database: Database) -> None:
    account(database, "desk", Role.FRONT_DESK)
    device = enter(database).device_token
    at = AT
    for _ in range(50):
        wait_s = refused(database, password="wrong", device=device, at=at).wait_s
        assert wait_s <= FOR_KNOWN_DEVICE.most_s
        at += wait_s * SECOND
    assert enter(database, device=device, at=at + FOR_KNOWN_DEVICE.most_s * SECOND).known_device


def test_somebody_elses_browser_is_not_known(database: Database) -> None:
    account(database, "desk", Role.FRONT_DESK)
    account(database, "other", Role.FRONT_DESK)
    device = enter(database).device_token
    both = enter(database, "other", device=device)  # the people of a desk share its browser
    assert not both.known_device
    assert both.device_token == device
    assert enter(database, device=device).known_device


@pytest.mark.parametrize("token", ["", "short", "x" * 500, "\ud800" * 30])
def test_a_made_up_token_is_no_known_browser(database: Database, token: str) -> None:
    account(database, "desk", Role.FRONT_DESK)
    assert not enter(database, device=token).known_device


def test_many_guesses_at_once_are_not_free(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    looked_at: list[str] = []

    def matches(_stored: str | None, password: str) -> bool:
        looked_at.append(password)
        return False

    monkeypatch.setattr(signing_in, "matches", matches)

    def guess(number: int) -> None:
        with pytest.raises(SignInRefused):
            enter(any_database, password=str(number))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == FOR_ACCOUNT.free


@pytest.mark.usefixtures("quick")
def test_after_an_hour_wrong_passwords_do_not_count(any_database: Database) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    for _ in range(FOR_ACCOUNT.free):
        refused(any_database, password="wrong")
    later = AT + timedelta(hours=1, seconds=1)
    with any_database.writing() as session:
        assert forget_old_failures(session, AT) == 0
        assert forget_old_failures(session, later) == FOR_ACCOUNT.free
    assert enter(any_database, at=later).actor.login == "desk"


@pytest.mark.usefixtures("quick")
def test_browsers_are_forgotten_when_there_are_many_or_they_are_old(any_database: Database) -> None:
    account(any_database, "desk", Role.FRONT_DESK)
    tokens = [enter(any_database, at=AT + number * SECOND).device_token for number in range(DEVICES + 3)]
    with any_database.reading() as session:
        assert session.scalar(select(func.count(KnownDevice.operator_id))) == DEVICES
    at = AT + 60 * SECOND
    assert not enter(any_database, at=at, device=tokens[0]).known_device
    assert enter(any_database, at=at, device=tokens[-1]).known_device
    much_later = at + timedelta(days=DEVICE_DAYS, seconds=1)
    assert not enter(any_database, at=much_later, device=tokens[-1]).known_device
    with any_database.writing() as session:
        forget_old_devices(session, much_later)
        assert session.scalar(select(func.count(KnownDevice.operator_id))) == 1


@pytest.mark.usefixtures("quick")
def test_an_account_changed_meanwhile_is_not_signed_in(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = account(database, "desk", Role.FRONT_DESK)

    def matches(_stored: str | None, _password: str) -> bool:
        with database.writing() as session:
            session.get_one(Operator, desk.id).session_salt = "changed"
        return True

    monkeypatch.setattr(signing_in, "matches", matches)
    assert "just been changed" in str(refused(database))


@pytest.mark.usefixtures("quick")
def test_an_outdated_hash_is_made_anew(any_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = account(any_database, "desk", Role.FRONT_DESK)
    monkeypatch.setattr(signing_in, "is_outdated", lambda _stored: True)
    monkeypatch.setattr(signing_in, "hash_password", lambda password: f"new {password}")
    enter(any_database)
    with any_database.reading() as session:
        assert session.get_one(Operator, desk.id).password_hash == f"new {PASSWORD}"


def test_who_is_signed_in_can_show_it_again(any_database: Database) -> None:
    desk = account(any_database, "desk", Role.FRONT_DESK)
    assert verify_password(any_database, AT, operator_id=desk.id, password=PASSWORD)
    for _ in range(FOR_KNOWN_DEVICE.free):
        assert not verify_password(any_database, AT, operator_id=desk.id, password="wrong")
    with pytest.raises(SignInRefused) as slowed:
        verify_password(any_database, AT, operator_id=desk.id, password=PASSWORD)
    assert slowed.value.wait_s == FOR_KNOWN_DEVICE.first_s
    at = AT + FOR_KNOWN_DEVICE.first_s * SECOND
    assert verify_password(any_database, at, operator_id=desk.id, password=PASSWORD)
    assert not verify_password(any_database, at, operator_id="nobody", password=PASSWORD)


@given(st.builds(Slowing, st.integers(1, 20), st.integers(1, 60), st.integers(60, 1000)), st.integers(0, 100))
def test_each_wrong_password_waits_at_least_as_long_as_the_one_before(slowing: Slowing, failures: int) -> None:
    assert 0 <= slowing.wait_s(failures) <= slowing.wait_s(failures + 1) <= slowing.most_s
    assert slowing.wait_s(slowing.free - 1) == 0 < slowing.wait_s(slowing.free)
