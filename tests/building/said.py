"""What a bridge says: events and Status, as they arrive at the service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from access_control.core.wire.events import EventCode, EventRecord, encode_event, severity_of
from access_control.core.wire.spelling import write_time
from access_control.core.wire.uplink import InForce, StatusRequest

STREAM = "01939a5e-7c00-7000-8000-00000000e001"
OTHER_STREAM = "01939a5e-7c00-7000-8000-00000000e002"


def an_event(bridge: str, seq: int, code: str, at: datetime, *, stream: str = STREAM, **more: Any) -> EventRecord:
    """One event; ``door``, ``reader``, ``holder``, ``drill`` and ``detail`` by name."""
    plain: dict[str, Any] = {"door": None, "reader": None, "holder": None, "drill": False, "flagged": False}
    return EventRecord(
        bridge=bridge,
        stream=stream,
        seq=seq,
        id=f"01939a5e-7c00-7000-8000-{seq:012x}",
        at=write_time(at),
        mono_ms=seq,
        code=code,
        severity=severity_of(code),
        **{**plain, "detail": {}, **more},
    )


def raw_event(bridge: str, seq: int, code: str, at: datetime, **more: Any) -> bytes:
    """The same as the bridge stored it."""
    return encode_event(an_event(bridge, seq, code, at, **more))


def raw_run(bridge: str, first: int, last: int, at: datetime, *, stream: str = STREAM) -> list[bytes]:
    """Events of no importance with numbers from ``first`` to ``last``."""
    return [raw_event(bridge, seq, EventCode.DOOR_CLOSED, at, stream=stream, door=1) for seq in range(first, last + 1)]


def a_door(door: int, **changes: Any) -> dict[str, Any]:
    """A door's part of a Status: locked, closed, and proved a second ago."""
    return {
        "door": door,
        "number": str(door),
        "name": f"Door {door}",
        "command": "lock",
        "slot": "default",
        "proof": "read_back",
        "proof_age_s": 1.0,
        "proved": True,
        "position": "closed",
        "alarm": "none",
        "acknowledged": False,
        "security": "secured",
        "why": "",
        "link": "up",
        "directives": [],
        "lockdown": False,
        "drill": False,
        **changes,
    }


def an_emergency(directive: str, action: str = "lockdown", *, drill: bool = False) -> dict[str, Any]:
    """A directive's part of a Status."""
    return {"directive": directive, "action": action, "drill": drill, "restored": False, "elapsed_s": 1.0}


def a_status(
    *doors: dict[str, Any],
    policy: str | None = None,
    orders: str | None = None,
    stream: str | None = STREAM,
    acknowledged: int = 0,
    last_seq: int = 0,
    **changes: Any,
) -> StatusRequest:
    """A whole Status."""
    said = {
        "policy": policy,
        "orders": orders,
        "clock_trusted": True,
        "doors": list(doors),
        "readers": [],
        "boards": [],
        "ports": [],
        "emergencies": [],
        **changes,
    }
    return StatusRequest(said, InForce(None, policy, orders), stream, acknowledged, last_seq)
