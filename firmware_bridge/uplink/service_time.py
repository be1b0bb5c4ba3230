"""The service's time beside the bridge's own: what proves the clock, or casts doubt on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from firmware_bridge.controller.events import Moment
from firmware_bridge.store.clock_trust import JUMP, strayed

CLOSE: Final = JUMP
"""A clock that is nearer than this is right: as near as an action from the service needs it."""


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """The service said ``service`` at some moment between asking and hearing."""

    asked: Moment
    heard: Moment
    service: datetime

    @property
    def took_s(self) -> float:
        """How long the answer took, in seconds."""
        return self.heard.mono_s - self.asked.mono_s

    @property
    def ahead(self) -> timedelta:
        """How far the bridge's clock is ahead of the service's, at the least."""
        early, late = self.asked.at - self.service, self.heard.at - self.service
        if early <= timedelta() <= late:
            return timedelta()
        return early if early > timedelta() else late

    @property
    def proves(self) -> bool:
        """Whether the bridge's clock is right; nobody knows of one that was set between asking and hearing."""
        steady = abs(strayed(self.asked, self.heard)) <= JUMP
        return steady and self.took_s <= CLOSE.total_seconds() and abs(self.ahead) <= CLOSE

    @property
    def contradicts(self) -> bool:
        """Whether it is wrong; an answer that took long proves nothing and may still contradict."""
        return abs(self.ahead) > CLOSE
