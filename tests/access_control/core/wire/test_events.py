from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_control.core.decision.reasons import Reason
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.events import CODES, EventCode, EventRecord, Severity, decode_event, encode_event

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]
RELEASED = Path(__file__).parent / "golden" / "v1" / "event_codes.txt"
FORCED = EventRecord(
    bridge="0193a000-0000-7000-8000-0000000000b1",
    stream="0193a000-0000-7000-8000-00000000c001",
    seq=1,
    id="0193a000-0000-7000-8000-00000000c002",
    at="2026-11-23T08:15:00.250Z",
    mono_ms=12_345,
    code=EventCode.DOOR_FORCED,
    severity=Severity.ALARM,
    door=1,
    reader=None,
    holder=None,
    drill=False,
    flagged=False,
    detail={"during": "lockdown"},
)


def test_released_codes_stay_for_ever_and_new_ones_come_last() -> None:
    released = RELEASED.read_text().split()
    assert [code.value for code in EventCode][: len(released)] == released


def test_an_event_comes_back() -> None:
    assert decode_event(encode_event(FORCED)) == FORCED
    assert FORCED.moment() == datetime(2026, 11, 23, 8, 15, 0, 250_000, tzinfo=UTC)


def test_a_decision_is_an_event_too() -> None:
    assert not set(EventCode) & set(Reason), "one name, one meaning"
    denied = msgspec.structs.replace(FORCED, code=Reason.DENIED_LOCKDOWN, holder=7002, reader=1)
    assert decode_event(encode_event(denied)).code == "DENIED_LOCKDOWN"


def test_a_code_that_a_newer_bridge_has_is_taken_as_it_is() -> None:
    newer = msgspec.structs.replace(FORCED, code="DOOR_PAINTED", severity=Severity.WARNING)
    assert decode_event(encode_event(newer)) == newer


@pytest.mark.parametrize(
    "change",
    [
        {"code": "door painted"},
        {"code": "X" * 65},
        {"severity": "deafening"},
        {"seq": 0},
        {"at": "yesterday"},
        {"id": "1"},
        {"detail": {"Bad Key": 1}},
        {"detail": {"text": "x" * 2001}},
        {"door": -1},
    ],
)
def test_an_event_that_breaks_a_rule_is_refused(change: dict[str, object], refuses: Refusing) -> None:
    fields = msgspec.structs.asdict(FORCED) | change
    with refuses(RefusalCode.BAD_CONTENT):
        decode_event(msgspec.json.encode(fields))


def test_an_event_is_small(refuses: Refusing) -> None:
    with refuses(RefusalCode.TOO_LARGE):
        decode_event(b" " * 20_000)


PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


@given(
    code=st.sampled_from(sorted(CODES)),
    detail=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), PLAIN, max_size=4),
    holder=st.none() | st.integers(0, 2**63 - 1),
)
def test_events_come_back(code: str, detail: dict[str, str | int | float | bool | None], holder: int | None) -> None:
    event = msgspec.structs.replace(FORCED, code=code, detail=detail, holder=holder)
    assert decode_event(encode_event(event)) == event


@given(data=st.binary(max_size=300))
def test_random_bytes_are_only_ever_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        decode_event(data)
