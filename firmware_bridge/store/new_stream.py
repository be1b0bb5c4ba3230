"""One stream ends and another begins in its place.

A damaged outbox is set aside as it is. A sound one is left when the service has other events under its numbers: the
disk went back to an older state, or a copy of the state directory took over. Then it goes on as a new stream, with
every event that the service does not have.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from access_control.core.wire.errors import Refused
from access_control.core.wire.events import decode_event, encode_event
from firmware_bridge.store.entries import Entry
from firmware_bridge.store.files import set_aside
from firmware_bridge.store.outbox import Outbox, OutboxDamagedError, OutboxFullError

NUMBERS: Final = frozenset({"from_seq", "to_seq", "seq"})
"""Where the detail of an event names numbers of its stream."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewStream:
    """That a new stream has to begin.

    Attributes:
        why: What happened, in a sentence.
        leaves: The stream that is left, if its outbox is sound.
        after: The newest number in it whose event the service has; what came later goes into the new stream.
    """

    why: str
    leaves: str = ""
    after: int = 0


def leave(outbox: Outbox | None, new: NewStream, at: datetime) -> Entry | None:
    """Go on in a new stream; the event that tells it, or nothing where that was done already or the disk is full.

    Nobody remembers that it could not be done: the service refuses what comes from the old stream again.

    Raises:
        OutboxDamagedError: The outbox has to be set aside.
    """
    if outbox is None or outbox.stream != new.leaves:
        return None
    try:
        outbox.begin_anew(new.after, moved)
    except OutboxFullError as error:
        _log.warning("%s The disk has no room for a new stream (%s). Make room on it.", new.why, error)
        return None
    _log.error("%s A new stream begins with what the service does not have.", new.why)
    return Entry("LOG_GAP", at, detail={"why": new.why, "stream": new.leaves})


def put_aside(outbox: Outbox | None, path: Path, new: NewStream, at: datetime) -> Entry | None:
    """Close a damaged outbox and set it aside, so that another can be made; the event that tells it.

    Raises:
        OSError: The disk does not allow that.
    """
    _log.error("The outbox is damaged (%s). It is set aside and a new stream begins.", new.why)
    if outbox is not None:
        outbox.close(clean=False)
    return Entry("OUTBOX_DAMAGED", at, detail={"set_aside": set_aside(path, at).name}) if path.exists() else None


def moved(body: bytes, stream: str, by: int) -> bytes:
    """An event as a part of another stream, its number and those that it names lower by ``by``.

    What it names may lie before the new stream, which begins with 1: there nothing is missing.

    Raises:
        OutboxDamagedError: It is no event.
    """
    try:
        event = decode_event(body)
    except Refused as error:
        raise OutboxDamagedError(error.sentence) from error
    detail = {
        key: max(value - by, 1) if key in NUMBERS and isinstance(value, int) else value
        for key, value in event.detail.items()
    }
    return encode_event(msgspec.structs.replace(event, stream=stream, seq=event.seq - by, detail=detail))
