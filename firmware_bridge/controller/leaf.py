"""The leaf of a door: where it is, and the alarms that follow from that: forced, propped open, latch not thrown."""

from __future__ import annotations

from access_control.core.decision.model import Door
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import RememberForced
from firmware_bridge.controller.events import InputState
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.status import DoorAlarm, Position

HELD_REPEAT_S = 300.0
"""A door that stays open is told again so often."""
LATCH_WAIT_S = 3.0
"""A closed and locked door's latch must be thrown within so long."""
MOST_RESTARTS = 10
"""A contact that changes so often without once holding still for its debounce time proves nothing until it does."""
CALM_S = 1.0
"""One that changes more often than its port may tell holds still when nothing is told for so long: several times as
long as between two states that the port lets pass."""

_POSITIONS = {InputState.NORMAL: Position.CLOSED, InputState.ACTIVE: Position.OPEN}


class Leaf:
    """One door's contact and latch, debounced, and the alarms on them."""

    def __init__(self, forced: bool | None = None) -> None:
        """``forced``: a forced alarm stood when the bridge stopped, and whether somebody had seen it."""
        self.position = Position.UNKNOWN
        self.forced = forced is not None
        self.acknowledged = bool(forced)
        self._remembered = forced
        self.held = DoorAlarm.NONE
        self.latch_faulty = False
        self._coming: tuple[Position, float] | None = None
        self._open_since: float | None = None
        self._told_held_at = 0.0
        self._unlatched_since: float | None = None
        self._moves = Limiter(40, 60.0)
        self._seen = Position.UNKNOWN
        self._still_at = 0.0
        self._restarts = 0
        self._rested: Position | None = None
        """Where the leaf was when its contact last held still, while it chatters."""
        self._chatters = Limiter(6, 60.0)

    def see(self, door: Door, state: InputState, answer: Answer, *, restless: bool = False) -> None:
        """Take a new state of the contact; it counts once it has lasted for the debounce time.

        A ``restless`` one chatters, whatever was told of it: it counts after :data:`CALM_S`.
        """
        position, now = _POSITIONS.get(state, Position.UNKNOWN), answer.now
        still_at = now + (max(door.timing.debounce_s, CALM_S) if restless else door.timing.debounce_s)
        if restless or position is not self._seen:
            self._restarts = self._restarts + 1 if now < self._still_at else 0
            self._seen, self._still_at = position, still_at
        if restless:
            self._restarts = max(self._restarts, MOST_RESTARTS)
        if self._restarts >= MOST_RESTARTS and self._rested is None and position is not Position.UNKNOWN:
            self._rested, self.position = self.position, Position.UNKNOWN
            self._tell_chatter(EventCode.INPUT_UNREADABLE, door, answer)
        if position is Position.UNKNOWN:
            # A contact that cannot be believed is not waited for: unknown must show at once. How long the door has been
            # open is kept, in case it still is when the contact is believed again.
            self.position, self._coming, self._rested, self._restarts = position, None, None, 0
        elif position is self.position:
            self._coming = None
        elif restless or self._coming is None or self._coming[0] is not position:
            self._coming = position, still_at

    def _tell_chatter(self, code: EventCode, door: Door, answer: Answer) -> None:
        unreported = self._chatters.take(answer.now)
        if unreported is not None:
            answer.record(code, door=door.id, input=str(door.contact), unreported=unreported or None)

    def rewire(self, door: Door) -> None:
        """The contact is another one or means something else: where the leaf is must be seen anew. No alarm ends."""
        self.position = Position.UNKNOWN if door.contact else Position.NOT_MONITORED
        self._coming, self._rested, self._seen, self._restarts = None, None, Position.UNKNOWN, 0

    def move(self, door: Door, answer: Answer) -> tuple[Position, Position] | None:
        """Apply a debounced change that has lasted long enough: where the leaf was, and where it is."""
        if self.position is Position.NOT_MONITORED:
            self._give_up(door, answer)
        if self._coming is None or answer.now < self._coming[1]:
            return None
        before, self.position, self._coming = self.position, self._coming[0], None
        if self._rested is not None:
            before, self._rested = self._rested, None
            self._tell_chatter(EventCode.INPUT_TROUBLE_CLEARED, door, answer)
        return None if before is self.position else (before, self.position)

    def _give_up(self, door: Door, answer: Answer) -> None:
        """Without a contact nobody will see the door shut."""
        if self._open_since is not None:
            self._open_since = None
            self._end_held(door, answer)
        self._settle_forced(door, answer)

    def opened(self, door: Door, answer: Answer, *, by: str, found: bool) -> None:
        """The door opened; an empty ``by`` says that nobody was allowed to. ``found``: nobody knows when.

        One that was open before its contact could not be read goes on being open: neither its age nor its alarm ends.
        """
        if found and self._open_since is not None:
            return
        self._open_since, self.held = answer.now, DoorAlarm.NONE
        alarm = not by and not found
        first_alarm = alarm and not self.forced
        if alarm:
            self.forced, self.acknowledged = True, False
            self._remember(door, answer)
        unreported = self._moves.take(answer.now)
        if unreported is not None or first_alarm:
            code = EventCode.DOOR_FORCED if alarm else EventCode.DOOR_OPENED
            told = by or ("found_open" if found else "")
            answer.record(code, door=door.id, by=told, unreported=unreported or None)

    def closed(self, door: Door, answer: Answer, *, found: bool) -> None:
        """The door closed."""
        self._open_since = None
        unreported = None if found else self._moves.take(answer.now)
        if unreported is not None:
            answer.record(EventCode.DOOR_CLOSED, door=door.id, unreported=unreported or None)
        self._end_held(door, answer)
        self._settle_forced(door, answer)

    def acknowledge(self, door: Door, answer: Answer) -> None:
        """A person saw the forced alarm; it ends with the door closed."""
        self.acknowledged = True
        self._settle_forced(door, answer)

    def _settle_forced(self, door: Door, answer: Answer) -> None:
        if self.forced and self.acknowledged and self.position in (Position.CLOSED, Position.NOT_MONITORED):
            self.forced = False
            answer.record(EventCode.DOOR_FORCED_CLEARED, door=door.id)
        self._remember(door, answer)

    def _remember(self, door: Door, answer: Answer) -> None:
        stands = self.acknowledged if self.forced else None
        if stands is not self._remembered:
            self._remembered = stands
            answer.add(RememberForced(door.id, stands))

    def free(self, door: Door, answer: Answer) -> None:
        """The door may stand open just now: being held starts to count when that ends."""
        if self._open_since is not None:
            self._open_since = answer.now
            self._end_held(door, answer)

    def _end_held(self, door: Door, answer: Answer) -> None:
        if self.held is DoorAlarm.HELD:
            answer.record(EventCode.DOOR_HELD_CLEARED, door=door.id)
        self.held = DoorAlarm.NONE

    def advance_held(self, door: Door, answer: Answer, *, extended: bool) -> DoorAlarm | None:
        """Let an open door grow old. The alarm that it has just reached, if it has."""
        if self._open_since is None or self.position is not Position.OPEN:
            return None
        limit = _held_limit(door, extended=extended)
        age = answer.now - self._open_since
        if age >= limit and (self.held is not DoorAlarm.HELD or answer.now - self._told_held_at >= HELD_REPEAT_S):
            self.held, self._told_held_at = DoorAlarm.HELD, answer.now
            answer.record(EventCode.DOOR_HELD, door=door.id, open_s=round(age))
            return DoorAlarm.HELD
        if age >= limit - door.timing.pre_alarm_s and self.held is DoorAlarm.NONE:
            self.held = DoorAlarm.HELD_PRE_ALARM
            answer.record(EventCode.DOOR_HELD_PREALARM, door=door.id, open_s=round(age))
            return DoorAlarm.HELD_PRE_ALARM
        return None

    def advance_latch(self, door: Door, latch: InputState, answer: Answer, *, locked: bool) -> None:
        """Let a closed and locked door's latch fall, or complain until it is seen thrown in a closed door.

        While it cannot be read no fault begins or ends.
        """
        if door.latch is None or self.position is Position.NOT_MONITORED:
            self._unlatched_since, self.latch_faulty = None, False
            return
        if latch not in _POSITIONS or self.position is Position.UNKNOWN:
            if not locked or self.position is Position.OPEN:
                self._unlatched_since = None
            return
        closed = self.position is Position.CLOSED
        if self.latch_faulty and closed and latch is InputState.NORMAL:
            self.latch_faulty = False
            answer.record(EventCode.LATCH_FAULT_CLEARED, door=door.id)
        if not (locked and closed and latch is InputState.ACTIVE):
            self._unlatched_since = None
            return
        if self._unlatched_since is None:
            self._unlatched_since = answer.now
        if not self.latch_faulty and answer.now - self._unlatched_since >= LATCH_WAIT_S:
            self.latch_faulty = True
            answer.record(EventCode.LATCH_FAULT, door=door.id)

    def deadlines(self, door: Door, *, extended: bool) -> list[float]:
        """When something changes by itself."""
        found = [self._coming[1]] if self._coming else []
        if self._unlatched_since is not None and not self.latch_faulty:
            found.append(self._unlatched_since + LATCH_WAIT_S)
        if self._open_since is not None:
            limit = self._open_since + _held_limit(door, extended=extended)
            found.append(
                {
                    DoorAlarm.NONE: limit - door.timing.pre_alarm_s,
                    DoorAlarm.HELD_PRE_ALARM: limit,
                }.get(self.held, self._told_held_at + HELD_REPEAT_S)
            )
        return found


def _held_limit(door: Door, *, extended: bool) -> float:
    return door.timing.extended_held_open_s if extended else door.timing.held_open_s
