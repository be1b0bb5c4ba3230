"""Free egress, fire, directives, cancelled unlocks and proofs, with every wiring that a Policy may hold.

What must hold is worked out here from what happened, never from what the controller thinks of it.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from access_control.core.decision.emergency import Directive, DirectiveSet, Release
from access_control.core.decision.model import (
    DeviceKind,
    Door,
    DoorClass,
    EmergencyAction,
    FireAction,
    LockKind,
    Orders,
    Override,
    OverrideEffect,
    Point,
    Revision,
)
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.events import (
    CardPresented,
    DirectiveHeard,
    FireReset,
    InputState,
    OrdersAccepted,
    OutputLapsed,
    PolicyAccepted,
    ReleaseHeard,
    UnlockAsked,
)
from firmware_bridge.controller.leaving import LEAST_HOLD_S
from firmware_bridge.controller.status import Security
from tests.firmware_bridge.controller.school import PEOPLE, card
from tests.firmware_bridge.controller.wirings import (
    BOARDS,
    CLASSES,
    EFFECTS,
    FIRES,
    LOCK,
    Bench,
    Fire,
    at_reader,
    point,
    policy,
    staying,
    wiring,
    with_fire,
)

LONG = int(os.environ.get("LONG", "0"))
doors = st.sampled_from(list(CLASSES))
states = st.sampled_from([InputState.ACTIVE, InputState.ACTIVE, InputState.NORMAL, InputState.CUT])
parts = st.sampled_from([None, None, frozenset({1}), frozenset({2, 3})])
actions = st.sampled_from(["lockdown", *EmergencyAction])
ids = st.sampled_from([f"d{n}" for n in range(1, 9)])


class Wired(RuleBasedStateMachine):
    """Four doors of any wiring, to which everything happens."""

    @initialize(drawn=st.fixed_dictionaries(dict.fromkeys(CLASSES, wiring())))
    def begin(self, drawn: dict[int, dict[str, Any]]) -> None:
        self.drawn, self.n = drawn, 1
        self.gone: set[int] = set()
        self.heirs: dict[int, int] = {}  # doors that have the output of another while a Policy leaves that one out
        self.known: dict[int, Door] = {}
        self.stays: dict[int, Door] = {}
        """Doors that the Policy leaves out and the bridge keeps, since fire holds them or a directive rules them."""
        self.fires: dict[int, Fire] = {}
        self.leaving: dict[int, float] = {}
        self.last_exit: dict[int, float] = {}
        self.owed: dict[int, tuple[Door, float]] = {}
        """Whom a door lets out, as it was wired when they pressed, and until when; no Policy may take that back."""
        self.dead: set[str] = set()
        self.heard: dict[str, Directive] = {}
        self.bench = Bench(policy(drawn, 1))
        self.after()

    def after(self) -> None:
        """Note what follows from what the bridge could see."""
        bench, now = self.bench, self.bench.moment.mono_s
        board = bench.up[DeviceKind.BOARD, 1]
        self.known |= bench.policy.doors
        if board:
            self.fires = {id_: fire for id_, fire in self.fires.items() if fire.goes_on(bench.inputs)}
        self.stay()
        for id_ in sorted(bench.policy.doors.keys() | self.stays.keys()):
            door, waits = self.kept(id_), id_ in self.waiting()
            if board and door.rex is not None and bench.seen(door.rex) is InputState.ACTIVE:
                self.leaving[id_] = self.last_exit[id_] = now
                if door.lock.rex_unlocks and not waits:
                    self.owe(id_, now)
            lit = door.lock.fire_input
            burns = board and lit is not None and bench.inputs[lit] is InputState.ACTIVE
            if id_ not in self.fires and burns and not waits and door.lock.fire_action in EFFECTS:
                self.fires[id_] = Fire(door)
            if any(d.action in ("lockdown", "secure") for d in self.locking(id_)):
                self.dead |= {one.id for one in bench.orders.overrides if one.door == id_}

    def stay(self) -> None:
        """Note which doors stay though they are left out: as they were under a directive, or as fire took them."""
        ruled = {id_: door for id_, door in self.stays.items() if self.ruling(id_)}
        self.stays = self.bench.stays = staying(self.bench.policy, ruled, self.fires)

    def kept(self, door: int) -> Door:
        """A door as the bridge has it: as the last Policy that names it says, or as it stays."""
        return self.stays.get(door, self.known[door])

    def owe(self, id_: int, now: float) -> None:
        """Somebody leaves: by the lock that an older Policy has, while that still lets somebody out."""
        door = self.built(id_)
        before, until = self.owed.get(id_, (door, 0.0))
        same = before.lock.output == door.lock.output and before.lock.unlock_when is door.lock.unlock_when
        if same or now >= until:
            self.owed[id_] = door, now + LEAST_HOLD_S

    def waiting(self) -> set[int]:
        """The doors whose output fire or somebody who leaves still has by another door."""
        now = self.bench.moment.mono_s
        lent = {door: built for door, (built, until) in self.owed.items() if now < until}
        lent |= {door: fire.door for door, fire in self.fires.items()}
        taken = {built.lock.output for built in lent.values()}
        return {door for door in CLASSES.keys() - lent.keys() if self.kept(door).lock.output in taken}

    def built(self, door: int) -> Door:
        """A door with the lock that it really has: in a fire the one that the fire took, whatever a Policy says."""
        fire = self.fires.get(door)
        return self.kept(door) if fire is None else replace(self.kept(door), lock=fire.door.lock)

    def ruling(self, door: int) -> tuple[Directive, ...]:
        return self.bench.directives.in_force_at(door, {"site": frozenset(CLASSES), "building:1": frozenset({1, 2})})

    def locking(self, door: int) -> list[Directive]:
        """The Lockdowns at a door, and what else locks one of its class."""
        outside = CLASSES[door] is DoorClass.EXTERIOR
        where = {"lockdown": True, "secure": outside, "shelter": outside, "hold": not outside, "evacuate": False}
        return [directive for directive in self.ruling(door) if where[directive.action]]

    @rule(door=doors, seen=st.lists(states, min_size=1, max_size=3))
    def rex(self, door: int, seen: list[InputState]) -> None:
        for state in seen:
            self.bench.put(point(door, 1), state)
            self.after()

    @rule(door=doors, turned=st.booleans())
    def taken_away(self, door: int, turned: bool) -> None:
        """An exit button is pressed, a new Policy turns it round or leaves it out, and much later the door opens."""
        before = self.drawn[door]
        self.rex(door, [InputState.ACTIVE])
        without = {"rests_closed": before["rests_closed"] ^ {1}} if turned else {"rex": False, "rex_unlocks": False}
        self.publish({**self.drawn, door: before | without})
        self.wait(120.0)
        self.leaf(door, 0, InputState.NORMAL)
        self.leaf(door, 0, InputState.ACTIVE)

    @rule(door=doors, absent=st.booleans(), pressed=st.booleans(), seconds=st.sampled_from([0.0, 20.0]))
    def taken_from_somebody(self, door: int, absent: bool, pressed: bool, seconds: float) -> None:
        """A new Policy makes a lockset of a magnet by which somebody leaves, or leaves the door out."""
        self.rex(door, [InputState.ACTIVE, *([] if pressed else [InputState.NORMAL])])
        if absent:
            self.leave_out(door)
        else:
            lockset = {"rex_unlocks": False, "kind": LockKind.LOCKSET, "fire_rated": False}
            self.publish({**self.drawn, door: self.drawn[door] | lockset})
        self.nobody_is_kept_in()
        self.wait(seconds)

    @rule(order=st.permutations(sorted(CLASSES)), pressed=st.booleans())
    def given_away(self, order: list[int], pressed: bool) -> None:
        """A new Policy leaves out a door by which somebody leaves, and gives its output to another door."""
        there = [door for door in order if door not in self.gone | self.heirs.keys()]
        magnets = [door for door in there if self.drawn[door]["rex_unlocks"] and self.drawn[door]["at"] != "reader"]
        if not magnets or len(there) < 2:
            return
        door, heir = magnets[0], next(heir for heir in there if heir != magnets[0])
        self.rex(door, [InputState.ACTIVE, *([] if pressed else [InputState.NORMAL])])
        self.heirs[heir] = door
        self.leave_out(door)
        self.nobody_is_kept_in()
        self.wait(40.0)  # until they are out: what a fire makes meanwhile of a door that is left out is not foretold

    @rule(which=st.sampled_from([*FIRES, FIRES[0]]), seen=st.lists(states, min_size=1, max_size=3))
    def fire(self, which: Point, seen: list[InputState]) -> None:
        for state in seen:
            self.bench.put(which, state)
            self.after()
            self.what_fire_holds_stays_so()

    @rule(door=doors, place=st.sampled_from([0, 2]), state=st.sampled_from(InputState))
    def leaf(self, door: int, place: int, state: InputState) -> None:
        self.bench.put(point(door, place), InputState.NORMAL if state is InputState.UNKNOWN else state)
        self.after()

    @rule(device=st.sampled_from([*BOARDS, *((DeviceKind.READER, door) for door in CLASSES)]))
    def plug(self, device: tuple[DeviceKind, int]) -> None:
        self.bench.up[device] = not self.bench.up[device]
        self.bench.link(device)
        self.after()

    @rule(door=doors)
    def reset(self, door: int) -> None:
        fire = self.fires.get(door)
        self.bench.tell(FireReset(self.bench.moment, door, "desk"))
        if fire is not None and fire.over:
            # What a newer Policy names as its fire input may burn meanwhile: then it is the next fire.
            del self.fires[door]
        self.after()

    @rule(door=doors, who=st.sampled_from(sorted(PEOPLE)))
    def card(self, door: int, who: str) -> None:
        self.bench.tell(CardPresented(self.bench.moment, door, card(who)))
        self.after()

    @rule(door=doors)
    def unlock(self, door: int) -> None:
        self.bench.tell(UnlockAsked(self.bench.moment, "a", door, "desk"))
        self.after()

    @rule(door=doors)
    def lapse(self, door: int) -> None:
        self.bench.tell(OutputLapsed(self.bench.moment, self.built(door).lock.output))
        self.after()

    @rule(seconds=st.sampled_from([0.3, 4.0, 29.0, 120.0]))
    def wait(self, seconds: float) -> None:
        self.bench.wait(seconds)
        self.after()

    @rule()
    def prove(self) -> None:
        for door in self.known:
            self.bench.prove(self.built(door))

    @rule(id_=ids, action=actions, scope=st.sampled_from(["site", "building:1"]))
    def directive(self, id_: str, action: str, scope: str) -> None:
        at = self.bench.moment
        made = Directive(id_, EmergencyAction(action), scope, frozenset(), "service", "p", False, at.at)  # noqa: FBT003 - by position
        made = self.heard.setdefault(id_, made)
        self.bench.directives = self.bench.directives.with_directive(made)
        self.bench.tell(DirectiveHeard(at, made))
        self.after()

    @rule(id_=ids, known=st.sampled_from([True, True, True, False]), where=parts)
    def release(self, id_: str, known: bool, where: frozenset[int] | None) -> None:
        """Of one that was heard, or sometimes of one that comes only later."""
        if known and self.heard:
            id_ = sorted(self.heard)[int(id_[1:]) % len(self.heard)]
        at = self.bench.moment
        made = Release(f"end {id_} {where}", id_, where, "principal", None, "All clear, checked.", at.at)
        self.bench.directives = self.bench.directives.with_release(made)
        self.bench.tell(ReleaseHeard(at, made))
        self.after()

    @rule(unlocks=st.lists(st.tuples(st.sampled_from(["u1", "u2"]), doors), min_size=1, max_size=3, unique=True))
    def orders(self, unlocks: list[tuple[str, int]]) -> None:
        """Newer Orders that mention no emergency; an unlock that comes again is the same one."""
        expires = int(self.bench.moment.at.timestamp()) + 3600
        made = tuple(
            Override(f"{name}-{door}", door, OverrideEffect.UNLOCK, "desk", "Delivery", expires)
            for name, door in unlocks
        )
        self.bench.orders = Orders(Revision(1, 1), DirectiveSet(), made)
        self.bench.tell(OrdersAccepted(self.bench.moment, self.bench.orders))
        self.after()

    @rule(door=doors, again=st.booleans())
    def over(self, door: int, again: bool) -> None:
        """An unlock by hand, an emergency that cancels it, its release, and a restart after it."""
        self.orders([("u1", door)])
        made = f"over {len(self.heard)}"
        self.directive(made, "lockdown", "site")
        self.release(made, known=False, where=None)
        if again:
            self.orders([("u1", door)])
        self.restart()

    @rule(door=doors, drawn=wiring(), action=st.sampled_from(FireAction))
    def rewired(self, door: int, drawn: dict[str, Any], action: FireAction) -> None:
        """A new Policy, in which one door is wired otherwise. A fire that holds the door goes on as it was.

        Its lock stays what it is: no electrician changes one while people are held by it. While fire holds the door the
        Policy may say of it what it likes.
        """
        before = self.drawn[door]
        kept = {} if door in self.fires else {name: before[name] for name in LOCK}
        self.publish({**self.drawn, door: with_fire({**drawn, **kept}, action)})

    @rule(door=doors)
    def leave_out(self, door: int) -> None:
        """A new Policy without one of the doors, or with it again. Fire goes on holding it by a lock that is there."""
        self.gone ^= {door}
        if self.gone == set(CLASSES):
            self.gone.discard(door)
        fire = self.fires.get(door)
        if door in self.gone:
            self.leaving.pop(door, None)  # it is not this bridge's door any more, and begins anew when it comes back
            if at_reader(self.built(door)):
                self.owed.pop(door, None)  # the reader that moved its lock is gone with it
            self.stays[door] = self.known[door]
        if door in self.gone and fire is not None and at_reader(fire.door):
            del self.fires[door]
        self.publish(self.drawn)

    def publish(self, drawn: dict[int, dict[str, Any]]) -> None:
        self.n += 1
        self.drawn = drawn
        self.heirs = {heir: door for heir, door in self.heirs.items() if door in self.gone}
        self.bench.policy = policy(drawn, self.n, self.gone, self.heirs)
        self.bench.tell(PolicyAccepted(self.bench.moment, self.bench.policy))
        self.bench.wait(0.06)
        self.after()

    @rule()
    def restart(self) -> None:
        self.leaving.clear()
        self.owed.clear()
        self.stays.clear()  # what a directive keeps is worked out from older Policies, which are not kept here
        self.bench.begin()
        self.after()

    @invariant()
    def nobody_is_kept_in(self) -> None:
        now = self.bench.moment.mono_s
        for id_, (door, until) in self.owed.items():
            if now < until - 1e-3:
                assert self.bench.unlocked(door), f"door {id_} keeps somebody in"

    @invariant()
    def an_opening_is_excused_only_by_somebody_who_leaves(self) -> None:
        for id_, opened in self.bench.excused:
            shunt_s = self.known[id_].timing.rex_shunt_s
            assert opened - self.last_exit.get(id_, -1e9) <= shunt_s + 1, f"door {id_} was opened by nobody who leaves"
        self.bench.excused.clear()

    @invariant()
    def what_fire_holds_stays_so(self) -> None:
        now = self.bench.moment.mono_s
        for id_, fire in self.fires.items():
            door = self.kept(id_)
            leaving = door.lock.rex_unlocks and now - self.leaving.get(id_, -1e9) <= LEAST_HOLD_S + 1
            leaving = leaving or now <= self.owed.get(id_, (door, 0.0))[1] + 1
            assert fire.effect is not None
            assert self.bench.at(fire.door, fire.effect) or leaving, f"door {id_} is not where fire holds it"

    @invariant()
    def a_directive_ends_by_a_release_and_by_nothing_else(self) -> None:
        for status in self.bench.controller.status(self.bench.moment.mono_s).doors:
            if status.door in self.gone:
                continue
            assert set(status.directives) == {directive.id for directive in self.ruling(status.door)}

    @invariant()
    def what_an_emergency_locks_is_locked(self) -> None:
        lockdown = {id_ for id_ in CLASSES if any(d.action == "lockdown" for d in self.ruling(id_))}
        for status in self.bench.controller.status(self.bench.moment.mono_s).doors:
            freed = status.slot in (Slot.EGRESS, Slot.FIRE, Slot.PERMITTED_GRANT)
            if status.door in lockdown - self.gone - self.waiting() and not freed:
                assert self.bench.at(self.built(status.door), Effect.LOCK)

    @invariant()
    def a_cancelled_unlock_never_comes_back(self) -> None:
        for status in self.bench.controller.status(self.bench.moment.mono_s).doors:
            if status.slot is Slot.MANUAL_UNLOCK:
                alive = {one.id for one in self.bench.orders.overrides if one.door == status.door} - self.dead
                assert alive, f"door {status.door} is unlocked by what was cancelled"

    @invariant()
    def nothing_unproved_is_shown_as_secured(self) -> None:
        bench, now = self.bench, self.bench.moment.mono_s
        for status in bench.controller.status(now).doors:
            if status.security is not Security.SECURED:
                continue
            door = self.built(status.door)
            bench.check_proof(door)
            assert bench.up[DeviceKind.BOARD, 1], "its contact cannot be read"
            assert door.contact is not None
            if status.door not in self.gone:
                assert bench.seen(door.contact) is InputState.NORMAL
                assert door.latch is None or bench.seen(door.latch) is InputState.NORMAL


TestWired = Wired.TestCase
TestWired.settings = settings(
    max_examples=800 if LONG else 70,
    stateful_step_count=50 if LONG else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
