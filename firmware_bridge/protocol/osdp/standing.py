"""How one reader stands, as the rest of the bridge knows it: each change is told once, each alarm once an episode."""

from __future__ import annotations

from firmware_bridge.controller.events import LinkAlarm, LinkState, Moment
from firmware_bridge.protocol.osdp.handshake import Refusal
from firmware_bridge.protocol.osdp.reports import Reports


class Standing:
    """What was told about one reader's link."""

    def __init__(self, reports: Reports) -> None:
        """``reports`` takes what is told."""
        self._reports = reports
        self._told: LinkState | None = None
        self._alarmed: set[LinkAlarm] = set()

    @property
    def link(self) -> LinkState:
        """How the reader answers; down until it ever did."""
        return self._told or LinkState.DOWN

    def announce(self, state: LinkState, why: str, moment: Moment) -> None:
        """Tell a change; a reader that is protected again may alarm anew."""
        if state is LinkState.SECURE:
            self._alarmed.clear()
        if state is not self._told:
            self._told = state
            self._reports.link(state, why, moment)

    def alarm(self, refusal: Refusal, moment: Moment) -> None:
        """Tell an alarm once until the reader is protected again."""
        if refusal.alarm not in self._alarmed:
            self._alarmed.add(refusal.alarm)
            self._reports.alarm(refusal.alarm, refusal.why, moment)
