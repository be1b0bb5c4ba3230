"""Every kind of door that a Policy may hold, drawn at random, and a bridge with four of them whose world is real.

Relays are where they were last driven to, inputs where somebody put them, and a device that comes back reports all of
its inputs, as ports do. Nothing is read from the controller but its commands and its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import (
    Board,
    DeviceKind,
    Door,
    DoorClass,
    FireAction,
    Lock,
    LockKind,
    Orders,
    Point,
    Policy,
    Reader,
    RelockMode,
    Revision,
    Timetable,
    UnlockWhen,
)
from access_control.core.decision.slots import Effect
from firmware_bridge.controller.commands import (
    Command,
    DriveOutput,
    RecordEvent,
    RememberCancelled,
    RememberFire,
    RememberPassUsed,
)
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    BoardLinkChanged,
    Event,
    InputChanged,
    InputState,
    LinkState,
    Moment,
    OutputProved,
    Proof,
    ReaderLinkChanged,
    TimePassed,
)
from firmware_bridge.controller.memory import Memory
from firmware_bridge.controller.status import PROOF_LIMIT_S
from tests.firmware_bridge.controller.school import START, draft, policy_of

FIRES = (Point(DeviceKind.BOARD, 1, 30), Point(DeviceKind.BOARD, 1, 31))
OUTPUTS = ("reader", "board", "board", "module")
BOARDS = ((DeviceKind.BOARD, 1), (DeviceKind.BOARD, 2))
CLASSES = {1: DoorClass.EXTERIOR, 2: DoorClass.INTERIOR, 3: DoorClass.ROOM, 4: DoorClass.EXTERIOR}
SETTLE_S = 0.06
LOCK = ("kind", "at", "unlock_when", "fire_rated", "rex", "rex_unlocks", "fire_action")
EFFECTS = {FireAction.RELEASE: Effect.UNLOCK, FireAction.RELATCH: Effect.RELAY_OFF}


def fire_actions(kind: LockKind, unlock_when: UnlockWhen, *, fire_rated: bool) -> list[FireAction]:
    """What a fire may do to a lock of this kind; a Policy with anything else is refused."""
    if kind is LockKind.MAGLOCK:
        return [FireAction.RELEASE]
    strike, drawn_latch = kind is LockKind.STRIKE, kind is LockKind.LATCH_RETRACTION
    refused = {FireAction.RELEASE} if drawn_latch or (strike and fire_rated) else set[FireAction]()
    refused |= {FireAction.NONE} if drawn_latch and fire_rated else set()
    refused |= {FireAction.RELATCH} if unlock_when is UnlockWhen.RELAY_OFF else set()
    return [action for action in FireAction if action not in refused]


def fire_inputs(action: FireAction) -> list[Point | None]:
    """Besides an input: none, where the Policy may go without."""
    return [] if action is FireAction.RELATCH else [None]


@st.composite
def wiring(draw: st.DrawFn) -> dict[str, Any]:
    """One door's wiring: any that a Policy may say."""
    kind = draw(st.sampled_from([kind for kind in LockKind if kind is not LockKind.DELAYED_EGRESS]))
    magnet = kind is LockKind.MAGLOCK
    fire_rated = not magnet and draw(st.booleans())
    latches = kind is LockKind.LATCH_RETRACTION or (kind is LockKind.STRIKE and fire_rated)
    unlock_when = UnlockWhen.RELAY_ON if latches else draw(st.sampled_from(UnlockWhen))
    fire_action = draw(st.sampled_from(fire_actions(kind, unlock_when, fire_rated=fire_rated)))
    rex = draw(st.booleans())
    return {
        "kind": kind,
        "at": draw(st.sampled_from(OUTPUTS)),
        "unlock_when": unlock_when,
        "fire_rated": fire_rated,
        "fire_action": fire_action,
        "fire_input": draw(st.sampled_from([*FIRES, FIRES[0], *fire_inputs(fire_action)])),
        "fire_manual_reset": draw(st.booleans()),
        "rex": rex,
        "rex_unlocks": rex and (magnet or draw(st.booleans())),
        "contact": draw(st.sampled_from([True, True, True, False])),
        "latch": draw(st.booleans()),
        "rests_closed": draw(st.sets(st.sampled_from([0, 1, 2]))),
        "relock": draw(st.sampled_from(RelockMode)),
        "always_open": draw(st.sampled_from([False, False, True])),
    }


def with_fire(drawn: dict[str, Any], action: FireAction) -> dict[str, Any]:
    """A wiring with this fire action, if a Policy may say it of the lock, and with a fire input where one is needed."""
    made = dict(drawn)
    if action in fire_actions(made["kind"], made["unlock_when"], fire_rated=made["fire_rated"]):
        made["fire_action"] = action
    if made["fire_input"] is None:
        made["fire_input"] = [*fire_inputs(made["fire_action"]), FIRES[0]][0]
    return made


def at_reader(door: Door) -> bool:
    """Whether a reader moves the lock: a Policy that leaves the door out takes that away too."""
    return door.lock.output.kind is DeviceKind.READER


def point(door: int, place: int) -> Point:
    return Point(DeviceKind.BOARD, 1, 3 * door + place)


def build(door: int, drawn: dict[str, Any]) -> Door:
    output = drawn.get("output_of", door)
    where = {
        "reader": Point(DeviceKind.READER, door, 0),
        "board": Point(DeviceKind.BOARD, 1, output),
        "module": Point(DeviceKind.BOARD, 2, output),
    }[drawn["at"]]
    plain = ("kind", "unlock_when", "fire_rated", "fire_action", "fire_input", "fire_manual_reset", "rex_unlocks")
    lock = Lock(output=where, bench_override="A test bench", **{name: drawn[name] for name in plain})
    made = Door(
        door,
        str(door),
        f"Door {door}",
        CLASSES[door],
        lock,
        contact=point(door, 0) if drawn["contact"] else None,
        rex=point(door, 1) if drawn["rex"] else None,
        latch=point(door, 2) if drawn["latch"] else None,
        scheduled_unlock=Timetable(always=drawn["always_open"]),
    )
    inputs = {made.contact, made.rex, made.latch}
    closed = frozenset(at for place in drawn["rests_closed"] if (at := point(door, place)) in inputs)
    return replace(made, rests_closed=closed, timing=replace(made.timing, relock=drawn["relock"]))


def policy(
    drawn: dict[int, dict[str, Any]],
    n: int,
    gone: AbstractSet[int] = frozenset(),
    heirs: Mapping[int, int] | None = None,
) -> Policy:
    """The school's people at four doors of these wirings, without those that are gone; heirs have their outputs."""
    given = {heir: {"at": drawn[door]["at"], "output_of": door} for heir, door in (heirs or {}).items()}
    drawn = {door: one | given.get(door, {}) for door, one in drawn.items() if door not in gone}
    base = draft()
    return policy_of(
        replace(
            base,
            revision=Revision(1, n),
            doors=[build(door, one) for door, one in drawn.items()],
            readers=[Reader(door, f"Reader {door}", door, "A", door, ("H10301",)) for door in drawn],
            boards=[Board(1, "Board", "B", 1, 8, 32), Board(2, "Module", "A", 20, 8, 0, osdp=True)],
            levels=[
                replace(level, grants={d: t for d, t in level.grants.items() if d in drawn}) for level in base.levels
            ],
            pass_groups={},
            scopes={"building:1": [door for door in (1, 2) if door in drawn]},
        )
    )


class Fire:
    """What fire must do to one door, as it was wired when the fire began."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.effect = EFFECTS.get(door.lock.fire_action)
        self.source = door.lock.fire_input
        self.waits = door.lock.fire_manual_reset
        self.over = False

    def goes_on(self, inputs: Mapping[Point, InputState]) -> bool:
        """Take where the inputs are; ``False`` once the fire is over and nobody has to reset the door."""
        if self.source is not None:
            seen = inputs[self.source]
            self.over = seen is InputState.NORMAL or (self.over and seen is not InputState.ACTIVE)
        return not self.over or self.waits


def staying(policy: Policy, ruled: Mapping[int, Door], fires: Mapping[int, Fire]) -> dict[int, Door]:
    """The doors that a Policy leaves out and the bridge keeps, as it keeps them.

    Under a directive a door stays as it was, while its lock is there and no other door has it; else as fire took it.
    """
    given = {door.lock.output for door in policy.doors.values()}
    there = {id_: door for id_, door in ruled.items() if door.lock.output not in given and not at_reader(door)}
    kept = {id_: fire.door for id_, fire in fires.items()} | there
    return {id_: door for id_, door in kept.items() if id_ not in policy.doors}


class Bench:
    """A bridge on a bench: every wire of it in somebody's hand."""

    def __init__(self, first: Policy) -> None:
        self.moment = Moment(START, 1000.0)
        self.policy = first
        self.fire_held: dict[int, Door] = {}
        self.stays: Mapping[int, Door] = {}
        """Doors that the Policy leaves out and the bridge keeps for now, as it keeps them."""
        wires = [*FIRES, *(point(door, place) for door in CLASSES for place in range(3))]
        self.inputs = {at: self.means(at, InputState.NORMAL) for at in wires}
        self.up = {**dict.fromkeys(BOARDS, True), **{(DeviceKind.READER, door): True for door in CLASSES}}
        self.relays: dict[Point, bool] = {}
        self.proved: dict[Point, float] = {}
        self.cancelled: set[str] = set()
        self.used: dict[int, int] = {}
        self.excused: list[tuple[int, float]] = []
        """Doors whose opening was taken for somebody who leaves, and when."""
        self.directives = DirectiveSet()
        self.orders = Orders(Revision(1, 0), DirectiveSet())
        self.begin()

    def begin(self) -> None:
        """Start, or start again with what was kept; every device then reports."""
        memory = Memory(dict(self.used), frozenset(self.cancelled), dict(self.fire_held), clock_trusted=True)
        self.controller = Controller(memory)
        self.proved.clear()
        kept = replace(self.orders, directives=self.directives)
        self.hear(self.controller.start(self.moment, self.policy, kept))
        for device in self.up:
            self.link(device)

    def link(self, device: tuple[DeviceKind, int]) -> None:
        """A device says whether it is there, and if it is, where its inputs are."""
        kind, number = device
        up = self.up[device]
        if kind is DeviceKind.BOARD:
            answers = LinkState.UP if number == 1 else LinkState.SECURE
            self.tell(BoardLinkChanged(self.moment, number, answers if up else LinkState.DOWN))
        else:
            self.tell(ReaderLinkChanged(self.moment, number, LinkState.SECURE if up else LinkState.DOWN))
        if not up:
            self.proved = {at: since for at, since in self.proved.items() if (at.kind, at.device) != device}
            return
        for at, state in self.inputs.items():
            if (at.kind, at.device) == device:
                self.tell(InputChanged(self.moment, at, state))
        self.wait(SETTLE_S)

    def means(self, at: Point, state: InputState) -> InputState:
        """What a wire's state means by the Policy, and what state means that: the other one where it rests closed.

        A door that the Policy left out while fire holds it, or a directive rules it, goes on as it was wired.
        """
        doors = {**self.fire_held, **self.stays, **self.policy.doors}
        closed = any(at in door.rests_closed for door in doors.values())
        other = {InputState.ACTIVE: InputState.NORMAL, InputState.NORMAL: InputState.ACTIVE}
        return other.get(state, state) if closed else state

    def seen(self, at: Point) -> InputState:
        """What an input says by the Policy."""
        return self.means(at, self.inputs[at])

    def put(self, at: Point, state: InputState) -> None:
        """Somebody does what this state means; the bridge hears of it if the device is there."""
        self.inputs[at] = self.means(at, state)
        if self.up[at.kind, at.device]:
            self.tell(InputChanged(self.moment, at, self.inputs[at]))
        self.wait(SETTLE_S)

    def tell(self, event: Event) -> None:
        self.hear(self.controller.handle(event))

    def hear(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case DriveOutput(at, on):
                    if self.relays.get(at) is not on:
                        self.proved.pop(at, None)
                    self.relays[at] = on
                case RecordEvent(code="DOOR_OPENED", door=int() as door, detail={"by": "exit"}):
                    self.excused.append((door, self.moment.mono_s))
                case RememberCancelled(id_):
                    self.cancelled.add(id_)
                case RememberFire(door, held):
                    self.fire_held.pop(door, None)
                    if held is not None:
                        self.fire_held[door] = held
                case RememberPassUsed(pass_id, until):
                    self.used[pass_id] = until
                case _:
                    pass

    def prove(self, door: Door) -> None:
        """The device of a door's lock says where its relay is."""
        at = door.lock.output
        if self.up[at.kind, at.device] and at in self.relays:
            how = Proof.READ_BACK if (at.kind, at.device) == BOARDS[0] else Proof.ACKNOWLEDGED
            self.proved[at] = self.moment.mono_s
            self.tell(OutputProved(self.moment, at, self.relays[at], how))

    def wait(self, seconds: float) -> None:
        """Let time pass, deadline by deadline."""
        end = self.moment.mono_s + seconds
        while self.moment.mono_s < end:
            due = self.controller.next_deadline_s()
            step = max(min(end, end if due is None else due), self.moment.mono_s + 1e-6)
            self.moment = Moment(self.moment.at + timedelta(seconds=step - self.moment.mono_s), step)
            self.tell(TimePassed(self.moment))

    def check_proof(self, door: Door) -> None:
        """Assert that the lock is where it locks, and that its device, which answers, proved that not long ago."""
        at = door.lock.output
        assert self.at(door, Effect.LOCK)
        assert not self.unlocked(door)
        assert at in self.proved, "nothing proved it since it was driven there"
        assert at.kind is DeviceKind.READER or self.moment.mono_s - self.proved[at] <= PROOF_LIMIT_S
        assert self.up[at.kind, at.device]

    def unlocked(self, door: Door) -> bool:
        """Whether the lock's relay stands where this wiring lets people through."""
        return self.relays.get(door.lock.output) is (door.lock.unlock_when is UnlockWhen.RELAY_ON)

    def at(self, door: Door, effect: Effect) -> bool:
        """Whether the lock's relay stands where this effect puts it."""
        if effect is Effect.RELAY_OFF:
            return self.relays.get(door.lock.output) is False
        return self.unlocked(door) is (effect is Effect.UNLOCK)
