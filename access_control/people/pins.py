"""PINs: rules, and how they are kept: encrypted with the school's sealing key, because bridges need their digests.

Encryption is the caller's (:mod:`access_control.readers.keys`), as functions from bytes to bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from access_control.audit.record import record
from access_control.database.errors import expect_version
from access_control.people.actors import Local, reference, require, require_release
from access_control.people.cardholders import get_person
from access_control.people.errors import BadValueError, PeopleError
from access_control.people.models import Cardholder
from access_control.people.permissions import Actor, Permission

Seal: TypeAlias = Callable[[bytes], bytes]
_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)
_RUNS: Final = "01234567890 98765432109"


def set_pin(
    session: Session,
    at: datetime,
    *,
    person_ref: int,
    pin: str | None,
    seal: Seal,
    version: int,
    by: Actor | Local,
) -> Cardholder:
    """Give a person a PIN, or take it away. Whoever calls this publishes the Policies that hold the person.

    Raises:
        NotThereError: There is no such person.
        NotAllowedError: ``by`` may not.
        BadValueError: It is no PIN, or one that is guessed first.
        ConflictError: Somebody else changed the person meanwhile.
    """
    require(by, Permission.BADGE_EDIT)
    person = get_person(session, person_ref)
    expect_version(person.version, version)
    if pin is not None:
        check_pin(pin)
        if person.may_release:  # whoever sets this PIN could use it
            require_release(by)
    person.pin_sealed = None if pin is None else seal_pin(person_ref, pin, seal)
    session.flush()
    action = "person.pin_removed" if pin is None else "person.pin_set"
    record(session, at, actor=reference(by), action=action, subject=f"person:{person_ref}")
    return person


def check_pin(pin: str) -> None:
    """Refuse what is no PIN, or is guessed first.

    Raises:
        BadValueError: with what to do.
    """
    if not _PIN.fullmatch(pin):
        raise BadValueError("A PIN has 4 to 8 digits.", "Choose another.", "pin")
    if len(set(pin)) == 1 or pin in _RUNS:
        raise BadValueError("This PIN is one that people guess first.", "Choose another.", "pin")


def seal_pin(person_ref: int, pin: str, seal: Seal) -> bytes:
    """A PIN as it is stored; bound to its person, so that nobody can give it to another by copying the bytes."""
    return seal(f"pin {person_ref} {pin}".encode())


def open_pin(person_ref: int, pin_sealed: bytes | None, unseal: Seal) -> str | None:
    """A person's PIN as it is stored, for the digests in a Policy; ``None`` if there is none.

    Raises:
        PeopleError: What is stored belongs to somebody else.
    """
    if pin_sealed is None:
        return None
    kind, ref, pin = unseal(pin_sealed).decode().split(" ")
    if (kind, ref) != ("pin", str(person_ref)):
        raise PeopleError("The PIN that is stored for this person belongs to another.", "Set it again.", "pin")
    return pin
