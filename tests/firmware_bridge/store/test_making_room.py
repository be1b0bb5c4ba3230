from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from firmware_bridge.store.making_room import make_room
from firmware_bridge.store.outbox import Keep, Outbox, Row

HOUR_MS = 3_600_000


class Told:
    """Notes what each step said about itself."""

    def __init__(self) -> None:
        self.steps: list[tuple[Keep, dict[str, str | int]]] = []

    def __call__(self, keep: Keep, detail: Mapping[str, str | int]) -> Row:
        self.steps.append((keep, dict(detail)))
        return Row(Keep.EVIDENCE, "EVENTS_FOLDED", None, 0, lambda _, __: b"explained")


def add(outbox: Outbox, keep: Keep, count: int, *, code: str = "ACCESS_GRANTED", door: int = 1, hour: int = 0) -> None:
    for _ in range(count):
        outbox.append(Row(keep, code, door, hour * HOUR_MS, lambda _, __: b"event"))


def kept(outbox: Outbox) -> list[int]:
    return [stored.seq for stored in outbox.after(0, 100_000)]


def test_diagnostics_go_first(tmp_path: Path) -> None:
    told = Told()
    with Outbox(tmp_path / "outbox.db") as outbox:
        add(outbox, Keep.ROUTINE, 30)
        add(outbox, Keep.DIAGNOSTIC, 40, code="READER_ONLINE")
        assert make_room(outbox, told) == 40
        assert told.steps == [(Keep.DIAGNOSTIC, {"from_seq": 31, "to_seq": 70, "count": 40})]
        assert kept(outbox) == [*range(1, 31), 71]


def test_then_the_oldest_routine_events_become_counts_for_each_door_and_hour(tmp_path: Path) -> None:
    told = Told()
    with Outbox(tmp_path / "outbox.db") as outbox:
        add(outbox, Keep.ROUTINE, 12, door=4, hour=1)
        add(outbox, Keep.EVIDENCE, 3, code="DENIED_LOST")
        add(outbox, Keep.ROUTINE, 9, door=4, hour=2)
        add(outbox, Keep.ROUTINE, 5, door=7, hour=2, code="GRANTED_EXTENDED")
        assert make_room(outbox, told) == 26
        ((keep, detail),) = told.steps
        assert keep is Keep.ROUTINE
        assert (detail["from_seq"], detail["to_seq"], detail["count"]) == (1, 29, 26)
        assert detail["counts"] == (
            "door 4 1970-01-01T01Z ACCESS_GRANTED 12; door 4 1970-01-01T02Z ACCESS_GRANTED 9; "
            "door 7 1970-01-01T02Z GRANTED_EXTENDED 5"
        )
        assert kept(outbox) == [13, 14, 15, 30]


def test_evidence_never_goes(tmp_path: Path) -> None:
    told = Told()
    with Outbox(tmp_path / "outbox.db") as outbox:
        add(outbox, Keep.EVIDENCE, 500, code="DENIED_LOST")
        assert make_room(outbox, told) == 0
        assert told.steps == []
        assert len(kept(outbox)) == 500


def test_every_gap_is_explained_whatever_the_mixture(tmp_path: Path) -> None:
    told = Told()
    with Outbox(tmp_path / "outbox.db") as outbox:
        for round_ in range(60):
            for door in range(40):
                add(outbox, Keep.ROUTINE, 1, door=door, hour=round_)
            add(outbox, Keep.DIAGNOSTIC, 7, code="READER_ONLINE")
            add(outbox, Keep.EVIDENCE, 1, code="DOOR_FORCED")
        while make_room(outbox, told):
            pass
        left = set(kept(outbox))
        explained = {
            seq for _, detail in told.steps for seq in range(int(detail["from_seq"]), int(detail["to_seq"]) + 1)
        }
        assert set(range(1, outbox.last_seq + 1)) - left <= explained
        assert sum(int(detail["count"]) for _, detail in told.steps) == outbox.last_seq - len(left)
        assert all(len(str(detail.get("counts", ""))) <= 1900 for _, detail in told.steps)
