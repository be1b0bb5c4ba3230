"""How an event is written down, and how dear it is when the disk is full."""

from __future__ import annotations

from typing import Final

from access_control.core.decision.reasons import Reason
from access_control.core.wire.events import EventCode, EventRecord, encode_event, severity_of
from access_control.core.wire.spelling import write_time
from firmware_bridge.store.entries import Entry, Writing
from firmware_bridge.store.outbox import Keep
from firmware_bridge.store.uuid7 import uuid7

ROUTINE: Final = frozenset(
    {
        Reason.ACCESS_GRANTED,
        Reason.GRANTED_EXTENDED,
        EventCode.ACCESS_TAKEN,
        EventCode.ACCESS_NOT_TAKEN,
        EventCode.DOOR_OPENED,
        EventCode.DOOR_CLOSED,
        EventCode.REX,
    }
)
"""What becomes counts for each door and hour when the disk is full."""

DIAGNOSTIC: Final = frozenset(
    {
        EventCode.DOOR_LOCK_CMD,
        EventCode.DOOR_UNLOCK_CMD,
        EventCode.SCHEDULE_UNLOCK_START,
        EventCode.SCHEDULE_UNLOCK_END,
        EventCode.READER_ONLINE,
        EventCode.READER_LINE_FAULT,
        EventCode.READER_LOCKOUT_RELEASED,
        EventCode.BOARD_ONLINE,
        EventCode.PORT_RESTORED,
        EventCode.LINE_JABBER_ENDED,
        EventCode.OSDP_SC_ESTABLISHED,
        EventCode.OUTPUT_LAPSED,
        EventCode.OUTPUT_EXPIRED,
    }
)
"""What is given up first. Everything in neither set is evidence: alarms, emergencies, refusals and whatever is new."""


def keep_of(entry: Entry) -> Keep:
    """How dear an event is."""
    if entry.code in DIAGNOSTIC:
        return Keep.DIAGNOSTIC
    return Keep.ROUTINE if entry.code in ROUTINE else Keep.EVIDENCE


def writing_for(bridge: str) -> Writing:
    """How events of the bridge with that UUID are written."""

    def encode(entry: Entry, stream: str, seq: int) -> bytes:
        record = EventRecord(
            bridge=bridge,
            stream=stream,
            seq=seq,
            id=uuid7(entry.at),
            at=write_time(entry.at),
            mono_ms=None if entry.mono_s is None else int(entry.mono_s * 1000),
            code=entry.code,
            severity=severity_of(entry.code),
            door=entry.door,
            reader=entry.reader,
            holder=entry.holder,
            drill=entry.drill,
            flagged=entry.late,
            detail={key: value[:2000] if isinstance(value, str) else value for key, value in entry.detail.items()},
        )
        return encode_event(record)

    return Writing(keep_of, encode)
