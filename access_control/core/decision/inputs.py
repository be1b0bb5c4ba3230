"""Alarm inputs: wires that say something about the building and not about one door."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from access_control.core.decision.building import Point
    from access_control.core.decision.model import EmergencyAction


class InputKind(StrEnum):
    """What an alarm input reports."""

    PANIC = "panic"
    FIRE = "fire"
    MAINS_FAIL = "mains_fail"
    BATTERY_LOW = "battery_low"
    ENCLOSURE_TAMPER = "enclosure_tamper"
    KEY_BOX_TAMPER = "key_box_tamper"


class InputNormal(StrEnum):
    """What the contact is while nothing is the matter; the other state is the alarm."""

    NORMALLY_OPEN = "normally_open"
    NORMALLY_CLOSED = "normally_closed"


@dataclass(frozen=True, slots=True)
class AlarmInput:
    """One alarm input.

    Attributes:
        normal: How the contact rests. A cut or shorted supervised wire is trouble, never an alarm.
        action: What a panic input starts, and ``scope`` where; ``None`` for every other kind.
    """

    id: int
    name: str
    kind: InputKind
    point: Point
    normal: InputNormal = InputNormal.NORMALLY_OPEN
    action: EmergencyAction | None = None
    scope: str | None = None
