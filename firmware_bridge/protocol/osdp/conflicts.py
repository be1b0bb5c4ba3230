"""Who talks although somebody else was asked: two devices at one address, or one that answers for another. Pure.

One strange packet proves nothing: a slow device answers late, a bad cable makes bytes. So a thing is told when it was
seen several times within a minute, and then not again for an hour.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final

from firmware_bridge.controller.events import LinkAlarm, Moment
from firmware_bridge.protocol.osdp.panel import ReaderSession

_WITHIN_S: Final = 60.0
_AGAIN_S: Final = 3600.0
_LATELY_S: Final = 1.0
_ENOUGH: Final = 5
_ENOUGH_GARBLED: Final = 10


class Sign(Enum):
    """What was seen, in the words that people read; ``address`` is the device's."""

    TWICE = (
        "Address {address} answers twice to one question: two devices have this address. Unplug the one that does not "
        "belong there, or give it an address of its own."
    )
    FOR_ANOTHER = (
        "When the reader at address {address} is asked, something answers in the name of address {other}. One of the "
        "two has a wrong address: set it, or unplug what does not belong on the line."
    )
    GARBLED = (
        "What comes from address {address} is garbled while the other devices on the line are understood: two devices "
        "have this address and talk at once, or the cable to this one is bad. Unplug one device after the other."
    )
    BUSY = (
        "Something says busy in the name of address {address}, which answers the same question all the same. Look who "
        "is at the cable, and whether two devices have this address."
    )
    COLLISION = (
        "While the bridge asked address {address} something else was sending. Check that no address is there twice and "
        "that nothing else on the line asks questions."
    )


class _Seen:
    """What was seen of one device."""

    def __init__(self) -> None:
        self.at: dict[Sign, deque[float]] = {}
        self.told_s: float | None = None
        self.spare = 0


class Conflicts:
    """Counts signs and alarms, once per device and hour."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._seen: dict[ReaderSession, _Seen] = {}
        self._well: dict[ReaderSession, float] = {}
        self._line = _Seen()

    def serve(self, sessions: tuple[ReaderSession, ...]) -> None:
        """Only these are on the line from now on."""
        self._seen = {session: self._seen.get(session) or _Seen() for session in sessions}
        self._well = {session: at_s for session, at_s in self._well.items() if session in self._seen}

    def accepted(self, session: ReaderSession, tries: int, mono_s: float) -> None:
        """It answered what it had been asked so often; the other askings may be answered yet."""
        seen = self._seen.get(session)
        if seen is not None:  # not one that is being seen off
            seen.spare = tries - 1
            seen.at.pop(Sign.GARBLED, None)
            self._well[session] = mono_s

    def heard(self, asked: ReaderSession | None, session: ReaderSession | None, address: int, moment: Moment) -> None:
        """A packet in the name of ``address``, which is ``session`` if anybody, came when ``asked`` was to answer."""
        if session is not None and (session.tries or session.probing):
            return  # it owes an answer, which is late
        seen = None if session is None else self._seen.get(session)
        if seen is not None and seen.spare > 0:
            seen.spare -= 1
        elif asked is not None and asked is not session:
            self._sign(asked, Sign.FOR_ANOTHER, moment, other=address)
        elif session is not None:
            self._sign(session, Sign.TWICE, moment)

    def garbled(self, session: ReaderSession, moment: Moment) -> None:
        """What came when it was asked made no sense; that says something only if others are understood."""
        others = [at_s for other, at_s in self._well.items() if other is not session]
        if others and moment.mono_s - max(others) < _LATELY_S:
            self._sign(session, Sign.GARBLED, moment, enough=_ENOUGH_GARBLED)

    def contradicted(self, session: ReaderSession, moment: Moment) -> None:
        """BUSY came to a question that was asked once, and then its true answer: no device says both."""
        self._sign(session, Sign.BUSY, moment)

    def collided(self, session: ReaderSession, moment: Moment) -> None:
        """What was sent to it came back otherwise. It may be any device's doing, so that counts for the whole line."""
        self._sign(session, Sign.COLLISION, moment, seen=self._line)

    def _sign(
        self,
        session: ReaderSession,
        sign: Sign,
        moment: Moment,
        *,
        enough: int = _ENOUGH,
        other: int = 0,
        seen: _Seen | None = None,
    ) -> None:
        seen, now_s = seen or self._seen.get(session), moment.mono_s
        if seen is None:
            return
        times = seen.at.setdefault(sign, deque(maxlen=enough))
        times.append(now_s)
        if len(times) < enough or now_s - times[0] > _WITHIN_S:
            return
        if seen.told_s is not None and now_s - seen.told_s < _AGAIN_S:
            return
        seen.told_s = now_s
        detail = sign.value.format(address=session.setup.address, other=other)
        session.reports.alarm(LinkAlarm.CONFLICT, detail, moment)
