"""One reader step by step, as an installer goes through it at the wall: what was tried, and what came of it.

What a person must do or has to look at is asked through :class:`Person`; with nobody there (``attended`` false) nothing
is asked, and what only eyes and hands can prove is told as not seen.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from firmware_bridge.clock import Clock
from firmware_bridge.controller.commands import Indication, ShowAtReader
from firmware_bridge.controller.events import (
    CardPresented,
    Event,
    LinkAlarm,
    LinkState,
    ReaderAlarmed,
    ReaderLinkChanged,
    ReaderTampered,
)
from firmware_bridge.devices.commissioning import CommissioningError
from firmware_bridge.devices.describing import abilities, firmware, maker, refused_because
from firmware_bridge.devices.osdp_port import OsdpPort, ReaderSetup
from firmware_bridge.devices.questions import Questions
from firmware_bridge.devices.scanning import PATIENT_S, OpenAt
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity
from firmware_bridge.protocol.osdp.replies import Capabilities, Function, Identity, Nak, parse_reply

SILENT: Final = "Nobody answers. Check its power, its two wires (A and B exchanged?), its address and the line's speed."
UNREADABLE: Final = "Somebody answers, but unreadably: two readers with one address, or the wrong end of the cable."
_READER: Final = 1
_QUESTIONS: Final = 20
_BAD_ENOUGH: Final = 4
"""When so many questions stayed without an answer, no more are needed to see that the line is bad."""
_SECURE_S: Final = 10.0
_SHOWN_S: Final = 3.0
Happened = TypeVar("Happened")


class Outcome(StrEnum):
    """What came of a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is about, what came of it, and a sentence."""

    name: str
    outcome: Outcome
    sentence: str


class Person(Protocol):
    """Whoever stands at the reader."""

    attended: bool

    def tell(self, sentence: str) -> None:
        """Say what to do now."""
        ...

    def confirm(self, question: str) -> bool:
        """Ask what can only be seen."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the reader is and what is known of it.

    Attributes:
        open_at: Opens the line at a speed, for the questions before there is a session.
        key: The key that this bridge keeps for it, if any.
        give_key: Makes a new key, gives it to the reader and keeps it; a sentence, or :class:`CommissioningError`.
        patience_s: How long to wait for a card or a hand.
    """

    path: str
    baud: int
    address: int
    open_at: OpenAt
    key: Callable[[], bytes | None]
    give_key: Callable[[], str]
    patience_s: float = 30.0


def walk(bench: Bench, person: Person, *, clock: Clock) -> Iterator[Step]:
    """Go through one reader. The first step that everything else needs ends it when it fails.

    Raises:
        LineUnavailableError: The port cannot be used.
    """
    with bench.open_at(bench.baud) as line:
        acquaintance = _Acquaintance(Questions(line, bench.baud, clock), bench.address, clock)
        yield from acquaintance.steps()
    if acquaintance.identity is None:
        return
    step = _key(bench)
    yield step
    key = bench.key()
    if step.outcome is Outcome.FAILED or key is None:
        return
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    setup = ReaderSetup(_READER, bench.address, key)
    port = OsdpPort("walk", bench.path, bench.baud, [setup], emit=events.put, clock=clock)
    port.start()
    try:
        yield from _Session(port, events, bench, person, clock, acquaintance.capabilities).steps()
    finally:
        port.stop()


def _key(bench: Bench) -> Step:
    if bench.key() is not None:
        return Step("key", Outcome.PASSED, "This bridge has a key for it already; it has to prove it now.")
    try:
        said = bench.give_key()
    except CommissioningError as problem:
        return Step("key", Outcome.FAILED, str(problem))
    return Step("key", Outcome.PASSED, said[:1].upper() + said[1:])


class _Acquaintance:
    """The questions in the clear: is it there, who is it, and is the line good?"""

    def __init__(self, questions: Questions, address: int, clock: Clock) -> None:
        self.identity: Identity | None = None
        self.capabilities = Capabilities(())
        self._questions = questions
        self._address = address
        self._clock = clock

    def steps(self) -> Iterator[Step]:
        outcome = self._questions.ask(AskIdentity(), self._address, PATIENT_S)
        if outcome.answer is None:
            yield Step("found", Outcome.FAILED, UNREADABLE if outcome.unreadable else SILENT)
            return
        yield Step("found", Outcome.PASSED, f"A device answers at address {self._address}.")
        reply = parse_reply(outcome.answer.code, outcome.answer.data)
        if not isinstance(reply, Identity):
            why = f" ({refused_because(reply)})" if isinstance(reply, Nak) else ""
            yield Step("who", Outcome.FAILED, f"It does not say who it is{why}. It is no reader that can be used.")
            return
        self.identity = reply
        yield self._who(reply)
        yield self._wiring()

    def _who(self, identity: Identity) -> Step:
        outcome = self._questions.ask(AskCapabilities(), self._address, PATIENT_S)
        can = None if outcome.answer is None else parse_reply(outcome.answer.code, outcome.answer.data)
        who = (
            f"{maker(identity)}, model {identity.model}, serial number {identity.serial}, firmware {firmware(identity)}"
        )
        if not isinstance(can, Capabilities):
            return Step("who", Outcome.FAILED, f"{who}. It does not say what it can do.")
        self.capabilities = can
        if not can.of(Function.SECURITY).level & 1:
            return Step("who", Outcome.FAILED, f"{who}. It cannot protect its line (no Secure Channel): use another.")
        return Step("who", Outcome.PASSED, f"{who}. It has: {', '.join(abilities(can))}.")

    def _wiring(self) -> Step:
        asked, answered, senseless, slowest_s = 0, 0, 0, 0.0
        while asked < _QUESTIONS and asked - answered < _BAD_ENOUGH:
            asked += 1
            begun_s = self._clock.monotonic_s()
            outcome = self._questions.ask(AskIdentity(), self._address, PATIENT_S)
            answered += outcome.answer is not None
            senseless += outcome.senseless
            slowest_s = max(slowest_s, self._clock.monotonic_s() - begun_s)
        said = f"{answered} of {asked} questions were answered, the slowest after {slowest_s * 1000:.0f} ms"
        if answered == asked and not senseless:
            return Step("wiring", Outcome.PASSED, f"{said}.")
        noise = f", with {senseless} senseless bytes" if senseless else ""
        return Step("wiring", Outcome.FAILED, f"{said}{noise}. Check the cable, its shield and its ends.")


class _Session:
    """What needs the protected line: the proof of the key, a card, light and buzzer, the tamper switch."""

    def __init__(
        self,
        port: OsdpPort,
        events: queue.SimpleQueue[Event],
        bench: Bench,
        person: Person,
        clock: Clock,
        can: Capabilities,
    ) -> None:
        self._port = port
        self._events = events
        self._bench = bench
        self._person = person
        self._clock = clock
        self._can = can
        self._why = ""
        self._refused = ""
        self._tampered = False

    def steps(self) -> Iterator[Step]:
        judged = next((event for event in self._coming(_SECURE_S) if _is_verdict(event)), None)
        if not isinstance(judged, ReaderLinkChanged):
            yield Step("proof", Outcome.FAILED, self._why or "The reader did not open a protected session.")
            return
        yield Step("proof", Outcome.PASSED, "The reader proved its key; from now on its line is encrypted.")
        yield self._card()
        yield self._light_and_buzzer()
        yield self._tamper()
        self._port.submit(ShowAtReader(_READER, Indication.LOCKED, None, silent=True))

    def _card(self) -> Step:
        self._person.tell("Hold any card to the reader.")
        read = self._await(CardPresented, lambda _: True, self._patience_s)
        if read is not None:
            return Step("card", Outcome.PASSED, f"A card of {read.bits.length} bits was read.")
        return self._missed("card", "No card was read. Try another card; is it of a kind that this reader takes?")

    def _light_and_buzzer(self) -> Step:
        has = [word for word, function in _SHOWING.items() if self._can.of(function).level]
        if not has:
            return Step("light", Outcome.NOT_SEEN, "The reader has neither light nor buzzer.")
        self._refused = ""
        self._port.submit(ShowAtReader(_READER, Indication.GRANTED, _SHOWN_S, silent=False))
        what = " and ".join(has)
        self._await(ReaderAlarmed, lambda event: event.alarm is LinkAlarm.NAK, 1.0)
        if self._refused:
            return Step("light", Outcome.FAILED, self._refused)
        if not self._person.attended:
            return Step("light", Outcome.NOT_SEEN, f"It took the command for its {what}; nobody looked.")
        if self._person.confirm(f"The reader shows *admitted* for {_SHOWN_S:.0f} s. Did its {what} work?"):
            return Step("light", Outcome.PASSED, f"Its {what} was seen to work.")
        return Step("light", Outcome.FAILED, f"Its {what} did not work, although it took the command.")

    def _tamper(self) -> Step:
        self._person.tell("Open the reader's housing, or take it off the wall.")
        if not self._tampered and self._await(ReaderTampered, lambda event: event.tampered, self._patience_s) is None:
            return self._missed(
                "tamper", "The tamper switch was not seen to move. Look at the switch behind the reader."
            )
        self._person.tell("Close it again.")
        if self._await(ReaderTampered, lambda event: not event.tampered, self._patience_s) is None:
            return Step(
                "tamper", Outcome.FAILED, "The reader still says that it is open. Close it, or look at its switch."
            )
        return Step("tamper", Outcome.PASSED, "The tamper switch was seen to open and to close.")

    def _missed(self, name: str, sentence: str) -> Step:
        """What nobody was asked to do is not a fault of the reader."""
        if self._person.attended:
            return Step(name, Outcome.FAILED, sentence)
        return Step(name, Outcome.NOT_SEEN, f"{sentence.partition('. ')[0]}; nobody was asked to try.")

    @property
    def _patience_s(self) -> float:
        return self._bench.patience_s

    def _await(self, kind: type[Happened], fact: Callable[[Happened], bool], within_s: float) -> Happened | None:
        return next((event for event in self._coming(within_s) if isinstance(event, kind) and fact(event)), None)

    def _coming(self, within_s: float) -> Iterator[Event]:
        until_s = self._clock.monotonic_s() + within_s
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            try:
                event = self._events.get(timeout=left_s)
            except queue.Empty:
                return
            self._note(event)
            yield event

    def _note(self, event: Event) -> None:
        """What is asked about later, or explains a failure."""
        if isinstance(event, ReaderLinkChanged) and event.why:
            self._why = event.why
        elif isinstance(event, ReaderAlarmed) and event.alarm is LinkAlarm.NAK:
            self._refused = event.detail
        elif isinstance(event, ReaderAlarmed):
            self._why = event.detail
        elif isinstance(event, ReaderTampered):
            self._tampered = event.tampered


def _is_verdict(event: Event) -> bool:
    """The session is up, or the reader has shown that it never will be."""
    if isinstance(event, ReaderLinkChanged):
        return event.state is LinkState.SECURE
    return isinstance(event, ReaderAlarmed) and event.alarm in _HOPELESS


_HOPELESS: Final = (LinkAlarm.WRONG_KEY, LinkAlarm.DEFAULT_KEY, LinkAlarm.DOWNGRADE)
_SHOWING: Final = {"light": Function.LED, "buzzer": Function.BUZZER}
