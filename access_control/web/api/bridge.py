"""The bridge API, ``/bridge/v1/``: enrolment, sessions, documents down, Status and events up.

What each call means is in :mod:`access_control.core.wire.uplink` and docs/wire-protocol.md; what is done about it, in
:mod:`access_control.readers`. Bridges sign, so neither cookies nor form tokens count here.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final, get_args

from flask import Blueprint, Response, request

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.signing import Kind
from access_control.core.wire.spelling import write_time
from access_control.core.wire.uplink import (
    PREFIX,
    ChallengeAnswer,
    ChallengeRequest,
    DocumentName,
    EmergenciesAnswer,
    EmergenciesRequest,
    EnrolAnswer,
    EnrolRequest,
    EventsAnswer,
    EventsRequest,
    RecoveryRequest,
    SchoolAnswer,
    SealedKeysRequest,
    SessionAnswer,
    SessionRequest,
    StatusRequest,
    write_revision,
)
from access_control.readers.bridge_locks import lock_bridges
from access_control.readers.bridge_sessions import (
    SessionRefusedError,
    challenge_for,
    open_session_in,
    require_session,
)
from access_control.readers.enrolment import EnrolmentRefusedError, enroll, require_known_code
from access_control.readers.events import GapError, OtherEventsError, take_events
from access_control.readers.orders import hear_from_bridge
from access_control.readers.publishing import published
from access_control.readers.recovery import keep_sealed_keys
from access_control.readers.replacement import enroll_replacement, offer_keys
from access_control.readers.site import the_site
from access_control.readers.statements import statement_in_force
from access_control.readers.status import hold_for_status, take_status
from access_control.web.api.bodies import answer, bad_request, packed, read_body
from access_control.web.api.bridge_stream import messages
from access_control.web.api.callers import caller, session_problem
from access_control.web.api.hooks import HOOKS
from access_control.web.named_keys import name_tls_keys
from access_control.web.problems import Problem
from access_control.web.services import current

blueprint = Blueprint("bridge_api", __name__, url_prefix=PREFIX.rstrip("/"))

DOCUMENTS: Final = get_args(DocumentName)


@blueprint.get("/school")
def school() -> Response:
    """Who this service says it is: all of it is public."""
    services = current()
    name_tls_keys(services)
    with services.database.reading() as session:
        sealed, _ = statement_in_force(session)
        site = the_site(session).id
    return answer(SchoolAnswer(site, services.keys.identity_public.hex(), b64encode(sealed).decode()))


@blueprint.post("/enrol")
def enrol() -> Response:
    """Take a new bridge with its one-time code.

    Raises:
        Problem: 403 for a code that is wrong, used or too old.
    """
    asked = read_body(EnrolRequest)
    services = current()
    take = enroll_replacement if asked.replace else enroll
    try:
        with services.database.reading() as session:
            require_known_code(session, services.keys, asked.code)
        with services.database.writing() as session:
            made = take(
                session,
                services.keys,
                services.clock(),
                code=asked.code,
                public_key=bytes.fromhex(asked.public_key),
                address=asked.address or request.remote_addr or "",
            )
    except EnrolmentRefusedError as refused:
        raise _no_enrolment(refused) from refused
    return answer(
        EnrolAnswer(
            site=made.site,
            bridge=made.bridge,
            name=made.name,
            identity_key=made.identity_key.hex(),
            digest_key=made.digest_key.hex(),
            keys=b64encode(made.keys).decode(),
        )
    )


@blueprint.post("/recovery")
def recovery() -> Response:
    """What a machine is given that is to take a bridge's place, before it enrols: the bridge's sealed keys.

    Raises:
        Problem: 403 for a code that is wrong, used or too old.
    """
    asked = read_body(RecoveryRequest)
    services = current()
    try:
        with services.database.reading() as session:
            require_known_code(session, services.keys, asked.code)
        with services.database.writing() as session:
            offered = offer_keys(session, services.keys, services.clock(), asked.code)
    except EnrolmentRefusedError as refused:
        raise _no_enrolment(refused) from refused
    return answer(offered)


@blueprint.post("/challenge")
def challenge() -> Response:
    """What a bridge has to sign; it costs nothing to ask and says nothing about who is known here."""
    asked = read_body(ChallengeRequest)
    services = current()
    return answer(ChallengeAnswer(challenge_for(services.keys, services.clock(), asked.bridge)))


@blueprint.post("/session")
def session() -> Response:
    """Open a session for a bridge that signed its challenge.

    Raises:
        Problem: 403 or 409, as the code says.
    """
    asked = read_body(SessionRequest)
    services = current()
    at = services.clock()
    try:
        opened = open_session_in(
            services.database,
            services.keys,
            at,
            bridge_id=asked.bridge,
            challenge=asked.challenge,
            signature=bytes.fromhex(asked.signature),
            instance=asked.instance,
        )
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused
    return answer(SessionAnswer(opened.token, opened.expires_in_s, write_time(at)))


@blueprint.get("/documents/<name>")
def document(name: str) -> Response:
    """The newest document of a kind, the exact signed bytes; 304 if the bridge has it.

    Raises:
        Problem: 401 or 403 without a session, 404 where there is none.
    """
    asking = caller()
    services = current()
    if name not in DOCUMENTS:
        raise Problem(404, detail="There is no such document.", action="Ask for keys, policy or orders.")
    try:
        with services.database.reading() as reading:
            require_session(reading, services.clock(), asking)
            if name == Kind.KEYS.value:
                sealed, revision = statement_in_force(reading)
                shown = write_revision(revision)
            else:
                row = published(reading, asking.bridge_id, Kind(name))
                if row is None:
                    raise Problem(404, code="none_yet", detail=f"No {name} was published for this bridge yet.")
                sealed, shown = row.sealed, f"{row.epoch}/{row.n}"
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused
    if request.args.get("have") == shown:
        return Response(status=304)
    return packed(sealed, "application/octet-stream")


@blueprint.post("/status")
def status() -> Response:
    """Take a bridge's Status and say what is new for it.

    Raises:
        Problem: 400 for a Status that cannot be read, 401 or 403 without a session.
    """
    asking = caller()
    said = read_body(StatusRequest)
    services = current()
    at = services.clock()
    try:
        with services.database.writing() as writing:
            hold_for_status(writing, asking.bridge_id, said.listens)
            require_session(writing, at, asking, write=True)
            told = take_status(writing, services.keys, at, asking.bridge_id, said)
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused
    except Refused as refused:
        raise bad_request(refused) from refused
    return answer(told)


@blueprint.post("/events")
def events() -> Response:
    """Take events exactly once.

    Raises:
        Problem: 409 ``gap`` when earlier ones are missing, 409 ``other_events`` when others are here under the same
            numbers, 400 for events that cannot be read.
    """
    asking = caller()
    sent = read_body(EventsRequest)
    services = current()
    at = services.clock()
    raw = [bytes(event) for event in sent.events]
    others: OtherEventsError | None = None
    stored = 0
    try:
        with services.database.writing() as writing:
            require_session(writing, at, asking)
            try:
                stored = take_events(writing, at, asking.bridge_id, sent.stream, sent.first_seq, raw, HOOKS)
            except OtherEventsError as error:
                others = error  # what it notes of the stream is committed
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused
    except GapError as gap:
        fields = {"acknowledged": gap.acknowledged}
        raise Problem(409, code="gap", detail=gap.sentence, action=gap.action, fields=fields) from gap
    except Refused as refused:
        raise bad_request(refused) from refused
    if others is not None:
        fields = {"from_seq": others.from_seq}
        raise Problem(409, code="other_events", detail=others.sentence, action=others.action, fields=fields)
    return answer(EventsAnswer(sent.stream, stored))


@blueprint.post("/directives")
def directives() -> Response:
    """Take over emergencies that a bridge raised by itself, and its releases of its own doors.

    Raises:
        Problem: 400 for something that is no base64, 401 or 403 without a session.
    """
    asking = caller()
    sent = read_body(EmergenciesRequest)
    services = current()
    at = services.clock()
    raised, ended = _sealed(sent.directives), _sealed(sent.releases)
    try:
        with services.database.writing() as writing:
            lock_bridges(writing)  # so that the bridge is not revoked or replaced between the look and what follows
            require_session(writing, at, asking)
            refused = hear_from_bridge(writing, services.keys, at, asking.bridge_id, raised, ended)
    except SessionRefusedError as error:
        raise session_problem(error) from error
    taken = len(raised) + len(ended) - len(refused)
    return answer(EmergenciesAnswer(taken, [one.sentence for one in refused]))


@blueprint.post("/sealed-keys")
def sealed_keys() -> Response:
    """Take the newest sealed copy of the keys of a bridge's devices, which nobody here can open.

    Raises:
        Problem: 409 for one that is not newer or sealed to another passphrase, 400 for anything else but a copy, 401 or
            403 without a session.
    """
    asking = caller()
    sent = read_body(SealedKeysRequest)
    services = current()
    at = services.clock()
    (copy,) = _sealed([sent.sealed])
    try:
        with services.database.writing() as writing:
            require_session(writing, at, asking)
            held = keep_sealed_keys(writing, at, asking.bridge_id, copy, bytes.fromhex(sent.signature))
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused
    except Refused as refused:
        if refused.code in {RefusalCode.OLDER, RefusalCode.UNKNOWN_KEY}:
            raise Problem(409, code=refused.code.value, detail=refused.sentence) from refused
        raise bad_request(refused) from refused
    return answer(held)


@blueprint.get("/stream")
def stream() -> Response:
    """Server-Sent Events for one bridge: hints, directives, releases and actions, the moment they are known.

    Raises:
        Problem: 401 or 403 without a session.
    """
    asking = caller()
    services = current()
    try:
        with services.database.reading() as reading:
            require_session(reading, services.clock(), asking)
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused
    response = Response(messages(services, asking), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _no_enrolment(refused: EnrolmentRefusedError) -> Problem:
    return Problem(403, code=refused.code, detail=refused.sentence, action=refused.action)


def _sealed(texts: Sequence[str]) -> list[bytes]:
    try:
        return [b64decode(text, validate=True) for text in texts]
    except ValueError as error:
        raise Problem(400, code="bad_content", detail="A document in the request is no base64.") from error
