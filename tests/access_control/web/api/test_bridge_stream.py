"""The stream of a bridge: the newest revisions first, then word of each change the moment it is known."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Generator

from access_control.core.wire.uplink import read_push
from access_control.readers.bridge_sessions import Caller
from access_control.readers.enrolment import revoke_bridge
from access_control.readers.orders import add_directive
from access_control.web.api.bridge_stream import ASK_AGAIN_S, messages
from access_control.web.services import Services
from tests.access_control.web.api.conftest import BridgeSide, Clock
from tests.building.published import LiveSchool
from tests.building.sites import AT, BY


def data(message: bytes) -> tuple[str, bytes]:
    """The name and the data of one message."""
    lines = message.split(b"\n")
    return lines[0].removeprefix(b"event: ").decode(), lines[1].removeprefix(b"data: ")


def opened(services: Services, side: BridgeSide) -> Generator[bytes, None, None]:
    return messages(services, Caller(side.bridge, side.instance))


def test_it_begins_with_the_newest_revisions(services: Services, side: BridgeSide, live: LiveSchool) -> None:
    stream = opened(services, side)
    name, text = data(next(stream))
    policy, orders = live.policy().revision, live.orders().revision
    assert name == "hint"
    assert read_push(text).hint == {
        "policy": f"{policy.epoch}/{policy.n}",
        "orders": f"{orders.epoch}/{orders.n}",
    }
    stream.close()


def test_a_directive_comes_as_it_was_signed_and_then_the_hint_of_new_orders(
    services: Services, side: BridgeSide, live: LiveSchool
) -> None:
    stream = opened(services, side)
    next(stream)
    directive = live.directive()
    (sealed,) = live.sealed(directive)
    pushed = json.dumps({"directive": b64encode(sealed).decode()})
    live.database.changes.tell_now(f"bridge:{live.bridge}", pushed)
    with live.writing() as session:
        add_directive(session, live.keys, AT, directive, [sealed], by_name="Dana")
    first, second = data(next(stream)), data(next(stream))
    assert (first[0], read_push(first[1]).directive) == ("directive", b64encode(sealed).decode())
    orders = live.orders().revision
    assert read_push(second[1]).hint == {"orders": f"{orders.epoch}/{orders.n}"}
    stream.close()


def test_a_quiet_stream_says_that_it_is_alive(services: Services, side: BridgeSide) -> None:
    stream = opened(services, side)
    next(stream)
    assert next(stream) == b":\n\n"
    stream.close()


def test_word_that_is_no_message_is_left_out(services: Services, side: BridgeSide, live: LiveSchool) -> None:
    stream = opened(services, side)
    next(stream)
    for nonsense in ("", "{}", '{"hint":{},"action":""}', "not json"):
        live.database.changes.tell_now(f"bridge:{live.bridge}", nonsense)
    live.database.changes.tell_now(f"bridge:{live.bridge}", '{"hint": {"orders": "1/99"}}')
    assert read_push(data(next(stream))[1]).hint == {"orders": "1/99"}
    stream.close()


def test_it_ends_for_a_bridge_that_was_revoked(
    services: Services, side: BridgeSide, live: LiveSchool, clock: Clock
) -> None:
    stream = opened(services, side)
    next(stream)
    with live.writing() as session:
        revoke_bridge(session, live.keys, AT, bridge_id=live.bridge, by=BY)
    clock.go_on(ASK_AGAIN_S + 1)
    live.database.changes.tell_now(f"bridge:{live.bridge}", '{"hint": {"orders": "1/99"}}')
    assert list(stream) == []


def test_it_ends_with_the_service(services: Services, side: BridgeSide, live: LiveSchool) -> None:
    stream = opened(services, side)
    next(stream)
    live.database.changes.close()
    assert list(stream) in ([], [b":\n\n"])
