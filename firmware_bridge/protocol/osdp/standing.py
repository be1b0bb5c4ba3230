"""How one reader stands, as the rest of the bridge knows it: each change is told once, each alarm once an episode.

An episode is over when the reader was protected for a minute without that alarm, and not with the first new session: a
fault that lasts makes one session after the other.
"""

from __future__ import annotations

from typing import Final

from firmware_bridge.controller.events import LinkAlarm, LinkState, Moment
from firmware_bridge.protocol.osdp.handshake import Refusal
from firmware_bridge.protocol.osdp.reports import Reports

_EPISODE_ENDS_S: Final = 60.0


class Standing:
    """What was told about one reader's link."""

    def __init__(self, reports: Reports) -> None:
        """``reports`` takes what is told."""
        self._reports = reports
        self._told: LinkState | None = None
        self._since_s = 0.0
        self._seen_s: dict[LinkAlarm, float] = {}

    @property
    def link(self) -> LinkState:
        """How the reader answers; down until it ever did."""
        return self._told or LinkState.DOWN

    def announce(self, state: LinkState, why: str, moment: Moment) -> None:
        """Tell a change."""
        if state is not self._told:
            self._end_episodes(moment)
            self._told, self._since_s = state, moment.mono_s
            self._reports.link(state, why, moment)

    def alarm(self, refusal: Refusal, moment: Moment) -> None:
        """Tell an alarm once an episode."""
        self._end_episodes(moment)
        told = refusal.alarm in self._seen_s
        self._seen_s[refusal.alarm] = moment.mono_s
        if not told:
            self._reports.alarm(refusal.alarm, refusal.why, moment)

    def _end_episodes(self, moment: Moment) -> None:
        if self._told is LinkState.SECURE:
            well_since_s = moment.mono_s - _EPISODE_ENDS_S
            self._seen_s = {a: at_s for a, at_s in self._seen_s.items() if max(at_s, self._since_s) > well_since_s}
