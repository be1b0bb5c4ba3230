"""Making room on a full disk, in an order that never touches alarms, emergencies or refusals.

First old diagnostics are dropped, then the oldest routine events (a grant, an opened door) are folded into counts for
each door and hour. Each step leaves one event that names the sequence range in which events are missing now, so that
whoever reads the stream can explain every gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from firmware_bridge.store.outbox import Keep, Outbox, Row

BATCH: Final = 1000
LEAST_FOLDED: Final = 20  # below this a fold event is bigger than what it replaces
_COUNTS_LENGTH: Final = 1900  # an event's text may have 2000

Explain = Callable[[Keep, Mapping[str, str | int]], Row]
"""Makes the event that explains a gap, from the kind of what went and the gap's particulars."""


def make_room(outbox: Outbox, explain: Explain) -> int:
    """Take one step: drop a batch of diagnostics or, when there are none, fold a batch of routine events.

    Returns how many events went; 0 means that only evidence is left.

    Raises:
        OutboxFullError: There is not even room for the step itself; nothing changed.
    """
    for keep in (Keep.DIAGNOSTIC, Keep.ROUTINE):
        found = outbox.candidates(keep, BATCH)
        if len(found) < LEAST_FOLDED:
            continue
        if keep is Keep.ROUTINE:
            found, counts = _counted(found)
        else:
            counts = ""
        gone = [seq for seq, *_ in found]
        detail: dict[str, str | int] = {"from_seq": gone[0], "to_seq": gone[-1], "count": len(gone)}
        outbox.replace(gone, explain(keep, detail | ({"counts": counts} if counts else {})))
        return len(gone)
    return 0


def _counted(found: list[tuple[int, str, int | None, int]]) -> tuple[list[tuple[int, str, int | None, int]], str]:
    """As many of the oldest events as fit one text of counts: ``door 4 2026-11-23T08Z ACCESS_GRANTED 12; ...``."""
    counts: Counter[tuple[str, str, str]] = Counter()
    length = 0
    for number, (_, code, door, at_ms) in enumerate(found):
        hour = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%HZ")
        key = ("" if door is None else str(door), hour, code)
        if key not in counts:
            length += sum(map(len, key)) + 16
            if length > _COUNTS_LENGTH:
                found = found[:number]
                break
        counts[key] += 1
    return found, "; ".join(f"door {door or '-'} {hour} {code} {n}" for (door, hour, code), n in sorted(counts.items()))
