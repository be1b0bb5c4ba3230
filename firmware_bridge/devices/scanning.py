"""Looks for OSDP devices on a line: every speed, every address, only ID and CAP in the clear, never a key.

What stirs when everybody is asked at once (the broadcast address, which the standard keeps for setting up) tells which
speeds to search first. It finds nobody by itself: several devices would answer on top of each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol, TypeVar

from firmware_bridge.clock import Clock
from firmware_bridge.config import BAUD_RATES
from firmware_bridge.devices.questions import CHARACTER_BITS, FRAME_BYTES, PAUSE_CHARACTERS, Outcome, Questions
from firmware_bridge.devices.serial_line import SerialLine
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity
from firmware_bridge.protocol.osdp.frames import BROADCAST, Packet
from firmware_bridge.protocol.osdp.replies import Capabilities, Identity, Nak, parse_reply

ADDRESSES: Final = tuple(range(127))
REPLY_S: Final = 0.2
"""The standard gives a device so long to begin its answer."""
QUICK_REPLY_S: Final = 0.05
PATIENT_S: Final = 1.0
LATE_ONES: Final = 8
AGAIN: Final = 3
"""How often a place is asked at whose answer makes no sense, because noise does not repeat itself."""
NOISY_AFTER: Final = 5
"""When so many addresses in a row answer senselessly, it is the line itself that is noisy."""


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look, in this order, and how long to wait for each answer."""

    bauds: Sequence[int] = BAUD_RATES
    addresses: Sequence[int] = ADDRESSES
    reply_s: float = REPLY_S

    def at_most_s(self) -> float:
        """How long it takes if nobody answers, in seconds; each device that is found adds a fraction of one."""
        return sum(self._one_s(baud) * (2 * len(self.addresses) + 3) for baud in self.bauds)

    def _one_s(self, baud: int) -> float:
        return (FRAME_BYTES + PAUSE_CHARACTERS) * CHARACTER_BITS / baud + self.reply_s

    @property
    def probes(self) -> int:
        """How many places there are to ask at."""
        return len(self.bauds) * len(self.addresses)


@dataclass(frozen=True, slots=True)
class Progress:
    """So many places of all have been asked at; the next is this one, perhaps the ``first`` one of its speed."""

    done: int
    probes: int
    baud: int
    address: int
    first: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody answers at an address.

    Attributes:
        readable: Whether a whole answer came; if not, two devices may share the address.
        identity: What it says of itself; ``None`` if it would not.
        capabilities: What it says it can do; ``None`` if it would not.
        crc: Whether it answers a question with a CRC, and ``checksum`` one with an 8-bit check sum.
        refusal: Why it would not say who it is.
    """

    baud: int
    address: int
    readable: bool = True
    identity: Identity | None = None
    capabilities: Capabilities | None = None
    crc: bool = False
    checksum: bool = False
    refusal: Nak | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """The line brings senseless bytes whoever is asked; the rest of this speed was left out."""

    baud: int


OpenAt = Callable[[int], SerialLine]
"""Opens the line at a speed, as a context manager."""


def scan(open_at: OpenAt, search: Search, *, clock: Clock) -> Iterator[Progress | Found | Noise]:
    """Look everywhere; the line is open only while the iterator is.

    Raises:
        LineUnavailableError: The port cannot be used, or is lost.
    """
    done = 0
    for baud in _lively_first(open_at, search, clock):
        with open_at(baud) as line:
            sweep = _Sweep(Questions(line, baud, clock), baud, search.addresses, search.reply_s, search.probes)
            for place in sweep.run():
                yield replace(place, done=done + place.done) if isinstance(place, Progress) else place
        done += len(search.addresses)


def _lively_first(open_at: OpenAt, search: Search, clock: Clock) -> list[int]:
    """The speeds at which anybody stirs come first; the others after them, because not everybody answers to all."""
    lively = []
    for baud in search.bauds:
        with open_at(baud) as line:
            questions = Questions(line, baud, clock)
            kinds = (questions.ask(AskIdentity(), BROADCAST, search.reply_s, crc=crc) for crc in (True, False))
            if any(not outcome.silent for outcome in kinds):
                lively.append(baud)
    return lively + [baud for baud in search.bauds if baud not in lively]


class Listening(Protocol):
    """What a walk over addresses needs of whoever asks."""

    def overhear(self, within_s: float) -> frozenset[int]:
        """Who still answers although nobody asks any more."""
        ...


Asking = TypeVar("Asking", bound=Listening)
Answering = TypeVar("Answering")


@dataclass(slots=True)
class Sweep(ABC, Generic[Asking, Answering]):
    """All addresses at one speed, whatever is spoken there; ``probes`` is how many places there are at all speeds."""

    questions: Asking
    baud: int
    addresses: Sequence[int]
    reply_s: float
    probes: int
    late: set[int] = field(default_factory=set)
    senseless_in_a_row: int = 0

    @abstractmethod
    def look(self, address: int, reply_s: float) -> Answering | None:
        """Who is at an address."""

    def run(self) -> Iterator[Progress | Answering | Noise]:
        """Ask everywhere, and again where somebody answered after its time."""
        met: set[int] = set()
        for number, address in enumerate(self.addresses):
            yield Progress(number, self.probes, self.baud, address, number == 0)
            found = self.look(address, self.reply_s)
            if found is not None:
                met.add(address)
                yield found
            if self.senseless_in_a_row >= NOISY_AFTER:
                yield Noise(self.baud)
                return
        self.late |= self.questions.overhear(self.reply_s) & set(self.addresses)
        for address in sorted(self.late - met)[:LATE_ONES]:
            found = self.look(address, PATIENT_S)
            if found is not None:
                yield found


class _Sweep(Sweep[Questions, Found]):
    """OSDP devices."""

    def look(self, address: int, reply_s: float) -> Found | None:
        """Ask with a CRC, and with a check sum where that brings nothing: some devices know only the one."""
        senseless = 0
        for crc in (True, False):
            outcome = self._ask(address, reply_s, crc=crc)
            if outcome.answer is not None:
                self.senseless_in_a_row = 0
                return self._question(Found(self.baud, address), outcome.answer)
            senseless += outcome.unreadable
        self.senseless_in_a_row = self.senseless_in_a_row + 1 if senseless else 0
        return Found(self.baud, address, readable=False) if senseless else None

    def _ask(self, address: int, reply_s: float, *, crc: bool) -> Outcome:
        """Ask for the identity; a senseless answer is asked for again, because noise does not repeat itself."""
        outcome = Outcome()
        for _ in range(AGAIN):
            outcome = self.questions.ask(AskIdentity(), address, reply_s, crc=crc)
            self.late |= outcome.others & set(self.addresses)
            if not outcome.unreadable:
                break
        return outcome

    def _question(self, found: Found, first: Packet) -> Found:
        """Ask somebody who is known to be there for everything else; each answer may take its time."""
        reply = parse_reply(first.code, first.data)
        other = self.questions.ask(AskIdentity(), found.address, PATIENT_S, crc=not first.crc).answer
        checks = {first.crc} | ({other.crc} if other is not None else set())
        outcome = self.questions.ask(AskCapabilities(), found.address, PATIENT_S, crc=True in checks)
        can = None if outcome.answer is None else parse_reply(outcome.answer.code, outcome.answer.data)
        return replace(
            found,
            identity=reply if isinstance(reply, Identity) else None,
            capabilities=can if isinstance(can, Capabilities) else None,
            crc=True in checks,
            checksum=False in checks,
            refusal=reply if isinstance(reply, Nak) else None,
        )
