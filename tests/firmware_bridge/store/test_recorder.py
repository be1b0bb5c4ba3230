from __future__ import annotations

import json
import sqlite3
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.store import space
from firmware_bridge.store.entries import Entry, Limits, Writing
from firmware_bridge.store.outbox import TRIM_STEP, Keep, Outbox, OutboxFullError, Row
from firmware_bridge.store.recorder import Recorder
from tests.building.clock import MONDAY, SetClock
from tests.building.processes import until
from tests.building.small_disk import SmallDisk


def keep_of(entry: Entry) -> Keep:
    if entry.code.startswith("ACCESS"):
        return Keep.ROUTINE
    return Keep.DIAGNOSTIC if entry.code == "READER_ONLINE" else Keep.EVIDENCE


def encode(entry: Entry, stream: str, seq: int) -> bytes:
    written = {"stream": stream, "seq": seq, "code": entry.code, "late": entry.late, **entry.detail}
    return json.dumps(written).encode().ljust(300)


WRITING = Writing(keep_of, encode)


def recorder_at(path: Path, clock: SetClock, limits: Limits | None = None) -> Recorder:
    recorder = Recorder(path, WRITING, clock, limits)
    recorder.start()
    return recorder


def stored(recorder: Recorder) -> list[dict[str, Any]]:
    outbox = recorder.outbox
    assert outbox is not None
    return [json.loads(row.body) for row in outbox.after(0, 1_000_000)]


def codes(recorder: Recorder) -> list[str]:
    return [event["code"] for event in stored(recorder)]


def test_an_event_is_stored_when_recording_returns(tmp_path: Path, clock: SetClock) -> None:
    recorder = recorder_at(tmp_path / "outbox.db", clock)
    assert recorder.record(Entry("ACCESS_GRANTED", MONDAY, door=3), wait_s=30)
    (event,) = stored(recorder)
    assert (event["code"], event["seq"], event["late"]) == ("ACCESS_GRANTED", 1, False)
    recorder.stop()


def test_who_listens_hears_each_stored_event_once(tmp_path: Path, clock: SetClock) -> None:
    heard: list[bytes] = []
    recorder = Recorder(tmp_path / "outbox.db", WRITING, clock, heard=heard.append)
    recorder.start()
    for _ in range(20):
        recorder.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    recorder.stop()
    assert [json.loads(data)["seq"] for data in heard] == list(range(1, 21))


def test_an_orderly_stop_leaves_no_complaint_and_a_crash_leaves_one(tmp_path: Path, clock: SetClock) -> None:
    path = tmp_path / "outbox.db"
    recorder_at(path, clock).stop()
    second = recorder_at(path, clock)
    second.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    assert codes(second) == ["ACCESS_GRANTED"]
    second.stop()
    Outbox(path).close(clean=False)
    third = recorder_at(path, clock)
    third.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    assert codes(third) == ["ACCESS_GRANTED", "BRIDGE_UNCLEAN_STOP", "ACCESS_GRANTED"]
    third.stop()


def test_a_slow_disk_makes_no_door_wait_and_the_event_is_flagged(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    append = Outbox.append

    def slow(self: Outbox, row: Row) -> int:
        going.wait(30)
        return append(self, row)

    monkeypatch.setattr(Outbox, "append", slow)
    recorder = recorder_at(tmp_path / "outbox.db", clock)
    assert not recorder.record(Entry("DENIED_LOST", MONDAY))
    assert not recorder.record(Entry("ACCESS_GRANTED", MONDAY))
    going.set()
    recorder.stop()
    with Outbox(tmp_path / "outbox.db") as outbox:
        events = [json.loads(row.body) for row in outbox.after(0)]
    assert [(event["code"], event["late"]) for event in events] == [
        ("DENIED_LOST", True),
        ("ACCESS_GRANTED", True),
    ] or events[1]["code"] == "EVENT_LATE"
    assert {"DENIED_LOST", "ACCESS_GRANTED"} <= {event["code"] for event in events}


def test_a_failing_disk_keeps_events_in_memory_and_stores_them_later_in_order(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = True
    append = Outbox.append

    def failing(self: Outbox, row: Row) -> int:
        if broken:
            raise OutboxFullError("disk I/O error")
        return append(self, row)

    monkeypatch.setattr(Outbox, "append", failing)
    recorder = recorder_at(tmp_path / "outbox.db", clock)
    for number in range(30):
        assert not recorder.record(Entry("DENIED_LOST", MONDAY, detail={"n": number}))
    assert recorder.trouble
    broken = False
    assert recorder.flush(30)
    events = stored(recorder)
    assert [event["n"] for event in events if "n" in event] == list(range(30))
    assert all(event["late"] for event in events[1:])
    recorder.stop()


def test_a_full_disk_gives_up_routine_events_and_never_a_refusal(
    small_disk: SmallDisk, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "RESERVE_BYTES", 1024 * 1024)
    limits = Limits(min_free_bytes=0, max_pages=None if small_disk.real else 512)
    recorder = recorder_at(small_disk.path / "outbox.db", clock, limits)
    refused = 0
    for number in range(14_000):
        clock.go_on(0.5)
        if number % 20 == 0:
            refused += 1
            recorder.record(Entry("DENIED_LOST", clock.at, detail={"refused": refused}), wait_s=30)
        else:
            recorder.record(Entry("ACCESS_GRANTED", clock.at, door=number % 8, detail={"x": "y" * 300}), wait_s=30)
    assert recorder.flush(60)
    events = stored(recorder)
    recorder.stop()
    assert [event["refused"] for event in events if event["code"] == "DENIED_LOST"] == list(range(1, refused + 1))
    folds = [event for event in events if event["code"] == "EVENTS_FOLDED"]
    assert folds
    here = {event["seq"] for event in events}
    gone = set(range(1, max(here) + 1)) - here
    explained = {seq for fold in folds for seq in range(fold["from_seq"], fold["to_seq"] + 1)}
    assert gone <= explained
    assert sum(fold["count"] for fold in folds) == len(gone)


def test_a_file_found_damaged_while_running_is_set_aside(tmp_path: Path, clock: SetClock) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path) as outbox:
        for _ in range(2000):
            outbox.append(Row(Keep.EVIDENCE, "DENIED_LOST", 1, 0, lambda _, __: b"x" * 200))
        outbox.checkpoint()
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(b"\xff" * 4096 * 4)
    recorder = recorder_at(path, clock)
    deadline = time.monotonic() + 30  # noqa: TID251 - a bound, not a measurement
    while not list(tmp_path.glob("*.damaged-*")) and time.monotonic() < deadline:  # noqa: TID251 - as above
        time.sleep(0.01)
    recorder.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    assert codes(recorder) == ["OUTBOX_DAMAGED", "ACCESS_GRANTED"]
    recorder.stop()


def test_without_room_for_a_file_events_wait_until_there_is(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    connect = sqlite3.connect

    def no_room(*given: Any, **named: Any) -> sqlite3.Connection:
        if full:
            raise sqlite3.OperationalError("unable to open database file")
        connection: sqlite3.Connection = connect(*given, **named)
        return connection

    monkeypatch.setattr(sqlite3, "connect", no_room)
    recorder = recorder_at(tmp_path / "outbox.db", clock)
    assert recorder.outbox is None
    assert not recorder.record(Entry("DENIED_LOST", MONDAY))
    full = False
    assert recorder.flush(30)
    assert "DENIED_LOST" in codes(recorder)
    recorder.stop()


def test_an_event_that_cannot_be_written_is_told_and_the_others_go_on(tmp_path: Path, clock: SetClock) -> None:
    def picky(entry: Entry, stream: str, seq: int) -> bytes:
        if entry.code == "NO_SUCH_CODE":
            raise ValueError("no such code")
        return encode(entry, stream, seq)

    recorder = Recorder(tmp_path / "outbox.db", Writing(keep_of, picky), clock)
    recorder.start()
    recorder.record(Entry("NO_SUCH_CODE", MONDAY), wait_s=30)
    assert recorder.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    assert codes(recorder) == ["CONTROLLER_FAULT", "ACCESS_GRANTED"]
    assert "NO_SUCH_CODE" in stored(recorder)[0]["why"]
    recorder.stop()


@pytest.mark.parametrize(("believed", "left"), [(False, 3), (True, 0)])
def test_nothing_goes_for_its_age_by_a_clock_that_is_not_believed(
    tmp_path: Path, clock: SetClock, believed: bool, left: int
) -> None:
    recorder = Recorder(tmp_path / "outbox.db", WRITING, clock, clock_trusted=lambda: believed)
    recorder.start()
    for _ in range(3):
        recorder.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    outbox = recorder.outbox
    assert outbox is not None
    outbox.acknowledge(outbox.stream, 3)
    clock.go_on(31 * 86_400)
    recorder._trim(outbox)
    assert len(stored(recorder)) == left
    recorder.stop()


def test_old_events_go_in_steps_and_what_happens_meanwhile_is_synced_between_them(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for _ in range(2 * TRIM_STEP + 1):
            outbox.append(Row(Keep.ROUTINE, "ACCESS_GRANTED", 1, 0, lambda *_: b"{}"))
        outbox.acknowledge(outbox.stream, 2 * TRIM_STEP + 1)
    done: list[str | int] = []
    sync, trim = Outbox.sync, Outbox.trim

    def synced(self: Outbox) -> int:
        done.append("sync")
        return sync(self)

    def trimmed(self: Outbox, older_than: datetime, most: int) -> int:
        done.append(trim(self, older_than, most))
        return int(done[-1])

    monkeypatch.setattr(Outbox, "sync", synced)
    monkeypatch.setattr(Outbox, "trim", trimmed)
    recorder = Recorder(tmp_path / "outbox.db", WRITING, clock)
    recorder.start()
    recorder.record(Entry("ACCESS_GRANTED", MONDAY), wait_s=30)
    until(lambda: 0 in done, "nothing is too old any more")
    recorder.stop()
    assert done[: done.index(0) + 1] == ["sync", TRIM_STEP, "sync", TRIM_STEP, "sync", 1, "sync", 0]


@pytest.mark.parametrize("fault", [OSError(5, "Input/output error"), RuntimeError("a fault of ours")])
def test_whatever_fails_while_the_disk_fails_events_are_stored_once_it_works_again(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    recorder = recorder_at(tmp_path / "outbox.db", clock)
    with monkeypatch.context() as broken:

        def fail(*_: object) -> bool:
            raise fault

        def failing(_: Outbox, __: Row) -> int:
            raise OutboxFullError("disk I/O error")

        broken.setattr(Outbox, "append", failing)
        broken.setattr(space, "read_only", fail)
        assert not recorder.record(Entry("DENIED_LOST", MONDAY))
        until(lambda: recorder.trouble, "the trouble is known")
    assert recorder.flush(30)
    until(lambda: not recorder.trouble, "the disk takes events again")
    assert recorder.flush(30)
    assert {"DENIED_LOST", "DISK_FULL", "DISK_RECOVERED"} <= set(codes(recorder))
    recorder.stop()


def test_a_disk_that_hangs_while_it_takes_an_event_is_told_at_once_and_recorded_later(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = recorder_at(tmp_path / "outbox.db", clock)
    began, going = threading.Event(), threading.Event()
    append = Outbox.append

    def hang(self: Outbox, row: Row) -> int:
        began.set()
        going.wait(30)
        return append(self, row)

    monkeypatch.setattr(Outbox, "append", hang)
    recorder.hand_over(Entry("DENIED_LOST", MONDAY))
    assert began.wait(30)
    assert not recorder.trouble
    clock.go_on(6.0)
    assert recorder.trouble
    assert not recorder.read_only
    going.set()
    until(lambda: not recorder.trouble, "it goes on")
    until(lambda: "DISK_HUNG" in codes(recorder), "it is recorded")
    (told,) = (event for event in stored(recorder) if event["code"] == "DISK_HUNG")
    assert told["seconds"] == 6
    recorder.stop()


def test_a_disk_that_takes_events_and_does_not_bring_them_to_safety_is_noticed(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, going = threading.Event(), threading.Event()
    sync = Outbox.sync

    def hang(self: Outbox) -> int:
        began.set()
        going.wait(30)
        return sync(self)

    recorder = recorder_at(tmp_path / "outbox.db", clock)
    with monkeypatch.context() as hanging:
        hanging.setattr(Outbox, "sync", hang)
        assert recorder.record(Entry("DENIED_LOST", MONDAY), wait_s=30)
        assert began.wait(30)
        assert not recorder.hangs
        clock.go_on(6.0)
        assert recorder.hangs
        assert not recorder.trouble, "it takes them"
        going.set()
        until(lambda: not recorder.hangs, "it goes on")
    recorder.stop()
