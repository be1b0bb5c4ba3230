"""Which bridge calls: the bearer of a session's token."""

from __future__ import annotations

from typing import Final

from flask import request

from access_control.readers.bridge_sessions import Caller, SessionRefusedError, caller_of
from access_control.web.problems import Problem
from access_control.web.services import current

_STATUS: Final = {
    "unknown_bridge": 403,
    "not_confirmed": 403,
    "revoked": 403,
    "bad_signature": 403,
    "duplicate_identity": 409,
    "place_taken": 409,
    "session_over": 401,
}
_BEARER: Final = "Bearer "


def caller() -> Caller:
    """Who calls, by the token; the database still has to say whether it may.

    Raises:
        Problem: 401 without a token that is good.
    """
    shown = request.headers.get("Authorization", "")
    services = current()
    try:
        return caller_of(services.keys, services.clock(), shown.removeprefix(_BEARER) if _BEARER in shown else "")
    except SessionRefusedError as refused:
        raise session_problem(refused) from refused


def session_problem(refused: SessionRefusedError) -> Problem:
    """What a bridge is told that gets no session, or has none."""
    return Problem(_STATUS[refused.code], code=refused.code, detail=refused.sentence, action=refused.action)
