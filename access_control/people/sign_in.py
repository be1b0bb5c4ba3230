"""Signing in: slowed down for each account and each address, never stopped for a browser the account was used from.

A try is written down before its password is looked at, so that a hundred at once are not a hundred free ones, and is
struck out again when the password was right. Whether an account exists shows neither in words nor in time.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.database.locks import hold
from access_control.people.actors import actor_of
from access_control.people.errors import SignInRefused
from access_control.people.models import KnownDevice, Operator, SignInFailure
from access_control.people.passwords import hash_password, is_outdated, matches
from access_control.people.permissions import Actor
from access_control.people.values import plain

REMEMBERED: Final = timedelta(hours=1)
"""How long a wrong password counts."""
DEVICE_DAYS: Final = 180
"""A browser that was not used for so long is not known any more."""
DEVICES: Final = 20
"""Browsers known for one account at most; the one not used for the longest time is forgotten."""


@dataclass(frozen=True, slots=True)
class Slowing:
    """So many wrong passwords are free; each after these doubles the wait, up to a limit."""

    free: int
    first_s: int
    most_s: int

    def wait_s(self, failures: int) -> int:
        """How long after the last wrong password the next may come."""
        if failures < self.free:
            return 0
        return min(self.most_s, self.first_s << min(failures - self.free, 20))


FOR_ACCOUNT: Final = Slowing(free=5, first_s=15, most_s=900)
FOR_ADDRESS: Final = Slowing(free=20, first_s=15, most_s=900)
"""Wider than an account's, because a whole school may have one address."""
FOR_KNOWN_DEVICE: Final = Slowing(free=5, first_s=5, most_s=30)
"""Somebody else's guesses do not count here, so only one's own slow one down, and never for long."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in.

    Attributes:
        device_token: To keep in the browser as a cookie for 180 days: the one it had, or a new one.
        known_device: Whether the account was used from this browser before.
    """

    actor: Actor
    device_token: str
    known_device: bool


def sign_in(
    database: Database, at: datetime, *, login: str, password: str, address: str, device_token: str | None
) -> SignedIn:
    """Check a login and a password. The database is not held while the password is checked.

    Args:
        database: Used for two short transactions.
        at: Now.
        login: As it was typed.
        password: As it was typed.
        address: The other end's IP address.
        device_token: The browser's cookie, if it has one.

    Raises:
        SignInRefused: They do not belong together, or it is too soon after wrong ones; ``wait_s`` says how long.
        DatabaseError: The database cannot be used.
    """
    login = plain(login).lower()[:120]
    account = _digest("account", login)
    with database.writing() as session:
        operator = session.scalars(select(Operator).where(Operator.login == login)).one_or_none()
        known = operator is not None and _device(session, operator.id, device_token, at) is not None
        attempt = _begin(session, at, account, _network(address), known_device=known)
        stored = None if operator is None or not operator.active else operator.password_hash
    if not matches(stored, password) or operator is None:
        raise SignInRefused("Login and password do not belong together.", "Check both and try again.")
    fresh_hash = hash_password(password) if is_outdated(operator.password_hash) else None
    with database.writing() as session:
        actor = actor_of(session, operator.id, at)
        if actor is None or actor.session_salt != operator.session_salt:  # changed while the password was checked
            raise SignInRefused("This account has just been changed.", "Try again.")
        session.execute(delete(SignInFailure).where(SignInFailure.id == attempt))
        if fresh_hash is not None:
            session.get_one(Operator, operator.id).password_hash = fresh_hash
        token = device_token if device_token and 20 <= len(device_token) <= 100 else secrets.token_urlsafe(32)
        _remember(session, operator.id, token, at)
        facts = {"known_device": known}
        record(session, at, actor=actor.reference, action="operator.signed_in", subject=actor.reference, facts=facts)
    return SignedIn(actor, token, known)


def verify_password(database: Database, at: datetime, *, operator_id: str, password: str) -> bool:
    """Whether it is the password of somebody who is signed in, as a release asks for it again.

    Slowed down like a known device: their own wrong passwords only.

    Raises:
        SignInRefused: It is too soon after wrong ones.
        DatabaseError: The database cannot be used.
    """
    account = _digest("again", operator_id)
    with database.writing() as session:
        operator = session.get(Operator, operator_id)
        attempt = _begin(session, at, account, "", known_device=True)
        stored = None if operator is None or not operator.active else operator.password_hash
    if not matches(stored, password):
        return False
    with database.writing() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.id == attempt))
    return True


def forget_old_failures(session: Session, at: datetime) -> int:
    """Delete wrong passwords that do not count any more; how many there were."""
    old = select(SignInFailure.id).where(SignInFailure.at < at - REMEMBERED)
    ids = session.scalars(old).all()
    session.execute(delete(SignInFailure).where(SignInFailure.at < at - REMEMBERED))
    return len(ids)


def forget_old_devices(session: Session, at: datetime) -> None:
    """Delete browsers that were not used for half a year."""
    session.execute(delete(KnownDevice).where(KnownDevice.last_at < at - timedelta(days=DEVICE_DAYS)))


def _begin(session: Session, at: datetime, account: bytes, network: str, *, known_device: bool) -> str:
    """Write a try down as a wrong one, if it may be made now.

    Raises:
        SignInRefused: It may not yet.
    """
    hold(session, f"sign-in {account.hex()}")
    if not known_device:
        hold(session, f"sign-in from {network}")  # always after the account, so that no two wait for each other
    wait_s = _wait_s(session, at, account, network, known_device=known_device)
    if wait_s > 0:
        raise SignInRefused("There were too many wrong passwords.", f"Wait {_spoken(wait_s)}, then try again.", wait_s)
    attempt = SignInFailure(
        id=new_id(at), account=account, address=_digest("address", network), known_device=known_device, at=at
    )
    session.add(attempt)
    return attempt.id


def _wait_s(session: Session, at: datetime, account: bytes, network: str, *, known_device: bool) -> int:
    of_account = SignInFailure.account == account
    if known_device:
        return _left_s(session, at, FOR_KNOWN_DEVICE, of_account, SignInFailure.known_device.is_(True))
    others = SignInFailure.known_device.is_(False)
    return max(
        _left_s(session, at, FOR_ACCOUNT, of_account, others),
        _left_s(session, at, FOR_ADDRESS, SignInFailure.address == _digest("address", network), others),
    )


def _left_s(session: Session, at: datetime, slowing: Slowing, *which: ColumnElement[bool]) -> int:
    counted = select(func.count(), func.max(SignInFailure.at)).where(SignInFailure.at > at - REMEMBERED, *which)
    failures, last = session.execute(counted).one()
    if not failures:
        return 0
    return max(0, math.ceil((last - at).total_seconds() + slowing.wait_s(failures)))


def _device(session: Session, operator_id: str, token: str | None, at: datetime) -> KnownDevice | None:
    found = session.get(KnownDevice, _device_digest(operator_id, token)) if token else None
    return None if found is None or found.last_at < at - timedelta(days=DEVICE_DAYS) else found


def _remember(session: Session, operator_id: str, token: str, at: datetime) -> None:
    digest = _device_digest(operator_id, token)
    known = session.get(KnownDevice, digest)
    if known is not None:
        known.last_at = at
        return
    session.add(KnownDevice(token_digest=digest, operator_id=operator_id, first_at=at, last_at=at))
    session.flush()
    of_operator = select(KnownDevice).where(KnownDevice.operator_id == operator_id)
    for surplus in session.scalars(of_operator.order_by(KnownDevice.last_at.desc()).offset(DEVICES)).all():
        session.delete(surplus)


def _device_digest(operator_id: str, token: str) -> bytes:
    return _digest("device", f"{operator_id} {token}")


def _digest(kind: str, text: str) -> bytes:
    return hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest()


def _network(address: str) -> str:
    """Where somebody comes from: one customer gets a whole IPv6 network of 64 bits, so that counts as one address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def _spoken(wait_s: int) -> str:
    return f"{wait_s} seconds" if wait_s < 120 else f"{math.ceil(wait_s / 60)} minutes"
