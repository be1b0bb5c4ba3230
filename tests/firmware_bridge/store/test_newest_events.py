from __future__ import annotations

from pathlib import Path

from firmware_bridge.store.newest_events import newest_at_doors
from firmware_bridge.store.outbox import Keep, Outbox, Row


def row(code: str, door: int | None) -> Row:
    return Row(Keep.EVIDENCE, code, door, 0, lambda _stream, seq: b'{"code":"%s","seq":%d}' % (code.encode(), seq))


def test_the_newest_of_each_door_is_read_beside_its_writer(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    for code, door in (("A", 1), ("A", 2), ("B", 1), ("C", 1), ("A", None)):
        outbox.append(row(code, door))
    found = newest_at_doors(tmp_path / "outbox.db", ("A", "B"))
    outbox.close()
    assert found == {1: {"code": "B", "seq": 3}, 2: {"code": "A", "seq": 2}}


def test_without_a_sound_record_there_is_nothing(tmp_path: Path) -> None:
    assert newest_at_doors(tmp_path / "outbox.db", ("A",)) == {}
    (tmp_path / "outbox.db").write_bytes(b"rubbish" * 1000)
    assert newest_at_doors(tmp_path / "outbox.db", ("A",)) == {}
