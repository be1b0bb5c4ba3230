"""Each step is an event among the others: in their order, with who did it, and ready to be sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from access_control.core.wire.events import EventCode
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.clock import SystemClock
from firmware_bridge.store.commissioning_log import CommissioningLog, NoRecordError, user
from firmware_bridge.store.entries import Entry, Limits
from firmware_bridge.store.outbox import Outbox
from firmware_bridge.store.recorder import Recorder
from firmware_bridge.store.records import writing_for
from tests.building.processes import read_events
from tests.building.signed import BOARDS_LINE, BRIDGE, DIGEST_KEY, READERS_LINE, ROOM, School
from tests.building.small_disk import sealed

POLICY = decode_policy(encode_policy(School().draft(1), DIGEST_KEY), DIGEST_KEY)
CLOCK = SystemClock()


def log_at(folder: Path, by: str = "") -> CommissioningLog:
    return CommissioningLog(folder, BRIDGE, CLOCK, POLICY, by)


def a_bridge_runs(folder: Path, *, orderly: bool = True) -> None:
    """A bridge that stores two events, and stops or is killed."""
    recorder = Recorder(folder / "outbox.db", writing_for(BRIDGE), CLOCK, Limits(min_free_bytes=0))
    recorder.start()
    for door in (1, 2):
        assert recorder.record(Entry("ACCESS_GRANTED", CLOCK.moment().at, door=door), 30.0)
    if orderly:
        recorder.stop()
    elif recorder.outbox is not None:
        recorder.flush(30.0)
        recorder.outbox.close(clean=False)


@pytest.mark.parametrize("orderly", [True, False])
def test_steps_stand_between_two_runs_of_the_bridge_without_a_gap(tmp_path: Path, orderly: bool) -> None:
    a_bridge_runs(tmp_path, orderly=orderly)
    with log_at(tmp_path, "Ann Doe") as log:
        log.record(EventCode.DEVICE_KEY_ROTATED, READERS_LINE, ROOM, {"serial": 4711})
    a_bridge_runs(tmp_path)
    events = read_events(tmp_path / "outbox.db")
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len({event.stream for event in events}) == 1
    assert [event.code for event in events].count("BRIDGE_UNCLEAN_STOP") == (0 if orderly else 1)
    assert events[2].code == EventCode.DEVICE_KEY_ROTATED
    assert (events[2].reader, events[2].door) == (ROOM, ROOM)
    place = {"port": READERS_LINE, "address": ROOM}
    assert events[2].detail == place | {"by": "Ann Doe", "user": user(), "serial": 4711}
    with Outbox(tmp_path / "outbox.db") as outbox:
        assert [stored.seq for stored in outbox.unsent()] == [event.seq for event in events]


def test_a_board_has_its_name_and_a_stranger_only_its_place(tmp_path: Path) -> None:
    with log_at(tmp_path) as log:
        log.record(EventCode.DEVICE_KEY_SET, BOARDS_LINE, 1, {})
        log.record(EventCode.COMMISSIONING_FAILED, BOARDS_LINE, 9, {"step": "commission", "why": "Nobody answers."})
    board, stranger = read_events(tmp_path / "outbox.db")
    assert (board.detail["board"], board.detail["name"], board.detail["by"]) == (1, "Board", user())
    assert (stranger.detail["address"], stranger.detail["why"], stranger.reader) == (9, "Nobody answers.", None)


def test_a_damaged_outbox_is_set_aside_and_told(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"nonsense" * 1000)
    with log_at(tmp_path) as log:
        log.record(EventCode.DEVICE_MOVED, READERS_LINE, 1, {"to_address": 4})
    assert [event.code for event in read_events(tmp_path / "outbox.db")] == ["OUTBOX_DAMAGED", "DEVICE_MOVED"]


def test_nothing_is_begun_that_cannot_be_recorded(tmp_path: Path) -> None:
    with sealed(tmp_path), pytest.raises(NoRecordError, match="nothing is done that is not recorded"), log_at(tmp_path):
        pass


def test_what_was_done_and_could_not_be_recorded_is_counted(tmp_path: Path) -> None:
    with log_at(tmp_path) as log:
        log._outbox.close()
        log.record(EventCode.DEVICE_KEY_SET, READERS_LINE, 1, {})
        assert log.unrecorded == 1


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_001)
    assert user() == "local:4000001"
