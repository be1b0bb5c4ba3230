"""How a new bridge comes to its school: a one-time code, and nothing said to anybody but that school's service."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from access_control.core.wire.enrolment_code import EnrolmentCode, read_code
from access_control.core.wire.errors import Refused
from access_control.core.wire.keys import KeyStatement, open_keys
from access_control.core.wire.sealed_keys import is_signed
from access_control.core.wire.strict import write_record
from access_control.core.wire.uplink import (
    PREFIX,
    EnrolAnswer,
    EnrolRequest,
    RecoveryAnswer,
    RecoveryRequest,
    SchoolAnswer,
)
from firmware_bridge.clock import Clock
from firmware_bridge.config import ServiceSettings
from firmware_bridge.store.trust import Trust
from firmware_bridge.uplink.client import Ask, Line
from firmware_bridge.uplink.errors import NonsenseError, WrongKeyError
from firmware_bridge.uplink.pinning import ANY_KEY, pins_of
from firmware_bridge.uplink.session import answer_in

_CHANGED: Final = "The service changed its name while it was asked. Try again, and if it happens again, stop."


@dataclass(frozen=True, slots=True)
class Joined:
    """What a bridge keeps of its enrolment; ``statement`` is the sealed key statement."""

    trust: Trust
    name: str
    digest_key: bytes = field(repr=False)
    statement: bytes


@dataclass(frozen=True, slots=True)
class Offered:
    """What a machine learns that is to take a bridge's place: whose, and the sealed keys if there are any.

    Attributes:
        held: What there is to say of the sealed keys, in a sentence.
        signed: Whether the key that the school names for this bridge signed them; anybody can seal something.
        former: Sealed keys of machines that were this bridge before, the newest first. Nothing proves who made them.
    """

    site: str
    bridge: str
    name: str
    sealed: bytes | None
    held: str
    signed: bool
    former: tuple[bytes, ...] = ()


def join(
    service: ServiceSettings,
    code_text: str,
    public_key: bytes,
    clock: Clock,
    *,
    address: str = "",
    replace: bool = False,
) -> Joined:
    """Enrol at a service.

    First the service says who it is, and proves it: its identity key is the one whose fingerprint the code holds, that
    key signed the statement, and the statement names the TLS key of this very connection. Only then is the code sent.

    Args:
        service: Where it is.
        code_text: ``SAC1-...`` as it was printed.
        public_key: This bridge's own, 32 bytes.
        clock: For time-outs.
        address: How this machine calls itself; shown in the console.
        replace: It takes the place of a bridge that died.

    Raises:
        Refused: The code is no code.
        UplinkError: The service is another one, does not answer, or said no.
    """
    code = read_code(code_text)
    with _introduced(service, code, clock) as (school, line):
        said = write_record(EnrolRequest(code_text.strip(), public_key.hex(), address[:120], replace))
        given = answer_in(line.ask(Ask("POST", PREFIX + "enrol", said)), EnrolAnswer)
        if (given.site, given.identity_key) != (school.site, school.identity_key):
            raise NonsenseError(_CHANGED)
        _check(service, code, bytes.fromhex(school.identity_key), given.site, given.keys, line.shown)
    trust = Trust(site=given.site, bridge=given.bridge, identity_key=given.identity_key)
    return Joined(trust, given.name, bytes.fromhex(given.digest_key), b64decode(given.keys))


def ask_for_keys(service: ServiceSettings, code_text: str, clock: Clock) -> Offered:
    """Ask which bridge a code replaces, and for its sealed keys; the code stays good.

    Raises:
        Refused: The code is no code.
        UplinkError: As :func:`join`.
    """
    code = read_code(code_text)
    with _introduced(service, code, clock) as (school, line):
        said = write_record(RecoveryRequest(code_text.strip()))
        given = answer_in(line.ask(Ask("POST", PREFIX + "recovery", said)), RecoveryAnswer)
        if given.site != school.site:
            raise NonsenseError(_CHANGED)
        statement = _check(service, code, bytes.fromhex(school.identity_key), school.site, school.keys, line.shown)
    try:
        sealed = None if given.sealed is None else b64decode(given.sealed, validate=True)
        former = tuple(b64decode(text, validate=True) for text in given.former)
    except ValueError as error:
        raise NonsenseError("The service sent sealed keys that are no base64.") from error
    named, _ = statement.bridges.get(given.bridge, (b"", ()))
    signed = sealed is not None and is_signed(sealed, bytes.fromhex(given.signature or ""), named)
    return Offered(given.site, given.bridge, given.name, sealed, given.held, signed, former)


@contextmanager
def _introduced(service: ServiceSettings, code: EnrolmentCode, clock: Clock) -> Iterator[tuple[SchoolAnswer, Line]]:
    """The school that the service has proved to be, and a line on which its TLS key stays the same."""
    line = Line(service, lambda: ANY_KEY, clock)
    try:
        school = answer_in(line.ask(Ask("GET", PREFIX + "school")), SchoolAnswer)
        _check(service, code, bytes.fromhex(school.identity_key), school.site, school.keys, line.shown)
        shown = line.shown
    finally:
        line.drop()
    pinned = Line(service, lambda: ANY_KEY if shown is None else {shown}, clock)
    try:
        yield school, pinned
    finally:
        pinned.drop()


def _check(
    service: ServiceSettings, code: EnrolmentCode, identity: bytes, site: str, keys: str, shown: bytes | None
) -> KeyStatement:
    if not code.fits(identity):
        raise WrongKeyError(
            f"{service.url} is not the service that made this code. The code was not sent. "
            "Check the address; if it is right, somebody stands between.",
            shown or b"",
        )
    try:
        statement = open_keys(b64decode(keys, validate=True), identity, site=site)
    except (Refused, ValueError) as error:
        raise NonsenseError(f"The school's keys at {service.url} cannot be used ({error}).") from error
    if service.tls and shown not in pins_of(statement):
        raise WrongKeyError(
            f"{service.url} shows a key that the school does not name: somebody stands between, or the service's "
            "certificate was replaced by hand. The code was not sent.",
            shown or b"",
        )
    return statement
