"""What a bridge would have said, put where the service keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from access_control.readers.models import Bridge
from tests.building.tiny_school import BRIDGE, DOORS


def door_said(door: int, **other: Any) -> dict[str, Any]:
    """A door that is locked, closed and proved, but for what is named."""
    return {
        "door": door,
        "command": "lock",
        "slot": "default",
        "proved": True,
        "proof_age_s": 1.0,
        "position": "closed",
        "alarm": "none",
        "security": "secured",
        "why": "",
        **other,
    }


def speak(session: Session, at: datetime, *doors: dict[str, Any]) -> None:
    """Let the bridge of the tiny school say how its doors are; those not named are locked, closed and proved."""
    named = {door["door"]: door for door in doors}
    said = [named.get(number) or door_said(number) for number, *_ in DOORS]
    bridge = session.get_one(Bridge, BRIDGE)
    bridge.status = {"clock_trusted": True, "doors": said, "readers": [], "boards": [], "emergencies": []}
    bridge.status_at = at
