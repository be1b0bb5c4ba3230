"""A line on which nobody can be heard because something never stops sending: what is still sent on it. Pure.

Output commands that never expire, an emergency's first of all, are sent into the noise: whoever can hear acts on them.
They are told as sent, which proves nothing, and wait until they can be acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from firmware_bridge.controller.events import Event, LineJabbers, Moment
from firmware_bridge.protocol.osdp.blind import Blind
from firmware_bridge.protocol.osdp.panel import ReaderSession
from firmware_bridge.protocol.osdp.pause import GAP_WAIT_S

DROWNED: Final = "Something on its line never stops sending, so it cannot be heard. See the alarm of the line."


class Deafness:
    """The panel's side of such a line, from when that was noticed."""

    def __init__(self, sessions: Sequence[ReaderSession], moment: Moment) -> None:
        """Every session ends; those that were up can still be told something."""
        drowned = {session: session.drowned(DROWNED, moment) for session in sessions}
        self._blinds: Mapping[ReaderSession, Blind] = {s: blind for s, blind in drowned.items() if blind is not None}
        self._wanted_s: float | None = None
        self._now_s = moment.mono_s

    def serve(self, sessions: Sequence[ReaderSession]) -> None:
        """Only these are on the line from now on."""
        self._blinds = {session: blind for session, blind in self._blinds.items() if session in sessions}

    def owes(self) -> bool:
        """Whether there are commands that were not sent yet."""
        self._look(self._now_s)
        return any(blind.owes for blind in self._blinds.values())

    def wake_s(self, free_s: float) -> float:
        """When something is to be sent; ``free_s`` is when the line is free."""
        due_s = min((blind.due_s() for blind in self._blinds.values()), default=float("inf"))
        return due_s if self._wanted_s is None else min(free_s, self._wanted_s + GAP_WAIT_S)

    def frame(self, free_s: float, moment: Moment) -> bytes:
        """What to send now; nothing while a gap may still come."""
        now_s = self._now_s = moment.mono_s
        self._look(now_s)
        due = [session for session, blind in self._blinds.items() if blind.due_s() <= now_s]
        if not due:
            self._wanted_s = None
            return b""
        self._wanted_s = now_s if self._wanted_s is None else self._wanted_s
        if now_s < min(free_s, self._wanted_s + GAP_WAIT_S):
            return b""
        self._wanted_s = None
        session = min(due, key=lambda one: (self._blinds[one].urgency, self._blinds[one].due_s()))
        frame, told = self._blinds[session].frame(now_s)
        for pending in told:
            session.outputs.sent_unheard(pending, moment)
        return frame

    def _look(self, mono_s: float) -> None:
        for session, blind in self._blinds.items():
            blind.tell(*session.errands.unheard(mono_s))


def jabbers(port: str, culprit: int | None, name: Callable[[int], str | None], moment: Moment) -> Event:
    """The alarm, with what the bytes tell of who it is; ``name`` is what is known to be at an address."""
    if culprit is None:
        who = "Which device it is cannot be told: unplug one after the other until the others answer again."
    else:
        known = name(culprit)
        at = f"address {culprit}, which is {known}" if known else f"address {culprit}, where nothing is set up"
        who = f"What it says bears {at}: unplug that device first, then the others one after the other."
    why = f"On the line of port {port} something never stops sending, so no device on it can be heard. {who}"
    return LineJabbers(moment, port, jabbers=True, why=why, address=culprit)
