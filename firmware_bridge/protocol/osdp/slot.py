"""A question that is out, and how long its answer is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from firmware_bridge.protocol.osdp.frames import MAX_PACKET, FrameDecoder
from firmware_bridge.protocol.osdp.panel import ReaderSession
from firmware_bridge.protocol.osdp.pause import Pause

_LAG_S: Final = 0.05
"""So far may an answer that began in time be behind the line's pace; noise that looks like one is soon further."""


@dataclass(slots=True)
class Slot:
    """From and until when the question is being sent, and until when its answer may begin.

    Attributes:
        busy: Whether somebody has said BUSY in the clear to it. The true answer may still come.
        garbled: Whether bytes came that made no sense.
    """

    session: ReaderSession
    begun_s: float
    sent_s: float
    deadline_s: float
    busy: bool = False
    garbled: bool = False

    def patient_until_s(self, decoder: FrameDecoder, character_s: float) -> float:
        """Until when to wait: a packet that has begun in time may end later."""
        begun_s, stalls_s = decoder.begun_s(), decoder.stalls_at_s()
        if begun_s is None or begun_s > self.deadline_s or stalls_s is None:
            return self.deadline_s
        lags_s = begun_s + decoder.held() * character_s + _LAG_S
        return min(max(self.deadline_s, min(stalls_s, lags_s)), self.deadline_s + MAX_PACKET * character_s)

    def deaf_until_s(self, decoder: FrameDecoder, pause: Pause, character_s: float) -> float:
        """Until when nothing that arrives could be acted upon: the line must still be carrying the answer.

        Only refusals in the clear are shorter than what is waited for, and none of them is in a hurry.
        """
        usual_s = self.session.silence.patience.usual_s
        missing = decoder.missing()
        if not missing:
            # Half of the usual delay: if it ever gets shorter, that is found out.
            handed_over_s = min(usual_s / 2, character_s)
            return self.sent_s + self.session.least_answer() * character_s + handed_over_s
        # What is here may have lain in an adapter for a while, and then the rest is there already.
        at_its_pace_s = pause.free_s - pause.lasts_s + (missing - 1) * character_s
        return min(at_its_pace_s, self.sent_s + usual_s + decoder.wanted() * character_s)
