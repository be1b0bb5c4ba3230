"""What a panel has to know about a reader, or a board that speaks OSDP, before the first byte."""

from __future__ import annotations

from dataclasses import dataclass, field

from access_control.core.decision.building import READER_POINTS
from access_control.core.decision.model import DeviceKind

LAST_ADDRESS = 126
"""Addresses go from 0 to this one; the next is the broadcast."""


@dataclass(frozen=True, slots=True)
class ReaderSetup:
    """One reader on a line, or an input and output module.

    Attributes:
        id: The reader as the rest of the bridge names it.
        address: Its address on the line, 0-126.
        scbk: Its 16-byte Secure Channel key. ``None`` before commissioning: then it is asked who it is, and nothing
            that it says opens a door.
        reply_s: The longest that it may take to begin an answer; the standard allows 0.2 s.
        read_back: Whether its outputs are asked for, to prove them better than an acknowledgement does.
        kind: A reader, or a board: then it has no cards, whatever it says.
        spare: Another key that it may have instead: the exchange of its key was broken off in the middle.
        inputs: How many it may have; what it says of more is passed over.
        heads: Where several heads share the address: each one's number on the device, and the reader that it is. Empty:
            whichever head it is, it is ``id``.
    """

    id: int
    address: int
    scbk: bytes | None = field(default=None, repr=False)
    reply_s: float = 0.2
    read_back: bool = True
    kind: DeviceKind = DeviceKind.READER
    spare: bytes | None = field(default=None, repr=False)
    inputs: int = READER_POINTS
    heads: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no reader can be."""
        if not 0 <= self.address <= LAST_ADDRESS:
            raise ValueError(f"reader {self.id}: address {self.address} is not between 0 and {LAST_ADDRESS}")
        for key in (self.scbk, self.spare):
            if key is not None and len(key) != 16:
                raise ValueError(f"reader {self.id}: its key has {len(key)} bytes instead of 16")

    @property
    def device(self) -> tuple[DeviceKind, int]:
        """The device as commands and events name it."""
        return self.kind, self.id

    @property
    def ids(self) -> tuple[int, ...]:
        """Every reader that it is: as many as it has heads, or the one board."""
        return tuple(reader for _, reader in self.heads) or (self.id,)

    def reader_at(self, head: int) -> int | None:
        """The reader that a head is; ``None`` for one that nobody has set up."""
        return dict(self.heads).get(head) if self.heads else self.id


@dataclass(frozen=True, slots=True)
class LinkTiming:
    """The times that a panel keeps, in seconds. The defaults are measured ones; docs/osdp.md says how.

    Attributes:
        probe_reply_s: How long a silent reader is usually waited for, so that its neighbours hardly feel it.
        known_probe_s: Where several are silent, one that has answered before is waited for so long and twice the time
            that it took then.
        patient_probe_every: Every so many probes a silent reader gets its whole ``reply_s``; the more are silent, the
            rarer does each get it.
        first_back_off_s: Pause after the first failed probe; it doubles up to ``last_back_off_s``. Where several are
            silent it may be longer: after each probe the line belongs to those that answer for ten times as long.
        off_line_s: Silence after which a reader is reported off-line.
        off_line_garbled_s: The same where bytes came that made no sense: rather a bad line than a dead reader, and a
            reader forgets the card that it was about to tell of when its session is made anew.
        busy_s: Pause after a reader said that it is busy.
        busy_most_s: How long it may say nothing else: less than a proof lasts.
        refused_s: Pause after a handshake that must not succeed.
        unsettled_most_s: The longest pause after sessions that came to nothing; the first is ``refused_s``, and it
            doubles with each further time.
        settled_s: Time without that after which the next pause is the shortest again.
        given_up_s: How long a command is not sent that was refused in the clear again and again: it need not be the
            peripheral that says so.
        keyless_s: How often a reader without a key is asked whether it is still there.
        answer_hold_s: How long the slot after a card waits for the answer to it.
        read_back_s: How long an output may be silent before it is asked for; each acknowledged command counts as told.
        read_back_rests_s: How much longer it is not asked for where commands keep being acknowledged: people are coming
            through, and the question would make the next card wait.
        shortest_reply_s: The least time-out for a reader that always answers at once.
    """

    probe_reply_s: float = 0.03
    known_probe_s: float = 0.01
    patient_probe_every: int = 8
    first_back_off_s: float = 0.05
    last_back_off_s: float = 1.0
    off_line_s: float = 0.55
    off_line_garbled_s: float = 2.0
    busy_s: float = 0.02
    busy_most_s: float = 5.0
    refused_s: float = 1.0
    unsettled_most_s: float = 8.0
    settled_s: float = 60.0
    given_up_s: float = 600.0
    keyless_s: float = 0.2
    answer_hold_s: float = 0.002
    read_back_s: float = 5.0
    read_back_rests_s: float = 25.0
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
