"""How long one peripheral has said nothing, how long to wait for it, and when to look for it again."""

from __future__ import annotations

from firmware_bridge.protocol.osdp.busy import Busyness
from firmware_bridge.protocol.osdp.setup import LinkTiming, Patience

_RETRY_AFTER_S = (0.0, 0.01, 0.02, 0.04, 0.08)


class Silence:
    """Counts from one accepted answer to the next."""

    def __init__(self, timing: LinkTiming, longest_s: float) -> None:
        """``longest_s`` is the longest that the peripheral may take to begin an answer."""
        self.patience = Patience(timing.shortest_reply_s, longest_s)
        self.busyness = Busyness(timing.busy_most_s)
        self._timing = timing
        self._back_off_s = timing.first_back_off_s
        self._silent = 1
        self._probes = 0
        self._asked_s = 0.0
        self._since_s: float | None = None
        self._garbled = False
        self._unsettled_s = float("-inf")
        self._pause_s = timing.refused_s

    def asked(self, mono_s: float, *, probing: bool) -> None:
        """A question goes out."""
        self._asked_s = mono_s
        if probing:
            self._probes += 1

    def reply_s(self, *, probing: bool) -> float:
        """How long to wait for the beginning of the answer to what was just asked."""
        patient = not probing or self._probes % (self._timing.patient_probe_every * self._silent) == 1
        return self.patience.reply_s if patient else self.probe_s

    @property
    def probe_s(self) -> float:
        """How long to wait for the answer to a probe, unless it is a patient one."""
        usual_s, timing = self.patience.usual_s, self._timing
        hurried = usual_s > 0.0 and self._silent > 1
        wait_s = timing.known_probe_s + 2 * usual_s if hurried else max(timing.probe_reply_s, 2 * usual_s)
        return min(self.patience.reply_s, wait_s)

    def broken(self) -> None:
        """It answered."""
        self._since_s = None
        self._garbled = False
        self._probes = 0
        self._back_off_s = self._timing.first_back_off_s

    def begins(self) -> None:
        """It did not answer what was asked last; the silence counts from the first such question."""
        if self._since_s is None:
            self._since_s = self._asked_s

    def garbled(self) -> None:
        """Bytes came in answer, but they made no sense."""
        self._garbled = True

    def retry_after_s(self, tries: int) -> float:
        """The pause before what was asked ``tries`` times is asked again, longer each time."""
        return _RETRY_AFTER_S[min(tries, len(_RETRY_AFTER_S)) - 1]

    def next_probe_after_s(self) -> float:
        """The pause before the next probe, longer each time."""
        pause_s = self._back_off_s
        self._back_off_s = min(2 * pause_s, self._timing.last_back_off_s)
        return pause_s

    def next_pause_s(self, mono_s: float) -> float:
        """The pause after its sessions came to nothing, longer each time that this has not ended long ago."""
        timing = self._timing
        lately = mono_s - self._unsettled_s < timing.settled_s
        self._pause_s = min(2 * self._pause_s, timing.unsettled_most_s) if lately else timing.refused_s
        self._unsettled_s = mono_s
        return self._pause_s

    def shared(self, silent: int) -> None:
        """So many peripherals of the line are silent: patient probes do not become more frequent by that."""
        self._silent = silent

    @property
    def back_off_s(self) -> float:
        """The pause before a probe as it is now."""
        return self._back_off_s

    def stirred(self) -> None:
        """Something hints that it may be back."""
        self._back_off_s = self._timing.first_back_off_s

    def slow(self) -> None:
        """It answered after its time was up: the next probe is a patient one."""
        self.patience.missed()
        self._probes = 0

    def too_long(self, mono_s: float) -> bool:
        """Whether it counts as gone."""
        if self._since_s is None:
            return False
        enough_s = self._timing.off_line_garbled_s if self._garbled else self._timing.off_line_s
        return mono_s - self._since_s >= enough_s
