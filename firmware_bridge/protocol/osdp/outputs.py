"""One device's outputs: what waits to be sent, what was proved, and whose lease is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from access_control.core.decision.model import LONGEST_PULSE_S, DeviceKind, Point
from firmware_bridge.controller.commands import DriveOutput, Urgency
from firmware_bridge.controller.events import Event, Moment, OutputFailed, OutputLapsed, OutputProved, Proof
from firmware_bridge.protocol.osdp.commands import OutputControl, OutputOrder
from firmware_bridge.protocol.osdp.replies import OutputStatus

_TRIES = 3
_REST_S = 1.0
"""How long a command that never expires waits after a refusal in the clear, which need not be its reader's."""
_EPISODE_ENDS_S = 60.0
"""Such refusals are told again only once there was none for so long."""

TOO_LATE = "The command waited for the line until it was too late, and was dropped."
OVERTAKEN = "A newer command for the same output took its place before it could be sent."


@dataclass(frozen=True, slots=True)
class Pending:
    """A command on its way: with the end of its lease, and how often the reader has put it off."""

    command: DriveOutput
    lease_ends_s: float
    put_off: int = 0

    def order(self, mono_s: float, *, timed: bool) -> OutputOrder:
        """What to tell the reader; with ``timed`` it switches off by itself when the lease ends."""
        output = self.command.point.index
        if not self.command.energised:
            return OutputOrder(output, OutputControl.OFF)
        if not timed:
            return OutputOrder(output, OutputControl.ON)
        # Never longer than asked: the command may have been given after the moment that this turn began with.
        left_s = min(self.lease_ends_s - mono_s, self.command.lease_s, LONGEST_PULSE_S)
        return OutputOrder(output, OutputControl.ON_FOR_TIMER, max(ceil(left_s * 10), 1))

    def too_late(self, mono_s: float) -> bool:
        """Whether it must not be sent any more."""
        command = self.command
        if command.expires_mono_s is not None and mono_s >= command.expires_mono_s:
            return True
        return command.energised and mono_s >= self.lease_ends_s


@dataclass(slots=True)
class _Output:
    """``standing`` is sent before ``momentary``, so a grant never erases an emergency that still waits.

    Attributes:
        wish: What the newest command that never expires wants, whatever became of it.
        rests_until_s: ``standing`` was refused in the clear and is not sent before this moment.
        refused: What was last refused in the clear, and when.
    """

    standing: Pending | None = None
    momentary: Pending | None = None
    delivered: Pending | None = None
    told_s: float = 0.0
    lease_ends_s: float | None = None
    wish: bool | None = None
    rests_until_s: float | None = None
    refused: tuple[bool, float] | None = None

    def waiting(self) -> Pending | None:
        return self.standing if self.standing is not None and self.rests_until_s is None else self.momentary

    def wants(self, pending: Pending) -> None:
        """From now on until something newer; this one goes at once."""
        self.standing, self.wish, self.rests_until_s = pending, pending.command.energised, None


class Outputs:
    """The newest wish for each output; at most two commands wait for one, so nothing grows.

    What waits is worked out when it changes: the line asks every device about it before every question.
    """

    def __init__(self, device: int, tell: Callable[[Event], None], kind: DeviceKind = DeviceKind.READER) -> None:
        """``tell`` takes what happens to the outputs."""
        self._device = device
        self._kind = kind
        self._tell = tell
        self._outputs: dict[int, _Output] = {}
        self._urgency: Urgency | None = None
        self._next_s: float | None = None

    def submit(self, command: DriveOutput, moment: Moment) -> None:
        """Queue a command. One that never expires ends whatever waits; a grant waits behind it."""
        output = self._outputs.setdefault(command.point.index, _Output())
        pending = Pending(command, moment.mono_s + min(command.lease_s, LONGEST_PULSE_S))
        if command.energised and output.lease_ends_s is not None:
            output.lease_ends_s = pending.lease_ends_s
        if command.expires_mono_s is None:
            for overtaken in (output.standing, output.momentary):
                self._overtake(overtaken, pending, moment)
            output.wants(pending)
            output.momentary = None
        else:
            output.momentary = pending
        self._changed()

    def urgency(self) -> Urgency | None:
        """The most urgent thing that waits, if any."""
        return self._urgency

    def take(self, mono_s: float) -> Pending | None:
        """The next command to send. Its lease begins to count as spent: it may arrive even if nobody says so."""
        pending = min(self._waiting(), key=lambda p: p.command.urgency, default=None)
        if pending is None:
            return None
        output = self._outputs[pending.command.point.index]
        if output.standing is pending:
            output.standing = None
        else:
            output.momentary = None
            if output.rests_until_s is not None:  # what rests is older, and must not undo this
                output.rests_until_s = max(output.rests_until_s, pending.lease_ends_s)
        if pending.command.energised:
            output.lease_ends_s = max(pending.lease_ends_s, mono_s)
        self._changed()
        return pending

    def standing(self) -> tuple[Pending, ...]:
        """What waits and never expires, the most urgent first; it goes on waiting."""
        found = [output.standing for output in self._outputs.values() if output.standing is not None]
        return tuple(sorted(found, key=lambda pending: pending.command.urgency))

    def sent_unheard(self, pending: Pending, moment: Moment) -> None:
        """It was sent, and nobody can say whether it arrived: it waits on, and its lease runs."""
        if pending.command.energised:
            self._outputs[pending.command.point.index].lease_ends_s = pending.lease_ends_s
            self._changed()
        self._tell(OutputProved(moment, pending.command.point, pending.command.energised, Proof.SENT))

    def give_back(self, pending: Pending, moment: Moment) -> None:
        """Nobody knows whether it arrived: it goes again, unless something newer waits."""
        output = self._outputs[pending.command.point.index]
        if output.standing is not None and output.rests_until_s is None:
            self._overtake(pending, output.standing, moment)
        elif pending.command.expires_mono_s is None:
            output.standing = pending
        else:
            output.momentary = output.momentary or pending
        self._changed()

    def acknowledged(self, pending: Pending, moment: Moment, found: OutputStatus | None = None) -> None:
        """The reader has taken it; some say at once in ``found`` where their outputs are, which may be elsewhere."""
        output = self._outputs[pending.command.point.index]
        output.delivered, output.told_s = pending, moment.mono_s
        if not pending.command.energised:
            output.lease_ends_s = None
            self._changed()
        if found is not None:
            self.read_back(found.states, moment)
        else:
            self._tell(OutputProved(moment, pending.command.point, pending.command.energised, Proof.ACKNOWLEDGED))

    def refused(self, pending: Pending, why: str, moment: Moment, *, again: bool) -> None:
        """The reader would not; ``again`` says that it may be able to later."""
        if again and pending.put_off + 1 < _TRIES:
            self.give_back(Pending(pending.command, pending.lease_ends_s, pending.put_off + 1), moment)
        else:
            self._fail(pending, why, moment, expired=False)

    def refused_in_clear(self, pending: Pending, why: str, moment: Moment) -> None:
        """Somebody refuses it again and again, perhaps not the reader, and perhaps it was obeyed.

        One that never expires stays the wish, or whoever can speak on the line could undo a lock: it goes again after a
        pause. It is told once until it has been quiet for a minute.
        """
        output, now_s = self._outputs[pending.command.point.index], moment.mono_s
        if pending.command.expires_mono_s is not None:
            self._fail(pending, why, moment, expired=False)
        else:
            self.give_back(pending, moment)
            self._tell_refused(output, pending, why, moment)
        if output.standing is pending or output.rests_until_s is not None:
            output.rests_until_s = now_s + _REST_S
        self._changed()

    def _tell_refused(self, output: _Output, pending: Pending, why: str, moment: Moment) -> None:
        last, output.refused = output.refused, (pending.command.energised, moment.mono_s)
        again = last is not None and last[0] is pending.command.energised and moment.mono_s - last[1] < _EPISODE_ENDS_S
        if output.standing is pending and not again:
            self._fail(pending, why, moment, expired=False)

    def dropped(self, pending: Pending, moment: Moment) -> None:
        """It was on its way for so long that it must not arrive any more."""
        self._fail(pending, TOO_LATE, moment, expired=True)

    def read_back(self, states: tuple[int, ...], moment: Moment) -> None:
        """The reader said where its outputs are; those that we have moved are proved by it."""
        for index, output in self._outputs.items():
            if output.delivered is not None and index < len(states):
                output.told_s = moment.mono_s
                self._tell(OutputProved(moment, self._point(index), states[index] != 0, Proof.READ_BACK))

    def leased(self) -> bool:
        """Whether any output may be on."""
        return any(output.lease_ends_s is not None for output in self._outputs.values())

    def told_s(self) -> float | None:
        """Since when the reader has told of every output that was ever delivered; ``None`` if there is none."""
        return min((output.told_s for output in self._outputs.values() if output.delivered is not None), default=None)

    def new_session(self, mono_s: float) -> None:
        """The reader may have restarted: send again what it was last told, as far as that still holds.

        Nothing that a newer command was to end: that one may have failed, and be obeyed all the same.
        """
        for output in self._outputs.values():
            last = output.delivered
            if last is None or output.standing is not None or last.too_late(mono_s):
                continue
            if last.command.expires_mono_s is None and last.command.energised is output.wish:
                output.wants(last)
        self._changed()

    def pass_time(self, moment: Moment) -> None:
        """Drop what is too late and end leases that nobody renewed."""
        if self._next_s is None or moment.mono_s < self._next_s:
            return
        for index, output in self._outputs.items():
            self._drop_late(output, moment)
            if output.rests_until_s is not None and moment.mono_s >= output.rests_until_s:
                output.rests_until_s = None
            if output.lease_ends_s is not None and moment.mono_s >= output.lease_ends_s:
                output.lease_ends_s = None
                if output.standing is None or output.standing.command.energised:
                    off = DriveOutput(self._point(index), energised=False, lease_s=0.0, urgency=Urgency.GRANT)
                    output.wants(Pending(off, moment.mono_s))
                    self._tell(OutputLapsed(moment, self._point(index)))
        self._changed()

    def all_off(self, moment: Moment) -> None:
        """Replace everything that waits by *off*, for every output that may be on."""
        for index, output in self._outputs.items():
            off = DriveOutput(self._point(index), energised=False, lease_s=0.0, urgency=Urgency.EMERGENCY)
            output.momentary = None
            output.wants(Pending(off, moment.mono_s))
        self._changed()

    def next_s(self) -> float | None:
        """When :meth:`pass_time` has something to do."""
        return self._next_s

    def _changed(self) -> None:
        """Work out anew what is most urgent, and when time will change anything."""
        self._urgency = min((pending.command.urgency for pending in self._waiting()), default=None)
        times = [output.lease_ends_s for output in self._outputs.values() if output.lease_ends_s is not None]
        times += [output.rests_until_s for output in self._outputs.values() if output.rests_until_s is not None]
        for pending in self._all_waiting():
            if pending.command.energised:
                times.append(pending.lease_ends_s)
            if pending.command.expires_mono_s is not None:
                times.append(pending.command.expires_mono_s)
        self._next_s = min(times, default=None)

    def _drop_late(self, output: _Output, moment: Moment) -> None:
        if output.standing is not None and output.standing.too_late(moment.mono_s):
            self._fail(output.standing, TOO_LATE, moment, expired=True)
            output.standing = output.rests_until_s = None
        if output.momentary is not None and output.momentary.too_late(moment.mono_s):
            self._fail(output.momentary, TOO_LATE, moment, expired=True)
            output.momentary = None

    def _waiting(self) -> Iterator[Pending]:
        return (pending for output in self._outputs.values() if (pending := output.waiting()) is not None)

    def _all_waiting(self) -> Iterator[Pending]:
        for output in self._outputs.values():
            if output.standing is not None:
                yield output.standing
            if output.momentary is not None:
                yield output.momentary

    def _overtake(self, pending: Pending | None, newer: Pending, moment: Moment) -> None:
        """Tell of a command that will not be sent any more; what the newer one wants as well is not lost."""
        if pending is not None and pending.command.energised is not newer.command.energised:
            command = pending.command
            self._tell(OutputFailed(moment, command.point, command.energised, OVERTAKEN, superseded=True))

    def _fail(self, pending: Pending, why: str, moment: Moment, *, expired: bool) -> None:
        command = pending.command
        self._tell(OutputFailed(moment, command.point, command.energised, why, expired=expired))

    def _point(self, index: int) -> Point:
        return Point(self._kind, self._device, index)
