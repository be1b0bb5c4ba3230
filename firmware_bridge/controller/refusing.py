"""Refusals at a reader: each is recorded, guesses are counted, and whatever the reason the reader shows the same."""

from __future__ import annotations

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.controller.indications import REFUSED_S, silent_at
from firmware_bridge.controller.reader import ReaderMachine
from firmware_bridge.controller.world import World


def refuse(
    reader: ReaderMachine,
    reason: Reason,
    world: World,
    answer: Answer,
    *,
    code: EventCode | None = None,
    holder: int | None = None,
    pass_id: str | None = None,
    cause: str = "",
) -> None:
    """Refuse somebody at a reader; the event has ``code`` where that says more than the reason."""
    unreported = reader.bounded(reason, answer.now)
    if unreported is not None:
        answer.record(
            code or reason,
            door=reader.reader.door,
            reader=reader.reader.id,
            holder=holder,
            pass_id=pass_id,
            cause=cause,
            unreported=unreported or None,
        )
    if reader.refused(reason, answer.now):
        answer.record(EventCode.READER_LOCKOUT, door=reader.reader.door, reader=reader.reader.id)
    show(reader, Indication.REFUSED, REFUSED_S, world, answer)


def show(reader: ReaderMachine, indication: Indication, for_s: float, world: World, answer: Answer) -> None:
    """Show something at a reader for some seconds, without a sound where nothing may sound."""
    answer.add(ShowAtReader(reader.reader.id, indication, for_s, silent_at(reader.reader.door, world)))
