"""How a new bridge comes to its school: a one-time code, and nothing said to anybody but that school's service."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field

from access_control.core.wire.enrolment_code import EnrolmentCode, read_code
from access_control.core.wire.errors import Refused
from access_control.core.wire.keys import KeyStatement, open_keys
from access_control.core.wire.strict import write_record
from access_control.core.wire.uplink import PREFIX, EnrolAnswer, EnrolRequest, SchoolAnswer
from firmware_bridge.clock import Clock
from firmware_bridge.config import ServiceSettings
from firmware_bridge.store.trust import Trust
from firmware_bridge.uplink.client import Ask, Line
from firmware_bridge.uplink.errors import NonsenseError, WrongKeyError
from firmware_bridge.uplink.pinning import ANY_KEY, pins_of
from firmware_bridge.uplink.session import answer_in


@dataclass(frozen=True, slots=True)
class Joined:
    """What a bridge keeps of its enrolment; ``statement`` is the sealed key statement."""

    trust: Trust
    name: str
    digest_key: bytes = field(repr=False)
    statement: bytes


def join(service: ServiceSettings, code_text: str, public_key: bytes, clock: Clock, *, address: str = "") -> Joined:
    """Enrol at a service.

    First the service says who it is, and proves it: its identity key is the one whose fingerprint the code holds, that
    key signed the statement, and the statement names the TLS key of this very connection. Only then is the code sent.

    Args:
        service: Where it is.
        code_text: ``SAC1-...`` as it was printed.
        public_key: This bridge's own, 32 bytes.
        clock: For time-outs.
        address: How this machine calls itself; shown in the console.

    Raises:
        Refused: The code is no code.
        UplinkError: The service is another one, does not answer, or said no.
    """
    code = read_code(code_text)
    line = Line(service, lambda: ANY_KEY, clock)
    try:
        school = answer_in(line.ask(Ask("GET", PREFIX + "school")), SchoolAnswer)
        identity = bytes.fromhex(school.identity_key)
        _check(service, code, identity, school.site, school.keys, line.shown)
        shown = line.shown
        pinned = Line(service, lambda: ANY_KEY if shown is None else {shown}, clock)
        try:
            said = write_record(EnrolRequest(code_text.strip(), public_key.hex(), address[:120]))
            given = answer_in(pinned.ask(Ask("POST", PREFIX + "enrol", said)), EnrolAnswer)
        finally:
            pinned.drop()
    finally:
        line.drop()
    if (given.site, given.identity_key) != (school.site, school.identity_key):
        raise NonsenseError(
            "The service changed its name while it was asked. Try again, and if it happens again, stop."
        )
    statement = b64decode(given.keys)
    _check(service, code, identity, given.site, given.keys, shown)
    trust = Trust(site=given.site, bridge=given.bridge, identity_key=given.identity_key)
    return Joined(trust, given.name, bytes.fromhex(given.digest_key), statement)


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
