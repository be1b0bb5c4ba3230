"""A disk that the kernel made read-only while the bridge runs: events wait in memory, then are stored in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.clock import SystemClock
from firmware_bridge.store import recorder as recorder_module
from firmware_bridge.store.entries import Entry, Limits
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.records import writing_for
from tests.building.processes import read_events, until
from tests.building.signed import BRIDGE
from tests.building.small_disk import sealed


def test_events_wait_and_are_stored_in_order_when_it_can_be_written_again(tmp_path: Path) -> None:
    clock = SystemClock()
    recorder = Recorder(tmp_path / "outbox.db", writing_for(BRIDGE), clock, Limits(min_free_bytes=0))
    recorder.start()
    assert recorder.record(Entry("ACCESS_GRANTED", clock.moment().at, door=1), 30.0)
    outbox = recorder.outbox
    assert outbox is not None
    # What SQLite answers on such a disk: "attempt to write a readonly database".
    outbox._db.execute("PRAGMA query_only = ON")
    for door in range(2, 20):
        recorder.record(Entry("ACCESS_GRANTED", clock.moment().at, door=door), 0.01)
    until(lambda: recorder.trouble, "the trouble is known")
    outbox._db.execute("PRAGMA query_only = OFF")
    until(lambda: not recorder.trouble, "it can be written again")
    assert recorder.flush(30.0)
    recorder.stop()
    events = read_events(tmp_path / "outbox.db")
    assert [event.door for event in events if event.code == "ACCESS_GRANTED"] == list(range(1, 20))
    assert {"DISK_FULL", "DISK_RECOVERED"} <= {event.code for event in events}
    assert all(event.flagged for event in events if event.code == "ACCESS_GRANTED" and event.door != 1)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_a_recorder_starts_where_nothing_can_be_written_and_stores_all_when_it_can_be(tmp_path: Path) -> None:
    clock = SystemClock()
    before = Recorder(tmp_path / "outbox.db", writing_for(BRIDGE), clock, Limits(min_free_bytes=0))
    before.start()
    assert before.record(Entry("ACCESS_GRANTED", clock.moment().at, door=1), 30.0)
    before.stop()
    recorder = Recorder(tmp_path / "outbox.db", writing_for(BRIDGE), clock, Limits(min_free_bytes=0))
    with sealed(tmp_path):
        recorder.start()
        assert (recorder.trouble, recorder.read_only, recorder.outbox) == (True, True, None)
        for door in range(2, 20):
            assert not recorder.record(Entry("ACCESS_GRANTED", clock.moment().at, door=door), 0.01)
        assert recorder.waiting() >= 18
    until(lambda: not recorder.trouble and not recorder.waiting(), "it can be written")
    recorder.stop()
    events = read_events(tmp_path / "outbox.db")
    assert [event.door for event in events if event.code == "ACCESS_GRANTED"] == list(range(1, 20))
    codes = [event.code for event in events]
    assert codes.count("DISK_READ_ONLY") == codes.count("DISK_RECOVERED") == 1
    assert "DISK_FULL" not in codes
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_a_disk_that_is_mended_before_the_first_event_was_told_as_well(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "outbox.db", writing_for(BRIDGE), SystemClock(), Limits(min_free_bytes=0))
    with sealed(tmp_path):
        recorder.start()
    until(lambda: not recorder.trouble and not recorder.waiting(), "it can be written")
    recorder.stop()
    assert [event.code for event in read_events(tmp_path / "outbox.db")] == ["DISK_READ_ONLY", "DISK_RECOVERED"]


def test_a_disk_that_turned_read_only_is_noticed_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "CARE_S", 0.05)
    recorder = Recorder(tmp_path / "outbox.db", writing_for(BRIDGE), SystemClock(), Limits(min_free_bytes=0))
    recorder.start()
    with sealed(tmp_path):
        until(lambda: recorder.read_only, "it is noticed")
        assert recorder.trouble
    until(lambda: not recorder.trouble, "it is over")
    recorder.stop()
    codes = [event.code for event in read_events(tmp_path / "outbox.db")]
    assert codes == ["DISK_READ_ONLY", "DISK_RECOVERED"]
