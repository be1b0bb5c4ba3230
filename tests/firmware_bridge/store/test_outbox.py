from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.store.outbox import Keep, Outbox, OutboxDamagedError, OutboxFullError, Row, open_outbox

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def grant(number: int, at: datetime = MONDAY, size: int = 40) -> Row:
    text = f"grant {number} ".ljust(size, ".").encode()
    return Row(Keep.ROUTINE, "ACCESS_GRANTED", 3, int(at.timestamp() * 1000), lambda _, seq: text + b"%d" % seq)


def sequences(outbox: Outbox) -> list[int]:
    return [stored.seq for stored in outbox.after(0, 100_000)]


def fill(outbox: Outbox) -> None:
    for number in range(1000):
        outbox.append(grant(number, size=500))


def test_sequences_have_no_gaps_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    for first in (1, 4, 7):
        with Outbox(path) as outbox:
            assert [outbox.append(grant(n)) for n in range(3)] == [first, first + 1, first + 2]
    with Outbox(path) as outbox:
        assert sequences(outbox) == list(range(1, 10))


def test_the_stream_keeps_its_name_and_two_outboxes_have_two(tmp_path: Path) -> None:
    with Outbox(tmp_path / "a.db") as first, Outbox(tmp_path / "b.db") as second:
        name = first.stream
        assert name != second.stream
    with Outbox(tmp_path / "a.db") as again:
        assert again.stream == name


def test_an_event_knows_its_stream_and_sequence(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        row = Row(Keep.EVIDENCE, "DOOR_FORCED", 1, 0, lambda stream, seq: f"{stream} {seq}".encode())
        outbox.append(row)
        (stored,) = outbox.unsent()
        assert stored.body.decode() == f"{outbox.stream} 1"


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        outbox.append(grant(1))
        for part in tmp_path.iterdir():
            assert part.stat().st_mode & 0o077 == 0, part


KILLED = """
import os, signal, sys
from pathlib import Path
from firmware_bridge.store.outbox import Keep, Outbox, Row
outbox = Outbox(Path(sys.argv[1]))
for number in range(50):
    outbox.append(Row(Keep.ROUTINE, "ACCESS_GRANTED", 1, number, lambda _, seq: b"x"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_appended_survives_kill_minus_9_and_the_next_start_knows(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    outbox, found = open_outbox(path, MONDAY)
    with outbox:
        assert found.unclean
        assert found.set_aside is None
        assert sequences(outbox) == list(range(1, 51))
    outbox, found = open_outbox(path, MONDAY)
    with outbox:
        assert not found.unclean


def test_acknowledged_events_are_not_sent_again_but_can_be_asked_for(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for number in range(10):
            outbox.append(grant(number))
        outbox.acknowledge(outbox.stream, 6)
        assert [stored.seq for stored in outbox.unsent()] == [7, 8, 9, 10]
        assert [stored.seq for stored in outbox.unsent(limit=2)] == [7, 8]
        assert [stored.seq for stored in outbox.after(3, limit=2)] == [4, 5]


@pytest.mark.parametrize(("stream", "seq"), [("another", 8), (None, 11), (None, 3), (None, -1)])
def test_a_wrong_acknowledgement_changes_nothing(tmp_path: Path, stream: str | None, seq: int) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for number in range(10):
            outbox.append(grant(number))
        outbox.acknowledge(outbox.stream, 4)
        outbox.acknowledge(stream or outbox.stream, seq)
        assert outbox.acknowledged == 4


def test_the_ring_keeps_what_is_young_few_or_unsent(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for day in range(10):
            outbox.append(grant(day, MONDAY + timedelta(days=day)))
        outbox.acknowledge(outbox.stream, 8)
        assert outbox.trim(MONDAY + timedelta(days=3), most=100) == 3
        assert sequences(outbox) == [4, 5, 6, 7, 8, 9, 10]
        assert outbox.trim(MONDAY, most=4) == 3
        assert outbox.trim(MONDAY + timedelta(days=99), most=0) == 2
        assert sequences(outbox) == [9, 10]


def instructions(outbox: Outbox, work: Callable[[], object]) -> int:
    """How many dozens of instructions SQLite spends on something."""
    spent = 0

    def count() -> int:
        nonlocal spent
        spent += 1
        return 0

    outbox._db.set_progress_handler(count, 12)
    work()
    outbox._db.set_progress_handler(None, 12)
    return spent


@pytest.mark.parametrize("gone", [0, 50])
def test_what_a_trim_reads_does_not_grow_with_what_is_kept(tmp_path: Path, gone: int) -> None:
    spent = []
    for kept in (500, 5000):
        with Outbox(tmp_path / f"{kept}.db") as outbox:
            for number in range(gone + kept):
                outbox.append(grant(number, MONDAY + timedelta(days=number >= gone)))
            outbox.acknowledge(outbox.stream, gone + kept)
            spent.append(instructions(outbox, lambda: outbox.trim(MONDAY + timedelta(hours=1), most=10_000)))
            assert len(sequences(outbox)) == kept
    assert spent[1] < spent[0] * 1.5


def test_an_event_before_a_clock_that_was_set_back_keeps_those_after_it_a_little_longer(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for day in (0, 3, 1, 2):
            outbox.append(grant(day, MONDAY + timedelta(days=day)))
        outbox.acknowledge(outbox.stream, 4)
        assert outbox.trim(MONDAY + timedelta(days=2), most=100) == 1
        assert outbox.trim(MONDAY + timedelta(days=2), most=100) == 0
        assert sequences(outbox) == [2, 3, 4]
        assert outbox.trim(MONDAY + timedelta(days=4), most=100) == 3


def test_a_sequence_is_never_used_twice_even_when_everything_went(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path) as outbox:
        for number in range(5):
            outbox.append(grant(number))
        outbox.acknowledge(outbox.stream, 5)
        outbox.trim(MONDAY + timedelta(days=1), most=0)
    with Outbox(path) as outbox:
        assert outbox.append(grant(6)) == 6


def test_a_full_file_takes_nothing_and_uses_no_number(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db", max_pages=8) as outbox:
        with pytest.raises(OutboxFullError):
            fill(outbox)
        last = outbox.last_seq
        assert sequences(outbox) == list(range(1, last + 1))
        outbox.acknowledge(outbox.stream, last)
        outbox.trim(MONDAY + timedelta(days=1), most=0)
        assert outbox.append(grant(1)) == last + 1


CLOSED_UNDER_A_READER = """
import sys, threading, time
from pathlib import Path
from firmware_bridge.store.outbox import Keep, Outbox, OutboxDamagedError, Row

def read(outbox, ended):
    try:
        while True:
            outbox.after(0, 100_000)
    except OutboxDamagedError:
        ended.set()

for number in range(20):
    outbox, ended = Outbox(Path(sys.argv[1]) / f"{number}.db"), threading.Event()
    for _ in range(300):
        outbox.append(Row(Keep.ROUTINE, "ACCESS_GRANTED", 3, 0, lambda *_: b"body" * 50))
    reader = threading.Thread(target=read, args=(outbox, ended))
    reader.start()
    time.sleep(0.003)
    outbox.close()
    reader.join()
    assert ended.is_set()
"""


def test_closing_it_under_a_thread_that_reads_refuses_the_reader_and_nothing_else(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSED_UNDER_A_READER, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_replacing_is_all_or_nothing(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for number in range(4):
            outbox.append(grant(number))

        def broken(_: str, __: int) -> bytes:
            raise sqlite3.OperationalError("disk I/O error")

        with pytest.raises(OutboxFullError):
            outbox.replace([1, 2], Row(Keep.EVIDENCE, "EVENTS_FOLDED", None, 0, broken))
        assert sequences(outbox) == [1, 2, 3, 4]
        assert outbox.replace([1, 2], grant(9)) == 5
        assert sequences(outbox) == [3, 4, 5]


@pytest.mark.parametrize("damage", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_set_aside_and_a_new_stream_begins(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(damage)
    outbox, found = open_outbox(path, MONDAY)
    with outbox:
        assert found.set_aside is not None
        assert found.set_aside.read_bytes() == damage
        assert outbox.append(grant(1)) == 1


def test_a_file_of_a_later_layout_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    Outbox(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(OutboxDamagedError, match="layout 99"):
        Outbox(path)


def test_damage_inside_is_found_by_looking_through_it(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox(path) as outbox:
        for number in range(2000):
            outbox.append(grant(number, size=200))
        outbox.checkpoint()
        outbox.examine()
    with path.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(os.urandom(4096 * 4))
    with Outbox(path) as outbox, pytest.raises(OutboxDamagedError):
        outbox.examine()


def test_syncing_says_up_to_where_power_loss_is_survived(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        assert outbox.sync() == 0
        outbox.append(grant(1))
        assert outbox.sync() == 1


def test_a_checkpoint_moves_wal_into_the_file_and_loses_nothing(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        for number in range(100):
            outbox.append(grant(number))
        outbox.checkpoint()
        grown = outbox.wal_bytes()
        for number in range(50):
            outbox.append(grant(number))
        assert outbox.wal_bytes() == grown
        assert sequences(outbox) == list(range(1, 151))
        assert outbox.newest_ms() == int(MONDAY.timestamp() * 1000)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.just("append"), st.just("restart"), st.integers(0, 30)), max_size=25))
def test_whatever_happens_every_unacknowledged_event_is_there_once(steps: list[str | int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "outbox.db"
        outbox = Outbox(path)
        given_out: list[int] = []
        acknowledged = 0
        for step in steps:
            if step == "append":
                given_out.append(outbox.append(grant(0)))
            elif step == "restart":
                outbox.close(clean=False)
                outbox = Outbox(path)
            elif isinstance(step, int):
                outbox.acknowledge(outbox.stream, step)
                acknowledged = max(acknowledged, step) if step <= len(given_out) else acknowledged
                outbox.trim(MONDAY + timedelta(days=1), most=0)
        assert given_out == list(range(1, len(given_out) + 1))
        assert [stored.seq for stored in outbox.unsent()] == given_out[acknowledged:]
        outbox.close()
