"""What a panel has to know about a reader before the first byte."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReaderSetup:
    """One reader on a line.

    Attributes:
        id: The reader as the rest of the bridge names it.
        address: Its address on the line, 0-126.
        scbk: Its 16-byte Secure Channel key. ``None`` before commissioning: then it is asked who it is, and nothing
            that it says opens a door.
        reply_s: The longest that it may take to begin an answer; the standard allows 0.2 s.
        read_back: Whether its outputs are asked for, to prove them better than an acknowledgement does.
    """

    id: int
    address: int
    scbk: bytes | None = field(default=None, repr=False)
    reply_s: float = 0.2
    read_back: bool = True

    def __post_init__(self) -> None:
        """Refuse what no reader can be."""
        if not 0 <= self.address <= 126:
            raise ValueError(f"reader {self.id}: address {self.address} is not between 0 and 126")
        if self.scbk is not None and len(self.scbk) != 16:
            raise ValueError(f"reader {self.id}: its key has {len(self.scbk)} bytes instead of 16")


@dataclass(frozen=True, slots=True)
class LinkTiming:
    """The times that a panel keeps, in seconds. The defaults are measured ones; docs/osdp.md says how.

    Attributes:
        probe_reply_s: How long a silent reader is usually waited for, so that its neighbours hardly feel it.
        patient_probe_every: Every so many probes a silent reader gets its whole ``reply_s``.
        first_back_off_s: Pause after the first failed probe; it doubles up to ``last_back_off_s``.
        off_line_s: Silence after which a reader is reported off-line.
        busy_s: Pause after a reader said that it is busy.
        busy_most_s: How long it may say nothing else: less than a proof lasts.
        refused_s: Pause after a handshake that must not succeed.
        keyless_s: How often a reader without a key is asked whether it is still there.
        answer_hold_s: How long the slot after a card waits for the answer to it.
        read_back_s: How often outputs are asked for.
        shortest_reply_s: The least time-out for a reader that always answers at once.
    """

    probe_reply_s: float = 0.03
    patient_probe_every: int = 8
    first_back_off_s: float = 0.05
    last_back_off_s: float = 1.0
    off_line_s: float = 0.55
    busy_s: float = 0.02
    busy_most_s: float = 5.0
    refused_s: float = 1.0
    keyless_s: float = 0.2
    answer_hold_s: float = 0.002
    read_back_s: float = 5.0
    shortest_reply_s: float = 0.03


class Patience:
    """How long to wait for one reader, learned from how fast it answers."""

    def __init__(self, shortest_s: float, longest_s: float) -> None:
        """Until the first answer it waits the longest."""
        self._shortest_s = min(shortest_s, longest_s)
        self._longest_s = longest_s
        self._usual_s: float | None = None
        self._spread_s = 0.0
        self.reply_s = longest_s

    def answered(self, after_s: float) -> None:
        """An answer began ``after_s`` after the end of the question."""
        after_s = max(0.0, after_s)
        if self._usual_s is None:
            self._usual_s, self._spread_s = after_s, after_s / 2
        else:
            self._spread_s += (abs(after_s - self._usual_s) - self._spread_s) / 4
            self._usual_s += (after_s - self._usual_s) / 8
        enough = self._usual_s + 4 * self._spread_s + self._shortest_s / 2
        self.reply_s = min(max(enough, self._shortest_s), self._longest_s)

    def missed(self) -> None:
        """No answer came in time: be more patient."""
        self.reply_s = min(1.5 * self.reply_s, self._longest_s)

    @property
    def usual_s(self) -> float:
        """How soon it usually begins to answer; 0 until it ever has."""
        return self._usual_s or 0.0
