"""Alarm inputs: a panic button starts an emergency once a press; the others are told when they begin and end.

Only a wire that is seen in its alarm state is an alarm. One that is cut or shorted, or whose device does not answer, is
trouble: it begins nothing, and ends nothing either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from access_control.core.decision.model import AlarmInput, InputKind, InputNormal, Point, Policy
from access_control.core.wire.events import EventCode
from firmware_bridge.controller.answer import Answer
from firmware_bridge.controller.commands import AskEmergency, RememberPress
from firmware_bridge.controller.events import InputState, LinkState
from firmware_bridge.controller.limits import Limiter
from firmware_bridge.controller.status import InputStatus
from firmware_bridge.controller.world import OPPOSITE, World

CALM_S = 1.0
"""An alarm is over once its input rested for so long: a bouncing contact is one press and not ten."""
STARTED_NOTHING = ""
"""Remembered of a panic input that was active when it was set up."""

_CODES = {
    InputKind.MAINS_FAIL: (EventCode.POWER_FAIL, EventCode.POWER_RESTORE),
    InputKind.BATTERY_LOW: (EventCode.BATTERY_LOW, EventCode.BATTERY_RESTORED),
    InputKind.ENCLOSURE_TAMPER: (EventCode.TAMPER, EventCode.TAMPER_CLEARED),
    InputKind.KEY_BOX_TAMPER: (EventCode.KEY_BOX_OPENED, EventCode.KEY_BOX_CLOSED),
}
_WHY = {
    InputState.CUT: "Its wire is cut.",
    InputState.SHORT: "Its wires touch each other.",
    InputState.UNKNOWN: "Its device does not answer or does not tell it, so nobody would notice.",
}


@dataclass(slots=True)
class _Watch:
    """What is known of one input.

    Attributes:
        active: The alarm stands, whatever is seen of the wire now.
        since: When it began here, in monotonic seconds.
        calm_at: When it will have rested for long enough.
        directive: What this press started; see :data:`STARTED_NOTHING`.
        fresh: It was set up while the bridge ran and was not seen yet.
    """

    given: AlarmInput
    active: bool = False
    since: float | None = None
    calm_at: float | None = None
    directive: str | None = None
    fresh: bool = False
    told: Limiter = field(default_factory=lambda: Limiter(6, 60.0))


class AlarmInputs:
    """All alarm inputs of one bridge. ``presses`` are those that were remembered: what each started."""

    def __init__(self, world: World, presses: Mapping[int, str]) -> None:
        self._world = world
        self._presses = dict(presses)
        self._watches: dict[int, _Watch] = {}
        self._at: dict[Point, _Watch] = {}
        self._running = False

    def rebuild(self, policy: Policy, answer: Answer) -> None:
        """Take the inputs of a Policy; those that are wired as before keep their state."""
        before, self._watches = self._watches, {}
        for given in policy.inputs.values():
            known = before.get(given.id)
            if known is not None and _wired(known.given) == _wired(given):
                if (known.given.action, known.given.scope) != (given.action, given.scope):
                    known.directive = None  # it says no more than the new setting wants
                known.given = given
                self._watches[given.id] = known
            else:
                self._watches[given.id] = self._begin_watch(given, answer)
        for id_, watch in before.items():
            if watch.active and self._watches.get(id_) is not watch:
                self._forget_press(watch, answer)
        self._at = {watch.given.point: watch for watch in self._watches.values()}
        for id_, watch in self._watches.items():
            if before.get(id_) is not watch and watch.given.point in self._world.inputs:
                self._look(watch, answer)

    def _begin_watch(self, given: AlarmInput, answer: Answer) -> _Watch:
        if self._running:
            return _Watch(given, fresh=True)
        directive = self._presses.pop(given.id, None)
        known = directive == STARTED_NOTHING or directive in self._world.orders.directives.directives
        # What was written down of a press is worth nothing unless what it started was written down too.
        return _Watch(given, active=True, since=answer.now, directive=directive) if known else _Watch(given)

    def run(self) -> None:
        """The start is over: an input that comes now was only just set up."""
        self._running = True

    def named(self, point: Point) -> AlarmInput | None:
        """The alarm input on a wire."""
        watch = self._at.get(point)
        return None if watch is None else watch.given

    def see(self, point: Point, answer: Answer) -> None:
        """Take a new state of a wire."""
        watch = self._at.get(point)
        if watch is not None:
            self._look(watch, answer)

    def _look(self, watch: _Watch, answer: Answer) -> None:
        state = self._state(watch.given)
        if state is InputState.ACTIVE:
            watch.calm_at = None
            if not watch.active:
                watch.active, watch.since = True, answer.now
                self._begin(watch, answer)
        elif state is not InputState.NORMAL or not watch.active:
            watch.calm_at = None
        elif watch.calm_at is None:
            watch.calm_at = answer.now + CALM_S
        if state in OPPOSITE:
            watch.fresh = False

    def _state(self, given: AlarmInput) -> InputState:
        """Like exits and fire it is believed before its device is known to be up, but never from an open line."""
        if self._world.link((given.point.kind, given.point.device)) is LinkState.CLEAR:
            return InputState.UNKNOWN
        return self._world.told(given.point)

    def _begin(self, watch: _Watch, answer: Answer) -> None:
        given = watch.given
        if given.kind is InputKind.PANIC:
            self._press(watch, answer)
        elif given.kind in _CODES:
            self._tell(watch, _CODES[given.kind][0], answer)

    def _press(self, watch: _Watch, answer: Answer) -> None:
        given = watch.given
        if watch.fresh:
            self._tell(watch, EventCode.INPUT_FOUND_ACTIVE, answer)
            self._remember(watch, STARTED_NOTHING, answer)
        elif self._holds_everywhere(watch.directive):
            self._tell(watch, EventCode.PANIC_ACTIVATED, answer, directive=watch.directive)
        else:
            self._tell(watch, EventCode.PANIC_ACTIVATED, answer)
            assert given.action is not None
            assert given.scope is not None
            answer.add(AskEmergency(given.id, given.action, given.scope, f"input:{given.id}"))

    def _holds_everywhere(self, directive: str | None) -> bool:
        """Whether what an earlier press started is released nowhere; then another one would add nothing to it."""
        return any(held.id == directive and not released for held, released in self._world.orders.directives.standing)

    def raised(self, input_id: int, directive: str, answer: Answer) -> None:
        """A press has started this directive."""
        watch = self._watches.get(input_id)
        if watch is not None:
            self._remember(watch, directive, answer)

    def _remember(self, watch: _Watch, directive: str, answer: Answer) -> None:
        watch.directive = directive
        answer.add(RememberPress(watch.given.id, directive))

    def _forget_press(self, watch: _Watch, answer: Answer) -> None:
        if watch.given.kind is InputKind.PANIC:
            answer.add(RememberPress(watch.given.id, None))

    def advance(self, answer: Answer) -> None:
        """End what has rested for long enough."""
        for watch in self._watches.values():
            if watch.calm_at is not None and watch.calm_at <= answer.now:
                watch.active, watch.since, watch.calm_at = False, None, None
                self._end(watch, answer)

    def _end(self, watch: _Watch, answer: Answer) -> None:
        given = watch.given
        if given.kind is InputKind.PANIC:
            self._tell(watch, EventCode.PANIC_RESTORED, answer)
            self._forget_press(watch, answer)
        elif given.kind in _CODES:
            self._tell(watch, _CODES[given.kind][1], answer)

    def _tell(self, watch: _Watch, code: EventCode, answer: Answer, directive: str | None = None) -> None:
        unreported = watch.told.take(answer.now)
        if unreported is not None:
            given = watch.given
            answer.record(
                code,
                alarm_input=given.id,
                name=given.name,
                input=str(given.point),
                directive=directive,
                unreported=unreported or None,
            )

    def deadline(self) -> float | None:
        """When an alarm will be over, if its input rests until then."""
        return min((watch.calm_at for watch in self._watches.values() if watch.calm_at is not None), default=None)

    def status(self, now: float) -> tuple[InputStatus, ...]:
        """Every alarm input now."""
        return tuple(self._status(watch, now) for watch in self._watches.values())

    def _status(self, watch: _Watch, now: float) -> InputStatus:
        given = watch.given
        state = self._world.input(given.point)
        return InputStatus(
            input=given.id,
            name=given.name,
            kind=given.kind,
            active=watch.active,
            state=state,
            since_s=None if watch.since is None else max(0.0, now - watch.since),
            why=_WHY.get(state, ""),
        )


def _wired(given: AlarmInput) -> tuple[InputKind, Point, InputNormal]:
    return given.kind, given.point, given.normal
