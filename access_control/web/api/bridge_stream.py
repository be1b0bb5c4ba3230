"""The stream that a bridge opens: what is new for it, the moment it is known.

A lost message costs seconds, never safety: the bridge asks every two seconds anyway.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Final

from access_control.core.wire.errors import Refused
from access_control.core.wire.signing import Kind
from access_control.core.wire.uplink import KEEP_ALIVE_S, DocumentName, Push, read_push, write_push
from access_control.database.errors import DatabaseError
from access_control.readers.bridge_sessions import Caller, SessionRefusedError, require_session
from access_control.readers.status import newest_revisions
from access_control.web.services import Services

ASK_AGAIN_S: Final = 15.0
"""So often a stream looks whether its bridge may still listen."""
_LOG: Final = logging.getLogger(__name__)


def messages(services: Services, asking: Caller) -> Generator[bytes, None, None]:
    """The stream's messages, for as long as the session is good and the bridge listens."""
    with services.database.changes.listen(f"bridge:{asking.bridge_id}") as listener:
        asked_at = services.clock()
        yield _message(Push(hint=_newest(services, asking)))
        while not listener.closed:
            change = listener.get(KEEP_ALIVE_S)
            if _is_over(services, asking, asked_at):
                return
            if (services.clock() - asked_at).total_seconds() > ASK_AGAIN_S:
                asked_at = services.clock()
            if listener.take_missed():
                yield _message(Push(hint=_newest(services, asking)))
            if change is not None:
                yield from _passed_on(change.payload)
            else:
                yield b":\n\n"


def _is_over(services: Services, asking: Caller, asked_at: datetime) -> bool:
    """Whether the bridge may listen no more; not knowing, because the database is down, ends nothing."""
    at = services.clock()
    if (at - asked_at).total_seconds() <= ASK_AGAIN_S:
        return False
    try:
        with services.database.reading() as session:
            require_session(session, at, asking)
    except SessionRefusedError:
        return True
    except DatabaseError:
        return False
    return False


def _passed_on(payload: str) -> Iterator[bytes]:
    try:
        push = read_push(json.dumps(json.loads(payload), separators=(",", ":")).encode())
    except (Refused, ValueError):
        _LOG.warning("something was told about a bridge that is no message for it")
        return
    yield _message(push)


def _newest(services: Services, asking: Caller) -> dict[DocumentName, str]:
    try:
        with services.database.reading() as session:
            found = newest_revisions(session, asking.bridge_id)
    except DatabaseError:
        return {}
    hint: dict[DocumentName, str] = {}
    if Kind.POLICY in found:
        hint["policy"] = found[Kind.POLICY]
    if Kind.ORDERS in found:
        hint["orders"] = found[Kind.ORDERS]
    return hint


def _message(push: Push) -> bytes:
    return b"event: " + push.name.encode() + b"\ndata: " + write_push(push) + b"\n\n"
