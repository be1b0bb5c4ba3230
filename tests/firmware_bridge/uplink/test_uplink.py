from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from access_control.core.wire.directives import decode_directive
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.uplink import standing
from tests.building.processes import until
from tests.building.signed import BRIDGE
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, reply

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Around, Script


def test_events_go_up_in_order_and_are_acknowledged(around: Around, script: Script, server: Wicked) -> None:
    around.record(2500)
    with around.uplink(server) as uplink:
        until(lambda: script.acknowledged == 2500, "all are there")
        around.record(3)
        uplink.stored()
        until(lambda: script.acknowledged == 2503, "the new ones too")
    assert [event["seq"] for event in script.taken] == list(range(1, 2504))
    assert around.recorder.outbox is not None
    assert around.recorder.outbox.acknowledged == 2503


def test_a_restored_service_gets_what_it_lost(around: Around, script: Script, server: Wicked) -> None:
    around.record(10)
    assert around.recorder.outbox is not None
    stream = around.recorder.outbox.stream
    with around.uplink(server) as uplink:
        until(lambda: script.acknowledged == 10, "all are there")
        with script.lock:
            script.acknowledged = 4
        around.record(1)
        uplink.stored()
        until(lambda: script.refused, "what comes after a gap is refused")
        assert len(script.taken) == 10, "before a Status nobody knows that the database is an older copy"
        with script.lock:
            script.status_more = {"want": {"stream": stream, "from_seq": 5}}
        until(lambda: script.acknowledged == 11, "what is wanted comes")
        script.status_more = {}
    assert [event["seq"] for event in script.taken] == [*range(1, 11), *range(5, 12)]


def test_a_record_that_ends_before_what_the_service_has_begins_a_new_stream(
    around: Around, script: Script, server: Wicked
) -> None:
    around.record(3)
    outbox = around.recorder.outbox
    assert outbox is not None
    stream = outbox.stream
    script.acknowledged = 50
    with around.uplink(server) as uplink:
        until(lambda: outbox.stream != stream, "a new stream")
        until(lambda: outbox.last_seq, "and what it begins with")
        script.acknowledged = 0
        around.record(2)
        uplink.stored()
        until(lambda: script.acknowledged == 3, "what comes goes into that")
    assert [event["code"] for event in script.taken] == ["LOG_GAP", "BRIDGE_STARTED", "BRIDGE_STARTED"]


def test_a_pushed_directive_is_applied_and_an_action_only_once(around: Around, script: Script, server: Wicked) -> None:
    _, directive = around.school.directive()
    action = b64encode(around.school.unlock_once(1, around.clock.moment().at)).decode()
    script.push("directive", b64encode(directive).decode())
    script.push("action", action)
    script.status_more = {"actions": [action]}
    with around.uplink(server):
        until(lambda: {"directive", "action"} <= set(around.applied), "both are applied")
        until(lambda: len([path for path, _ in script.asked if path == "status"]) > 1, "a second Status")
    assert around.applied.count("action") == 1


def test_documents_are_fetched_once_and_a_refused_one_is_left_alone(
    around: Around, script: Script, server: Wicked
) -> None:
    script.documents = {"policy": around.school.policy(), "orders": b"garbage"}
    script.status_more = {"policy": "1/1", "orders": "1/1"}
    with around.uplink(server):
        until(lambda: around.documents.policy, "the Policy is in force")
        until(lambda: len([path for path, _ in script.asked if path == "status"]) > 2, "Statuses go on")
    paths = [path for path, _ in script.asked]
    assert paths.count("documents/policy") == 1
    assert paths.count("documents/orders") == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        reply(b"not JSON"),
        reply(b'{"a":' * 1000),
        reply(b"<html>", 502),
        reply(b'{"status":500,"code":"fault"}', 500),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n",
    ],
)
def test_a_service_in_trouble_stops_nothing_and_is_tried_again(
    around: Around, script: Script, server: Wicked, answer: bytes
) -> None:
    calls: list[int] = []

    def wrong(visit: Visit) -> bytes | None:
        calls.append(visit.number)
        visit.send(answer)
        return None

    script.instead = {"status": wrong, "events": wrong, "stream": wrong}
    around.record(2)
    with around.uplink(server) as uplink:
        until(lambda: len(calls) >= 4, "it is tried again")
        assert uplink.shape()["trouble"]
        script.instead = {}
        until(lambda: script.acknowledged == 2 and not uplink.shape()["trouble"], "it works again")


def test_the_loop_hears_when_the_service_is_lost_and_when_it_is_back(
    around: Around, script: Script, server: Wicked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "OFFLINE_S", 0.0)
    script.instead = {"status": lambda _: reply(b"nothing of ours", 500)}
    with around.uplink(server):
        until(lambda: around.reached == [False], "it is lost")
        script.instead = {}
        until(lambda: around.reached == [False, True], "it is back")


def test_a_session_that_is_over_is_opened_anew(around: Around, script: Script, server: Wicked) -> None:
    over: list[Any] = []

    def once(_: Visit) -> bytes:
        over.append(1)
        script.instead = {}
        return reply(b'{"status":401,"code":"session_over"}', 401)

    script.instead = {"status": once}
    with around.uplink(server) as uplink:
        until(lambda: uplink.shape()["heard_age_s"] is not None, "the second session serves")
    assert over
    assert [path for path, _ in script.asked].count("session") >= 2


@pytest.mark.parametrize(
    ("code", "alarm"),
    [("duplicate_identity", EventCode.BRIDGE_DUPLICATED), ("revoked", EventCode.SERVICE_REFUSED)],
)
def test_what_a_person_must_know_is_an_alarm_once(
    around: Around, script: Script, server: Wicked, code: str, alarm: EventCode
) -> None:
    refusal = reply(b'{"status":409,"code":"%s","detail":"No.","action":"Look."}' % code.encode(), 409)
    script.instead = {"session": lambda _: refusal}
    with around.uplink(server) as uplink:
        until(lambda: [path for path, _ in script.asked].count("session") >= 2, "it is tried again")
        assert uplink.shape()["trouble"] == "No. Look."
    assert around.told.count(alarm) == 1
    assert not [path for path, _ in script.asked if path not in {"challenge", "session"}]


def test_an_own_emergency_is_told(around: Around, script: Script, server: Wicked) -> None:
    _, sealed = around.school.directive()
    directive = replace(decode_directive(reread(sealed, kind=Kind.DIRECTIVE)), origin=f"bridge:{BRIDGE}")
    script.instead = {"directives": lambda _: reply(b'{"taken":1,"refused":[]}')}
    around.apply(sealed)
    around.documents.raise_directive(replace(directive, id="01939a5e-7c00-7000-8000-0000000000d7"))
    with around.uplink(server):
        until(lambda: [body for path, body in script.asked if path == "directives"], "it is told")
    (body,) = (body for path, body in script.asked if path == "directives")
    assert b'"QUMt' in body
    assert b64encode(sealed) not in body


def test_an_own_emergency_is_told_while_its_copy_waits_for_the_disk(
    around: Around, script: Script, server: Wicked
) -> None:
    script.instead = {"directives": lambda _: reply(b'{"taken":1,"refused":[]}')}
    directive = decode_directive(reread(around.school.directive()[1], kind=Kind.DIRECTIVE))
    with around.uplink(server) as uplink:
        around.documents.raise_directive(replace(directive, origin=f"bridge:{BRIDGE}"))
        uplink.raised()
        until(lambda: [path for path, _ in script.asked if path == "directives"], "it is told")
