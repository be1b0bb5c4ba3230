"""A stream whose numbers the service has for other events is left; what the service lacks goes on in a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from access_control.core.wire.events import EventRecord, decode_event
from firmware_bridge.clock import SystemClock
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.new_stream import NewStream, leave, moved
from firmware_bridge.store.outbox import Keep, Outbox, OutboxDamagedError, Row
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.records import writing_for
from tests.building.processes import until
from tests.building.said import OTHER_STREAM, raw_event
from tests.building.signed import BRIDGE
from tests.building.sites import AT

WHY = "The disk went back."


def holding(path: Path, count: int) -> Outbox:
    outbox = Outbox(path)
    for number in range(1, count + 1):
        outbox.append(writing_for(BRIDGE).row(Entry("REX", AT, door=number)))
    return outbox


def held(outbox: Outbox) -> list[EventRecord]:
    return [decode_event(one.body) for one in outbox.after(0, 5000)]


def test_what_the_service_lacks_goes_on_under_new_numbers_and_as_itself(tmp_path: Path) -> None:
    with holding(tmp_path / "outbox.db", 1300) as outbox:
        outbox.acknowledge(outbox.stream, 95)
        left, before = outbox.stream, held(outbox)
        told = leave(outbox, NewStream(WHY, left, 100), AT)
        assert told is not None
        assert (told.code, told.detail) == ("LOG_GAP", {"why": WHY, "stream": left})
        assert outbox.stream != left
        kept = [msgspec.structs.replace(one, stream=outbox.stream, seq=one.seq - 100) for one in before[100:]]
        assert held(outbox) == kept
        assert (outbox.acknowledged, outbox.last_seq) == (0, 1200)
        assert outbox.append(Row(Keep.EVIDENCE, "REX", 1, 0, lambda _, __: b"next")) == 1201
        stream = outbox.stream
    with Outbox(tmp_path / "outbox.db") as again:
        assert (again.stream, again.acknowledged, again.last_seq) == (stream, 0, 1201)


@pytest.mark.parametrize("after", [0, 3])
def test_a_stream_of_which_the_service_has_nothing_or_all_is_left_as_well(tmp_path: Path, after: int) -> None:
    with holding(tmp_path / "outbox.db", 3) as outbox:
        leave(outbox, NewStream(WHY, outbox.stream, after), AT)
        assert [one.seq for one in held(outbox)] == list(range(1, 4 - after))
        assert {one.stream for one in held(outbox)} <= {outbox.stream}
        assert outbox.last_seq == 3 - after


def test_a_stream_is_left_once(tmp_path: Path) -> None:
    with holding(tmp_path / "outbox.db", 9) as outbox:
        new = NewStream(WHY, outbox.stream, 5)
        assert leave(outbox, new, AT)
        assert leave(outbox, new, AT) is None
        assert outbox.last_seq == 4


def test_where_the_disk_takes_no_new_stream_the_old_one_stays(tmp_path: Path) -> None:
    with holding(tmp_path / "outbox.db", 9) as outbox:
        before = held(outbox)
        outbox._db.execute("PRAGMA query_only = ON")
        assert leave(outbox, NewStream(WHY, outbox.stream, 5), AT) is None
        outbox._db.execute("PRAGMA query_only = OFF")
        assert held(outbox) == before
        assert outbox.last_seq == 9


def test_a_row_that_is_no_event_makes_the_outbox_a_damaged_one(tmp_path: Path) -> None:
    with holding(tmp_path / "outbox.db", 3) as outbox:
        outbox.append(Row(Keep.EVIDENCE, "REX", 1, 0, lambda _, __: b"no event"))
        with pytest.raises(OutboxDamagedError):
            leave(outbox, NewStream(WHY, outbox.stream, 1), AT)
        assert outbox.last_seq == 4


@pytest.mark.parametrize(
    ("detail", "then"),
    [
        ({"from_seq": 120, "to_seq": 140, "count": 21}, {"from_seq": 20, "to_seq": 40, "count": 21}),
        ({"from_seq": 90, "to_seq": 140}, {"from_seq": 1, "to_seq": 40}),
        ({"seq": 149, "ms": 149, "why": "late"}, {"seq": 49, "ms": 149, "why": "late"}),
    ],
)
def test_the_numbers_that_an_event_names_are_moved_with_it(detail: dict[str, Any], then: dict[str, Any]) -> None:
    event = decode_event(moved(raw_event(BRIDGE, 150, "EVENTS_FOLDED", AT, detail=detail), OTHER_STREAM, 100))
    assert (event.stream, event.seq, event.detail) == (OTHER_STREAM, 50, then)


def test_a_recorder_goes_on_in_the_new_stream_and_says_so(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "outbox.db", writing_for(BRIDGE), SystemClock())
    recorder.start()
    for door in range(1, 8):
        assert recorder.record(Entry("REX", AT, door=door), 30.0)
    outbox = recorder.outbox
    assert outbox is not None
    left = outbox.stream
    recorder.begin_anew(NewStream(WHY, left, 4))
    until(lambda: outbox.stream != left, "a new stream")
    recorder.record(Entry("REX", AT, door=8), 30.0)
    recorder.stop()
    with Outbox(tmp_path / "outbox.db") as again:
        assert [(one.seq, one.code, one.door) for one in held(again)] == [
            (1, "REX", 5),
            (2, "REX", 6),
            (3, "REX", 7),
            (4, "LOG_GAP", None),
            (5, "REX", 8),
        ]
        assert not again.unclean
