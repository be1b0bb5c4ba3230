"""One RS-485 line of readers and boards: whose turn it is, and what the bytes on it mean. No clock, no line.

``receive`` takes what arrived, ``advance`` gives what to send, ``wake_s`` says when to ask again, ``events`` is what
happened. The line goes to lock commands of an emergency, then to the answer to a card, then to the reader that has
waited longest; lights, buzzers and proofs of outputs come in between, one in a round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from access_control.core.decision.model import DeviceKind
from firmware_bridge.controller.commands import DriveOutput, ShowAtReader
from firmware_bridge.controller.events import (
    CardPresented,
    Event,
    LineJabbers,
    LinkAlarm,
    LinkState,
    Moment,
    OutputFailed,
)
from firmware_bridge.protocol.osdp.conflicts import Conflicts
from firmware_bridge.protocol.osdp.deaf import Deafness, jabbers
from firmware_bridge.protocol.osdp.exchange import Claim, Heard
from firmware_bridge.protocol.osdp.frames import Fault, FrameDecoder, Garbage, Packet
from firmware_bridge.protocol.osdp.jabber import Jabber
from firmware_bridge.protocol.osdp.panel import ReaderSession
from firmware_bridge.protocol.osdp.pause import Pause
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup
from firmware_bridge.protocol.osdp.slot import Slot

_BITS_A_CHARACTER = 10
_OTHERS_SHARE = 10
"""So many times as long as a probe the line belongs to those that answer."""
_SHORTEST_REPLY = 8
_LONGEST_GAP_S = 0.02
_FAREWELL_S = 1.0
_GARBAGE_ALARM_BYTES = 64
_GARBAGE_ALARM_EVERY_S = 60.0

_Device = tuple[DeviceKind, int]

REPLACED = "The reader's settings have changed; its session begins anew."
UNKNOWN_READER = "This port has no such reader. Check the wiring in the site's settings."


class Bus:
    """The panel's side of one line."""

    def __init__(
        self,
        readers: Sequence[ReaderSetup],
        baud: int,
        entropy: Callable[[int], bytes],
        timing: LinkTiming | None = None,
        port: str = "",
    ) -> None:
        """``entropy(n)`` gives ``n`` unguessable bytes; ``port`` is what people call the line.

        Raises:
            ValueError: Two readers share an id or an address.
        """
        self.events: list[Event] = []
        self._timing = timing or LinkTiming()
        self._entropy = entropy
        self._character_s = _BITS_A_CHARACTER / baud
        self._decoder = FrameDecoder(max(_LONGEST_GAP_S, 4 * self._character_s))
        self._by_id: dict[_Device, ReaderSession] = {}
        self._by_address: dict[int, ReaderSession] = {}
        self._faces: dict[int, ReaderSession] = {}
        self._slot: Slot | None = None
        self._pause = Pause(self._character_s)
        self._sent_s = 0.0
        self._hold: tuple[ReaderSession, float] | None = None
        self._leaving: dict[_Device, float] = {}
        self._turns_since_errand = 0
        self._garbage = 0
        self._garbage_since_s = 0.0
        self._garbage_told = False
        self._port = port
        self._jabber = Jabber(self._character_s)
        self._deaf: Deafness | None = None
        self._conflicts = Conflicts()
        self._serve(readers)

    def reconfigure(self, readers: Sequence[ReaderSetup], moment: Moment) -> None:
        """Serve exactly these readers; those that stay the same keep their session.

        Raises:
            ValueError: Two readers share an id or an address.
        """
        before = tuple(self._by_id.values())
        self._serve(readers)
        self._leaving.clear()
        served = set(map(id, self._by_id.values()))
        for session in before:
            if id(session) in served:
                continue
            may_be_on = session.link is LinkState.SECURE and session.outputs.leased()
            if may_be_on and session.setup.address not in self._by_address:
                self._see_off(session, moment)
            else:
                session.line_lost(REPLACED, moment)

    def _see_off(self, session: ReaderSession, moment: Moment) -> None:
        """Nobody will end the leases of a reader that is served no more, so it is told *off* before it is forgotten."""
        session.outputs.all_off(moment)
        # Beside the devices' own numbers, which are never negative: no command reaches it any more.
        gone = session.setup.kind, ~session.setup.id
        self._by_id[gone] = self._by_address[session.setup.address] = session
        self._leaving[gone] = moment.mono_s + _FAREWELL_S

    def _part(self, moment: Moment) -> None:
        for number, until_s in tuple(self._leaving.items()):
            session = self._by_id[number]
            if moment.mono_s >= until_s or not session.owes_output():
                del self._leaving[number], self._by_id[number], self._by_address[session.setup.address]
                session.line_lost(REPLACED, moment)

    def _serve(self, readers: Sequence[ReaderSetup]) -> None:
        ids = [(setup.kind, number) for setup in readers for number in setup.ids]
        if len(set(ids)) != len(ids) or len({r.address for r in readers}) != len(readers):
            raise ValueError("two readers on one line share an id or an address")
        kept = {session.setup: session for session in self._by_id.values()}
        sessions = [kept.get(r) or ReaderSession(r, self._timing, self._entropy, self._tell) for r in readers]
        self._by_id = {session.setup.device: session for session in sessions}
        self._by_address = {session.setup.address: session for session in sessions}
        self._faces = {
            number: session
            for session in sessions
            if session.setup.kind is DeviceKind.READER
            for number in session.setup.ids
        }
        if self._slot is not None and self._slot.session not in sessions:
            self._slot = None
        self._conflicts.serve(tuple(sessions))
        if self._deaf is not None:
            self._deaf.serve(sessions)

    def _tell(self, event: Event) -> None:
        self.events.append(event)

    def submit(self, command: DriveOutput | ShowAtReader, moment: Moment) -> None:
        """Queue a command for one of the readers or boards."""
        if isinstance(command, DriveOutput):
            session = self._by_id.get((command.point.kind, command.point.device))
            if session is None:
                self._tell(OutputFailed(moment, command.point, command.energised, UNKNOWN_READER))
                return
            session.outputs.submit(command, moment)
        else:
            session = self._faces.get(command.reader)
            if session is None:
                return
            session.errands.display.show(command)
        if self._hold is not None and self._hold[0] is session:
            self._hold = None

    def all_off(self, moment: Moment) -> None:
        """Send every output that was ever used to relay-off, before anything else."""
        for session in self._by_id.values():
            session.outputs.all_off(moment)

    def line_lost(self, why: str, moment: Moment) -> None:
        """There is no line any more: every reader is off-line, and sessions begin anew when it is back."""
        self._slot = None
        self._hold = None
        self._decoder.clear()
        self._jabber.clear()
        self._deaf = None
        for session in self._by_id.values():
            session.line_lost(why, moment)

    def pass_time(self, moment: Moment) -> None:
        """End leases and drop late commands; :meth:`advance` does it too, this is for when there is no line."""
        for session in self._by_id.values():
            session.outputs.pass_time(moment)

    def next_deadline_s(self) -> float:
        """When :meth:`pass_time` has something to do; infinity for never."""
        times = [next_s for session in self._by_id.values() if (next_s := session.outputs.next_s()) is not None]
        return min(times, default=float("inf"))

    def settled(self) -> bool:
        """Whether no reader that answers has an output command left to take; where none can, whether all were sent."""
        if self._deaf is not None:
            return not self._deaf.owes()
        return not any(session.owes_output() for session in self._by_id.values())

    # -- the line

    def receive(self, data: bytes, moment: Moment) -> None:
        """Take bytes that arrived by ``moment``."""
        self._pause.heard(moment.mono_s)
        self._jabber.heard(len(data), moment.mono_s)
        for item in self._decoder.feed(data, moment.mono_s):
            self._take(item, moment)

    def collided(self, moment: Moment) -> None:
        """What was sent last came back from the adapter otherwise: somebody else sent at the same time."""
        if self._slot is not None:
            self._conflicts.collided(self._slot.session, moment)

    def advance(self, moment: Moment) -> bytes:
        """What to send now; nothing while an answer is awaited or nobody's turn has come."""
        now_s = moment.mono_s
        if self._deaf is not None or self._jabber.never_quiet(now_s):
            return self._advance_deaf(moment)
        if self._slot is not None:
            if now_s < self._slot.patient_until_s(self._decoder, self._character_s):
                self.pass_time(moment)
                return b""
            self._give_up(self._slot, moment)
        if self._jabber.listens(now_s):
            self.pass_time(moment)
            return b""
        for session in self._by_id.values():
            session.pass_time(moment)
        self._part(moment)
        if now_s < self._pause.opens_s():
            return b""
        turn = self._whose_turn(now_s)
        return b"" if turn is None else self._send(*turn, moment)

    def wake_s(self) -> float:
        """When :meth:`advance` has something to do even if nothing arrives."""
        if self._deaf is not None:
            deadline_s = self.next_deadline_s()
            return min(self._jabber.ended_s(), max(self._sent_s, self._deaf.wake_s(self._pause.free_s)), deadline_s)
        if self._slot is not None:
            return self._slot.patient_until_s(self._decoder, self._character_s)
        if (listens_until_s := self._jabber.listens_until_s()) is not None:
            return min(listens_until_s, self.next_deadline_s())
        return max(self._pause.opens_s(), min(map(self._wants_s, self._by_id.values()), default=float("inf")))

    def _wants_s(self, session: ReaderSession) -> float:
        """When a session may have the line. Whoever is held up sleeps: the answer that is waited for needs the time."""
        wants_s = session.wake_s()
        if self._hold is None or session.claim(self._hold[1], questions=False, errands=False) <= Claim.ANSWER:
            return wants_s
        return max(wants_s, self._hold[1])

    def deaf_until_s(self) -> float:
        """Until when nothing that arrives could be acted upon."""
        slot = self._slot
        return 0.0 if slot is None else slot.deaf_until_s(self._decoder, self._pause, self._character_s)

    def _advance_deaf(self, moment: Moment) -> bytes:
        """While nobody can be heard only what never expires is sent; a silence makes the line what it was."""
        if self._deaf is None:
            self._slot, self._hold = None, None
            self.events.append(jabbers(self._port, self._jabber.culprit(), self._name_at, moment))
            self._deaf = Deafness(tuple(self._by_id.values()), moment)
        self.pass_time(moment)
        self._part(moment)
        if moment.mono_s >= self._jabber.ended_s():
            self._deaf = None
            self._jabber.clear()
            self._decoder.clear()
            self.events.append(LineJabbers(moment, self._port, jabbers=False))
            for session in self._by_id.values():
                session.stirred(moment)
            return b""
        if moment.mono_s < self._sent_s:
            return b""
        frame = self._deaf.frame(self._pause.free_s, moment)
        self._sent_s = moment.mono_s + len(frame) * self._character_s + self._pause.lasts_s
        return frame

    def _name_at(self, address: int) -> str | None:
        session = self._by_address.get(address)
        return None if session is None else f"{session.setup.kind.value} {session.setup.id}"

    def _send(self, claim: Claim, session: ReaderSession, moment: Moment) -> bytes:
        frame = session.transmit(claim, moment)
        self._turns_since_errand = 0 if claim in (Claim.LIGHT, Claim.ERRAND) else self._turns_since_errand + 1
        sent_s = moment.mono_s + len(frame) * self._character_s
        reply_s = session.reply_s() + _SHORTEST_REPLY * self._character_s
        self._decoder.clear()
        self._hold = None
        self._slot = Slot(session, moment.mono_s, sent_s, sent_s + reply_s)
        self._pause.sent(sent_s)
        self._jabber.asked()
        return frame

    def _give_up(self, slot: Slot, moment: Moment) -> None:
        for item in self._decoder.idle(moment.mono_s):
            self._take(item, moment)
        if self._slot is None:
            return  # what had stalled held the answer
        if held := self._decoder.held():
            self._count_garbage(Garbage(held, Fault.CUT_SHORT), moment)
        self._slot = None
        self._pause.ours(moment.mono_s)
        self._decoder.clear()
        if self._jabber.suspected(moment.mono_s):
            for session in self._by_id.values():
                session.silence.garbled()
        was_probing = slot.session.probing
        if slot.busy:
            slot.session.busy(moment)
        else:
            slot.session.silent(moment)
        if was_probing:
            self._space_probes(slot, moment.mono_s)

    def _space_probes(self, slot: Slot, now_s: float) -> None:
        """After a probe nobody is probed for a while: the line belongs to those that answer."""
        silent = [session for session in self._by_id.values() if session.probing]
        if len(silent) == len(self._by_id):
            return  # nobody else wants it
        # A patient probe is rare enough to count as any other: the one that returns just now must not wait for long.
        took_s = slot.sent_s - slot.begun_s + _SHORTEST_REPLY * self._character_s + slot.session.silence.probe_s
        for session in silent:
            session.silence.shared(len(silent))
            session.ready_s = max(session.ready_s, now_s + _OTHERS_SHARE * took_s)

    # -- whose turn it is

    def _whose_turn(self, now_s: float) -> tuple[Claim, ReaderSession] | None:
        questions = self._turns_since_errand >= 1
        errands = self._turns_since_errand >= len(self._by_id)
        claims = [
            (session.claim(now_s, questions=questions, errands=errands), session.last_turn_s, number)
            for number, session in self._by_id.items()
            if session.ready_s <= now_s
        ]
        if not claims:
            return None
        claim, _, number = min(claims)
        if self._hold is not None and now_s < self._hold[1] and claim > Claim.ANSWER:
            return None
        return claim, self._by_id[number]

    # -- what arrived

    def _take(self, item: Packet | Garbage, moment: Moment) -> None:
        if isinstance(item, Garbage):
            self._count_garbage(item, moment)
            return
        if not item.reply:
            return
        session, slot = self._by_address.get(item.address), self._slot
        if session is None or slot is None or slot.session is not session:
            self._jabber.named(item.address)
            if self._deaf is not None:
                return
            self._conflicts.heard(None if slot is None else slot.session, session, item.address, moment)
            if session is not None:
                session.late(moment)
            return
        was_probing, tries = session.probing, session.tries
        told = len(self.events)
        what, length = session.heard(item, moment), item.length()
        if what is Heard.NOTHING or (what is Heard.BUSY and slot.busy):
            self._jabber.named(item.address)
            return
        self._jabber.answered(length)
        if what is Heard.BUSY:
            slot.busy = True
            return
        self._conflicts.accepted(session, tries, moment.mono_s)
        if slot.busy and tries == 1:
            self._conflicts.contradicted(session, moment)
        after_s = moment.mono_s - slot.sent_s - length * self._character_s
        session.silence.patience.answered(after_s)
        self._slot = None
        self._pause.ours(moment.mono_s)
        if was_probing:
            self._look_for_others(session, moment)
        if any(isinstance(event, CardPresented) for event in self.events[told:]):
            self._hold = (session, self._pause.free_s + self._timing.answer_hold_s)

    def _look_for_others(self, found: ReaderSession, moment: Moment) -> None:
        for session in self._by_id.values():
            if session is not found:
                session.stirred(moment)

    def _count_garbage(self, garbage: Garbage, moment: Moment) -> None:
        """Alarm once when a minute brings more nonsense than a good line ever does."""
        if self._deaf is not None:
            return  # that is told of the line
        if self._slot is not None:
            self._slot.session.silence.garbled()
            if not self._slot.garbled:
                self._slot.garbled = True
                self._conflicts.garbled(self._slot.session, moment)
        if moment.mono_s - self._garbage_since_s >= _GARBAGE_ALARM_EVERY_S:
            self._garbage_since_s, self._garbage, self._garbage_told = moment.mono_s, 0, False
        self._garbage += garbage.count
        if self._garbage < _GARBAGE_ALARM_BYTES or self._garbage_told or self._slot is None:
            return
        self._garbage_told = True
        detail = f"{self._garbage} bytes on this reader's line made no sense. Check its cable, shield and termination."
        self._slot.session.reports.alarm(LinkAlarm.GARBAGE, detail, moment)
