"""The bridge API over HTTP: each call as a bridge makes it, and as somebody else does."""

from __future__ import annotations

import gzip
from base64 import b64decode, b64encode

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import select

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive
from access_control.core.wire.enrolment_code import code_for, write_code
from access_control.core.wire.events import EventCode, EventRecord, Severity, encode_event
from access_control.core.wire.keys import open_keys
from access_control.core.wire.orders import open_orders
from access_control.core.wire.policy import open_policy
from access_control.core.wire.signing import SigningKey
from access_control.core.wire.spelling import write_time
from access_control.core.wire.uplink import (
    MOST_BYTES,
    EmergenciesAnswer,
    EmergenciesRequest,
    EnrolAnswer,
    EnrolRequest,
    EventsAnswer,
    EventsRequest,
    InForce,
    RecoveryRequest,
    SchoolAnswer,
    StatusAnswer,
    StatusRequest,
)
from access_control.database.ids import new_id
from access_control.readers.actions import ask_unlock_once
from access_control.readers.bridge_sessions import SESSION_LASTS, SILENT
from access_control.readers.enrolment import add_bridge, revoke_bridge
from access_control.readers.events import recent_events
from access_control.readers.orders import active_directives
from access_control.readers.records import EventGap
from tests.access_control.web.api.conftest import BridgeSide, Clock, code_of, told
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY

STREAM = "0193a000-0000-4000-8000-00000000aaaa"
OTHER_STREAM = "0193a000-0000-4000-8000-00000000bbbb"
QUIET = {"policy": None, "orders": None, "clock_trusted": True, "mono_s": 1.0}


def status(
    in_force: InForce | None = None, acknowledged: int = 0, *, stream: str = STREAM, last_seq: int = 0
) -> StatusRequest:
    said: dict[str, object] = {**QUIET, "doors": [], "readers": [], "boards": [], "ports": [], "emergencies": []}
    last_seq = max(last_seq, acknowledged)
    return StatusRequest(said, in_force or InForce(None, None, None), stream, acknowledged, last_seq)


def event(live: LiveSchool, seq: int, **changes: object) -> EventRecord:
    plain = EventRecord(
        bridge=live.bridge,
        stream=STREAM,
        seq=seq,
        id=f"0193a000-0000-7000-8000-{seq:012x}",
        at=write_time(AT),
        mono_ms=seq,
        code=EventCode.DOOR_OPENED,
        severity=Severity.INFO,
        door=live.door,
        reader=None,
        holder=None,
        drill=False,
        flagged=False,
        detail={},
    )
    return msgspec.structs.replace(plain, **changes)


def events(live: LiveSchool, first: int, last: int) -> EventsRequest:
    raw = [msgspec.Raw(encode_event(event(live, seq))) for seq in range(first, last + 1)]
    return EventsRequest(STREAM, first, raw)


def stored(live: LiveSchool) -> list[int]:
    with live.database.reading() as session:
        return sorted(row.seq for row in recent_events(session) if row.bridge_id == live.bridge)


def test_the_service_says_who_it_is(side: BridgeSide, live: LiveSchool) -> None:
    school = told(side.get("school"), SchoolAnswer)
    assert school.identity_key == live.keys.identity_public.hex()
    statement = open_keys(b64decode(school.keys), live.keys.identity_public, site=live.school.site)
    assert live.bridge in statement.bridges


def test_a_new_bridge_enrols_with_its_code_and_waits_to_be_confirmed(app: Flask, live: LiveSchool) -> None:
    with live.writing() as session:
        made = add_bridge(session, live.keys, AT, name="Gym bridge", building_id=live.school.building, by=BY)
    key = Ed25519PrivateKey.generate()
    side = BridgeSide(app.test_client(), made.bridge_id, key, live.keys)
    asked = EnrolRequest(made.text, key.public_key().public_bytes_raw().hex(), "", replace=False)
    enrolled = told(side.post("enrol", asked), EnrolAnswer)
    assert (enrolled.bridge, enrolled.name) == (made.bridge_id, "Gym bridge")
    assert code_of(side.post("enrol", asked)) == (403, "used_code")
    assert code_of(side.open()) == (403, "not_confirmed")


def test_a_thief_with_a_key_of_his_own_gets_nothing(app: Flask, live: LiveSchool) -> None:
    thief = BridgeSide(app.test_client(), live.bridge, Ed25519PrivateKey.generate(), live.keys)
    assert code_of(thief.open()) == (403, "bad_signature")
    for path in ("documents/policy", "documents/orders", "documents/keys", "stream"):
        assert code_of(thief.get(path)) == (401, "session_over")
    assert code_of(thief.post("status", status())) == (401, "session_over")
    assert code_of(thief.post("events", events(live, 1, 1))) == (401, "session_over")
    assert stored(live) == []


def test_strangers_are_refused_without_waiting_for_whoever_writes(app: Flask, live: LiveSchool) -> None:
    key = Ed25519PrivateKey.generate()
    thief = BridgeSide(app.test_client(), live.bridge, key, live.keys)
    code = write_code(code_for(bytes(16), live.keys.identity_public))  # what anybody can make up who can ask us
    asked = EnrolRequest(code, key.public_key().public_bytes_raw().hex(), "", replace=False)
    with live.writing():  # nobody else can write meanwhile
        assert code_of(thief.open()) == (403, "bad_signature")
        assert code_of(thief.post("enrol", asked)) == (403, "wrong_code")
        assert code_of(thief.post("recovery", RecoveryRequest(code))) == (403, "wrong_code")


def test_documents_come_as_their_exact_bytes_and_once(side: BridgeSide, live: LiveSchool) -> None:
    keys = live.keys.document_public()
    policy = side.get("documents/policy")
    opened = open_policy(policy.get_data(), keys, site=live.school.site, bridge=live.bridge, digest_key=live.digest_key)
    have = f"{opened.revision.epoch}/{opened.revision.n}"
    assert side.get(f"documents/policy?have={have}").status_code == 304
    orders = side.get("documents/orders").get_data()
    assert open_orders(orders, keys, site=live.school.site, bridge=live.bridge).bridge == live.bridge
    assert code_of(side.get("documents/secrets"))[0] == 404


def test_a_bridge_gets_no_other_bridges_documents(app: Flask, live: LiveSchool) -> None:
    other = BridgeSide(app.test_client(), live.school.other_bridge, live.signing[live.school.other_bridge], live.keys)
    assert other.open().status_code == 200
    mine = other.get("documents/orders").get_data()
    assert live.school.other_bridge.encode() in mine.split(b"\n")[1]


def test_status_is_answered_with_what_is_new(side: BridgeSide, live: LiveSchool, clock: Clock) -> None:
    answer = told(side.post("status", status()), StatusAnswer)
    assert answer.time == write_time(clock())
    policy = live.policy().revision
    assert answer.policy == f"{policy.epoch}/{policy.n}"
    assert (answer.actions, answer.want, answer.duplicate) == ([], None, False)


def test_an_action_waits_for_its_bridge(side: BridgeSide, live: LiveSchool, clock: Clock) -> None:
    side.post("status", status())
    with live.writing() as session:
        made = ask_unlock_once(session, live.keys, clock(), door_id=live.door, by=BY, why="delivery").sealed
    assert [b64decode(one) for one in told(side.post("status", status()), StatusAnswer).actions] == [made]


def test_events_are_stored_once_however_often_they_come(side: BridgeSide, live: LiveSchool) -> None:
    assert told(side.post("events", events(live, 1, 3)), EventsAnswer).acknowledged == 3
    assert told(side.post("events", events(live, 2, 5)), EventsAnswer).acknowledged == 5
    assert told(side.post("events", events(live, 1, 5)), EventsAnswer).acknowledged == 5
    assert stored(live) == [1, 2, 3, 4, 5]


def test_a_gap_is_asked_for(side: BridgeSide, live: LiveSchool) -> None:
    side.post("events", events(live, 1, 2))
    refused = side.post("events", events(live, 4, 5))
    assert code_of(refused) == (409, "gap")
    assert refused.get_json()["fields"] == {"acknowledged": 2}
    assert stored(live) == [1, 2]


def test_other_events_under_known_numbers_are_refused_and_leave_no_gap_behind(
    side: BridgeSide, live: LiveSchool
) -> None:
    side.post("events", events(live, 1, 3))
    side.post("status", status(last_seq=9))
    others = [msgspec.Raw(encode_event(event(live, seq, id=new_id(AT)))) for seq in range(3, 10)]
    sent = events(live, 2, 2)
    refused = side.post("events", msgspec.structs.replace(sent, events=[*sent.events, *others]))
    assert code_of(refused) == (409, "other_events")
    assert refused.get_json()["fields"] == {"from_seq": 3}
    assert stored(live) == [1, 2, 3]
    for _ in range(3):
        side.post("status", status(stream=OTHER_STREAM, last_seq=7))
    with live.database.reading() as session:
        assert session.scalars(select(EventGap)).all() == [], "they come in the new stream"


def test_after_a_restore_the_service_asks_for_what_it_lacks(side: BridgeSide, live: LiveSchool) -> None:
    side.post("events", events(live, 1, 2))
    want = told(side.post("status", status(acknowledged=9)), StatusAnswer).want
    assert want is not None
    assert (want.stream, want.from_seq) == (STREAM, 3)


@pytest.mark.parametrize(
    "changes",
    [{"bridge": "0193a000-0000-4000-8000-00000000bbbb"}, {"stream": "0193a000-0000-4000-8000-00000000bbbb"}],
)
def test_events_of_another_bridge_or_stream_are_refused_whole(
    side: BridgeSide, live: LiveSchool, changes: dict[str, str]
) -> None:
    raw = [msgspec.Raw(encode_event(event(live, 1))), msgspec.Raw(encode_event(event(live, 2, **changes)))]
    assert side.post("events", EventsRequest(STREAM, 1, raw)).status_code == 400
    assert stored(live) == []


def test_a_body_may_be_packed(side: BridgeSide, live: LiveSchool) -> None:
    body = gzip.compress(msgspec.json.encode(events(live, 1, 20)))
    response = side.post("events", body, headers={"Content-Encoding": "gzip"})
    assert told(response, EventsAnswer).acknowledged == 20


@pytest.mark.parametrize(
    ("body", "packed", "status_code"),
    [
        (b"", False, 400),
        (b"\xff\xfe", False, 400),
        (b"[]", False, 400),
        (b'{"stream":1}', False, 400),
        (b"not gzip", True, 400),
        (gzip.compress(b"{}", mtime=0)[:-4], True, 400),
        (gzip.compress(b" " * (MOST_BYTES + 2), mtime=0), True, 413),
        (b" " * (MOST_BYTES + 2), False, 413),
    ],
    ids=["nothing", "no text", "a list", "a wrong field", "no gzip", "gzip cut off", "a bomb", "too long"],
)
def test_nonsense_is_a_refusal_with_a_sentence(side: BridgeSide, body: bytes, packed: bool, status_code: int) -> None:
    headers = {"Content-Encoding": "gzip"} if packed else {}
    for path in ("events", "status", "directives", "session", "enrol", "challenge"):
        assert code_of(side.post(path, body, headers=headers))[0] == status_code


def test_a_lockdown_raised_at_the_bridge_is_taken_over(side: BridgeSide, live: LiveSchool) -> None:
    directive = Directive(
        new_id(AT),
        EmergencyAction.LOCKDOWN,
        "site",
        frozenset({live.door}),
        f"bridge:{live.bridge}",
        "panic button",
        drill=False,
        started_at=AT,
    )
    genuine = seal_directive(directive, SigningKey(live.bridge, live.signing[live.bridge]), site=live.school.site)
    forged = seal_directive(directive, SigningKey(live.bridge, Ed25519PrivateKey.generate()), site=live.school.site)
    sent = EmergenciesRequest([b64encode(genuine).decode(), b64encode(forged).decode()], [])
    answer = told(side.post("directives", sent), EmergenciesAnswer)
    assert answer.taken == 1
    assert "signature does not fit" in answer.refused[0]
    with live.database.reading() as session:
        assert [row.id for row in active_directives(session)] == [directive.id]


def test_a_session_ends_after_minutes_and_with_its_bridge(side: BridgeSide, live: LiveSchool, clock: Clock) -> None:
    clock.go_on(SESSION_LASTS.total_seconds())
    assert code_of(side.post("status", status())) == (401, "session_over")
    assert side.open().status_code == 200
    with live.writing() as session:
        revoke_bridge(session, live.keys, clock(), bridge_id=live.bridge, by=BY)
    assert code_of(side.post("status", status())) == (403, "revoked")
    assert code_of(side.open()) == (403, "revoked")


def test_two_processes_with_one_identity_are_both_told(
    side: BridgeSide, app: Flask, live: LiveSchool, clock: Clock
) -> None:
    twin = BridgeSide(app.test_client(), live.bridge, live.signing[live.bridge], live.keys)
    assert code_of(twin.open()) == (409, "place_taken")
    clock.go_on(1)
    assert told(side.post("status", status()), StatusAnswer).duplicate
    assert code_of(twin.open()) == (409, "duplicate_identity")
    clock.go_on(SILENT.total_seconds() + 1)
    assert twin.open().status_code == 200
    assert code_of(side.post("status", status())) == (401, "session_over")
