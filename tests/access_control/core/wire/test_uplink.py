import pytest
from msgspec import Raw

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import Refused
from access_control.core.wire.strict import read_record, write_record
from access_control.core.wire.uplink import (
    EventsRequest,
    Push,
    SessionRequest,
    read_push,
    read_revision,
    session_message,
    write_push,
    write_revision,
)

UUID = "01939a5e-7c00-7000-8000-0000000000b1"


@pytest.mark.parametrize(
    ("push", "line"),
    [
        (Push(hint={"policy": "3/14"}), b'{"hint":{"policy":"3/14"}}'),
        (Push(directive="QUM="), b'{"directive":"QUM="}'),
        (Push(release="QUM="), b'{"release":"QUM="}'),
        (Push(action="QUM="), b'{"action":"QUM="}'),
    ],
)
def test_a_message_has_one_spelling(push: Push, line: bytes) -> None:
    assert write_push(push) == line
    assert read_push(line) == push
    assert line.startswith(b'{"' + push.name.encode())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b'{"hint":{"policy":"3/14"},"directive":"QUM="}',
        b'{"hint":{"passes":"3/14"}}',
        b'{"hint":{"policy":"3"}}',
        b'{"hint": {"policy":"3/14"}}',
        b'{"directive":"' + b"A" * 7000 + b'"}',
        b"A" * 10_000,
    ],
)
def test_any_other_message_is_refused(line: bytes) -> None:
    with pytest.raises(Refused):
        read_push(line)


def test_an_empty_message_has_a_name_all_the_same() -> None:
    assert Push().name == "hint"


def test_revisions() -> None:
    assert write_revision(None) is None
    assert read_revision(None) is None
    assert read_revision(write_revision(Revision(1_700_000_000, 12))) == Revision(1_700_000_000, 12)


def test_events_travel_as_the_bytes_that_they_are() -> None:
    event = b'{"seq":1,"detail":{"a":1.50}}'
    said = EventsRequest(UUID, 1, [Raw(event)])
    found = read_record(write_record(said), EventsRequest, "request", limit=1000)
    assert [bytes(raw) for raw in found.events] == [event]


def test_the_signature_covers_the_challenge_and_the_process() -> None:
    assert session_message("c", UUID) != session_message("d", UUID)
    assert session_message("c", UUID) != session_message("c", UUID.replace("b1", "b2"))
    assert b"bridge session" in session_message("c", UUID)


def test_a_request_with_a_field_more_or_less_is_refused() -> None:
    whole = write_record(SessionRequest(UUID, "c", "0" * 128, UUID, ""))
    for wrong in (whole.replace(b',"boot":""', b""), whole[:-1] + b',"more":1}'):
        with pytest.raises(Refused):
            read_record(wrong, SessionRequest, "request", limit=1000)
