"""What the thread of a port knows of one board: commands that wait, leases that run, and what is due next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from access_control.core.decision.model import LONGEST_PULSE_S, Board, DeviceKind, Point
from firmware_bridge.controller.commands import DriveOutput, Urgency

POLL_S: Final = 0.08
"""How often a board's inputs are read."""
QUIET_POLL_S: Final = 1.0
"""How often a board is asked that has no inputs, or that refuses to tell them."""
REFUSED_S: Final = 2.0
"""A board that has refused to tell its inputs for so long will not: until then it may have been a hiccup."""
READ_BACK_S: Final = 5.0
"""How often its outputs are read back."""
STRAY_GRACE_S: Final = 2.0
"""A board came back with an output on that nobody leased: it is left alone for so long, its command is on the way."""
SILENT_AFTER: Final = 3
"""A board that missed so many answers in a row is told as lost."""
ANSWER_S: Final = 0.3
"""How long a board may take whose pace is not known yet."""
_LEAST_ANSWER_S: Final = 0.15
_MOST_ANSWER_S: Final = 1.0
_SLACK: Final = 4.0
"""A board is given so many times what it took at its slowest lately."""
PROBE_S: Final = 0.04
"""How long a lost board is listened for, so that its neighbours hardly feel it."""
LONG_PROBE_S: Final = 0.4
_PROBE_SLACK: Final = 1.5
_LONG_PROBE_EVERY: Final = 8
_FIRST_PROBE_S: Final = 0.25
_LAST_PROBE_S: Final = 1.5
"""The pause between two probes at most, so that a board is back within 2 s of its return."""
_LAST_CROWDED_PROBE_S: Final = 3.0
"""The same where many boards are lost, so that probing them all leaves the line to the others."""
_REFUSAL: Final = "{} refuses to tell its {} {}. Correct the number; if it told them before, exchange the board."


@dataclass(slots=True)
class Waiting:
    """A command that was not delivered yet.

    Attributes:
        ends_s: The end of its lease, counted from when it was asked.
        leased_before_s: The end of the lease that the output had before this was last sent.
    """

    command: DriveOutput
    urgency: Urgency
    ends_s: float
    order: int
    leased_before_s: float | None = None


class BoardState:
    """One board. Seconds are monotonic."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.tells_no_inputs = _REFUSAL.format(board.name, board.inputs, "inputs")
        self.tells_no_outputs = _REFUSAL.format(board.name, board.outputs, "outputs")
        self.answers: bool | None = None
        self.inputs: Sequence[bool] | None = None
        self.waiting: dict[int, Waiting] = {}
        self.leases: dict[int, float] = {}
        self.nature = ""
        """What the board's language has to say of it."""
        self.said: set[str] = set()
        """What else was said of it since it came back."""
        self._slowest_s: float | None = None
        self._misses = 0
        self._probe_s = _FIRST_PROBE_S
        self._next_try_s = 0.0
        self._next_poll_s = 0.0
        self._refuses_since_s: float | None = None
        self._next_repeat_s = 0.0
        self._next_read_back_s = 0.0
        self._strays_from_s = 0.0

    def output(self, index: int) -> Point:
        """An output as the controller names it."""
        return Point(DeviceKind.BOARD, self.board.id, index)

    def input(self, index: int) -> Point:
        """An input as the controller names it."""
        return Point(DeviceKind.BOARD, self.board.id, index)

    def ask(self, command: DriveOutput, now: float, order: int) -> DriveOutput | None:
        """Take a command. The newest one for an output replaces what waits: a lock kills a grant on its way.

        What it replaced is handed back if it wanted the opposite, so that it is told.
        """
        index = command.point.index
        before = self.waiting.get(index)
        urgency = command.urgency
        if before is not None and before.command.energised is command.energised:
            urgency = min(urgency, before.urgency)
        lease_s = min(command.lease_s, LONGEST_PULSE_S)
        self.waiting[index] = Waiting(command, urgency, now + lease_s, order)
        opposite = before is not None and before.command.energised is not command.energised
        return before.command if before is not None and opposite else None

    def drop_late(self, now: float) -> list[DriveOutput]:
        """Take back commands that came too late: those that must be reported. What only lost its lease goes quietly."""
        late = []
        for index, waiting in list(self.waiting.items()):
            expires_s = waiting.command.expires_mono_s
            if expires_s is not None and expires_s <= now:
                late.append(waiting.command)
                del self.waiting[index]
            elif waiting.command.energised and waiting.ends_s <= now:
                del self.waiting[index]
        return late

    def next_command(self) -> Waiting | None:
        """The command that goes first, if one can go at all."""
        return min(self.waiting.values(), key=lambda waiting: (waiting.urgency, waiting.order), default=None)

    def sending(self, waiting: Waiting) -> None:
        """A command goes out: its lease runs from here, because a board may obey without being heard."""
        index = waiting.command.point.index
        waiting.leased_before_s = self.leases.get(index)
        if waiting.command.energised:
            self.leases[index] = max(waiting.ends_s, waiting.leased_before_s or 0.0)

    def delivered(self, waiting: Waiting, now: float) -> None:
        """A command arrived, and an emergency's is read back at once."""
        index = waiting.command.point.index
        if self.waiting.get(index) is waiting:
            del self.waiting[index]
        if waiting.command.energised:
            self.leases[index] = waiting.ends_s
        else:
            self.leases.pop(index, None)
        if waiting.urgency is Urgency.EMERGENCY:
            self._next_read_back_s = now

    def refused(self, waiting: Waiting) -> None:
        """The board answered that it will not, so nothing has changed: asking again is up to the controller."""
        index = waiting.command.point.index
        self.leases.pop(index, None)
        if waiting.leased_before_s is not None:
            self.leases[index] = waiting.leased_before_s
        self.waiting = {index: other for index, other in self.waiting.items() if other is not waiting}

    def lapsed(self, now: float) -> list[int]:
        """Outputs whose lease ran out and for which nothing newer waits."""
        return [index for index, ends_s in self.leases.items() if ends_s <= now and index not in self.waiting]

    def strays(self, coils: Sequence[bool], now: float) -> list[int]:
        """Outputs that are on although nobody has a lease on them."""
        if now < self._strays_from_s:
            return []
        return [i for i, on in enumerate(coils) if on and i not in self.leases and i not in self.waiting]

    def repeats(self, now: float) -> list[int]:
        """Outputs of a board that cannot be read back which are to be told off again, in case it missed that."""
        if now < max(self._next_repeat_s, self._strays_from_s):
            return []
        self._next_repeat_s = now + READ_BACK_S
        return [i for i in range(self.board.outputs) if i not in self.leases and i not in self.waiting]

    def patience_s(self) -> float:
        """How long to wait for the board's next answer, the time of the bytes themselves apart."""
        if self.answers is not False:
            return self._usual_s()
        if self._slowest_s is not None:
            return min(max(_PROBE_SLACK * self._slowest_s, PROBE_S), LONG_PROBE_S)
        # A slow board is found too, without its neighbours paying for that at every attempt.
        return LONG_PROBE_S if self._misses % _LONG_PROBE_EVERY == 0 else PROBE_S

    def _usual_s(self) -> float:
        if self._slowest_s is None:
            return ANSWER_S
        return min(max(_SLACK * self._slowest_s, _LEAST_ANSWER_S), _MOST_ANSWER_S)

    def took(self, seconds: float) -> None:
        """The board answered after so long."""
        self._slowest_s = max(seconds, 0.9 * (self._slowest_s or 0.0))

    def reachable(self, now: float) -> bool:
        """Whether to talk to the board now: it answers, or it is time for a probe."""
        return self.answers is True or now >= self._next_try_s

    def answered(self, now: float) -> bool:
        """The board answered; ``True`` says that it was lost until now."""
        back = self.answers is not True
        self._misses, self._probe_s, self.answers = 0, _FIRST_PROBE_S, True
        if back:
            self.inputs, self.nature, self._refuses_since_s = None, "", None
            self.said.clear()
            self._next_poll_s = self._next_read_back_s = now
            self._strays_from_s = now + STRAY_GRACE_S
        return back

    def missed(self, now: float, *, crowded: bool = False) -> bool:
        """The board did not answer; ``True`` says that it is lost from now on. The next probe comes later and later.

        ``crowded``: several boards of the line are lost.
        """
        self._misses += 1
        self._next_poll_s = now + POLL_S
        if self.answers is True and self._misses < SILENT_AFTER:
            return False
        lost = self.answers is not False
        self.answers, self.inputs = False, None
        self._next_try_s = now + self._probe_s
        self._probe_s = min(self._probe_s * 2, _LAST_CROWDED_PROBE_S if crowded else _LAST_PROBE_S)
        return lost

    def polled(self, now: float) -> None:
        """The inputs were read."""
        self._refuses_since_s = None
        self._next_poll_s = now + (POLL_S if self.board.inputs else QUIET_POLL_S)

    def poll_refused(self, now: float) -> bool:
        """The board would not tell its inputs; ``True`` says that it has not for so long that nobody knows them."""
        if self._refuses_since_s is None:
            self._refuses_since_s = now
        lasting = now - self._refuses_since_s >= REFUSED_S
        self._next_poll_s = now + (QUIET_POLL_S if lasting else POLL_S)
        return lasting

    def read_back(self, now: float) -> None:
        """The outputs were read back; strays are looked for as soon as they count."""
        self._next_read_back_s = self._strays_from_s if now < self._strays_from_s else now + READ_BACK_S

    def read_back_due(self, now: float) -> bool:
        """Whether the outputs are to be read back."""
        return self.answers is True and now >= self._next_read_back_s

    def poll_due_s(self) -> float:
        """When the inputs are to be read; for a lost board, when it is to be probed."""
        return self._next_poll_s if self.answers is True else self._next_try_s

    def due_s(self) -> float:
        """When anything is to be done without a new command: with a lost board nothing before its next probe.

        Only what comes too late is taken back earlier, see :meth:`drop_late`.
        """
        ends = [waiting.ends_s for waiting in self.waiting.values() if waiting.command.energised]
        expiries = [w.command.expires_mono_s for w in self.waiting.values() if w.command.expires_mono_s is not None]
        leases = list(self.leases.values()) if self.answers is True else []
        return min([self.poll_due_s(), *ends, *expiries, *leases])

    def closed(self) -> None:
        """The port is gone: nothing is known of the board any more, and what was leased must be asked for again."""
        self.answers, self.inputs = None, None
        self.leases.clear()
        self._misses, self._probe_s, self._next_try_s = 0, _FIRST_PROBE_S, 0.0
