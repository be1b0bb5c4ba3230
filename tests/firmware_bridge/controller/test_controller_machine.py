"""Whatever happens in whatever order: exits stay free, fire stays in command, only people end an emergency."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from access_control.core.decision.emergency import DirectiveSet, in_force, lock_effect
from access_control.core.decision.model import (
    Door,
    DoorClass,
    EmergencyAction,
    Orders,
    Override,
    OverrideEffect,
    Policy,
    Revision,
    Timetable,
)
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.commands import (
    Command,
    DriveOutput,
    RaiseDirective,
    RememberCancelled,
    RememberFire,
    RememberPassUsed,
    RememberPress,
)
from firmware_bridge.controller.door import DoorMachine
from firmware_bridge.controller.events import OrdersAccepted, PolicyAccepted, Proof, SelfTestAsked
from firmware_bridge.controller.memory import Memory
from firmware_bridge.controller.policy_change import Held
from firmware_bridge.controller.status import PROOF_LIMIT_S, Position, Security
from firmware_bridge.store.uuid7 import uuid7
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import DOORS, PEOPLE, T0, alarms, changed

OPEN_ALL_DAY = Timetable(starts=(T0 - 3600,), ends=(T0 + 36000,))
POLICIES = [
    changed(inputs=alarms()),
    changed(doors={1: {"scheduled_unlock": OPEN_ALL_DAY}, 2: {"scheduled_unlock": OPEN_ALL_DAY}}, inputs=alarms()),
    changed(doors={3: {"door_class": DoorClass.EXTERIOR}}, scopes={"building:1": [1]}, inputs=alarms()),
]
EVERYWHERE = {"site": frozenset(DOORS.values())}
doors = st.sampled_from(list(DOORS))
# What matters most is drawn most often.
actions = st.sampled_from(["lockdown", "lockdown", "secure", "hold", "evacuate", "shelter"])
ids = st.sampled_from(["d1", "d2", "d3"])


class AnyOrder(RuleBasedStateMachine):
    """A bridge to which everything happens."""

    @initialize(first=st.sampled_from(POLICIES))
    def begin(self, first: Policy) -> None:
        self.policy = first
        self.play = Playbook(first)
        self.relays: dict[int, bool] = {}
        self.cancelled: set[str] = set()
        self.by_hand: dict[str, Override] = {}
        self.over: set[str] = set()
        self.fire_held: dict[int, Door] = {}
        self.used: dict[int, int] = {}
        self.heard: dict[str, tuple[str, str]] = {}
        self.directives = DirectiveSet()
        self.locked: set[tuple[str, int]] = set()
        self.proved: set[int] = set()
        self.burning = False
        self.raised: list[str] = []
        self.presses: dict[int, str] = {}
        self.held: list[Held] = []
        self.seen(self.play.commands)
        self.proved = set(DOORS.values())

    def seen(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case DriveOutput(point, on):
                    if self.relays.get(point.index) is not on:
                        self.proved.discard(point.index)
                    self.relays[point.index] = on
                case RememberCancelled(id_):
                    self.cancelled.add(id_)
                case RememberFire(door, held):
                    self.fire_held.pop(door, None)
                    if held is not None:
                        self.fire_held[door] = held
                case RememberPassUsed(pass_id, until):
                    self.used[pass_id] = until
                case RaiseDirective(made):
                    self.directives = self.directives.with_directive(made)
                    self.raised.append(made.id)
                case RememberPress(input_, made_by):
                    self.presses.pop(input_, None)
                    if made_by is not None:
                        self.presses[input_] = made_by
                case _:
                    pass
        if not self.concerned():
            self.held.clear()

    def concerned(self) -> bool:
        """Whether a directive stands at a door of the Policy, or of one that the store holds for the emergency."""
        directives = self.play.controller._world.orders.directives
        policies = [self.policy, *(policy for policy, _ in self.held)]
        return any(directives.in_force_among(one.doors, one.scopes) for one in policies)

    def do(self, *words: str) -> None:
        self.seen(self.play.play(words))

    @rule(door=doors, who=st.sampled_from([*PEOPLE, "noise"]))
    def card(self, door: str, who: str) -> None:
        self.do("card", door, who)

    @rule(door=doors, pass_id=st.integers(1, 3))
    def scan(self, door: str, pass_id: int) -> None:
        self.do("scan", door, str(pass_id))

    @rule(door=st.sampled_from(["front", "hall", "room12", "gate"]), what=st.sampled_from(["open", "close", "cut"]))
    def leaf(self, door: str, what: str) -> None:
        self.do(what, door)

    @rule(door=st.sampled_from(["hall", "hall", "front"]), state=st.sampled_from(["on", "on", "off", "cut"]))
    def rex(self, door: str, state: str) -> None:
        self.do("rex", door, state)

    @rule(state=st.sampled_from(["on", "on", "off", "cut", "short"]))
    def fire(self, state: str) -> None:
        self.burning = {"on": True, "off": False}.get(state, self.burning)
        self.do("fire", state)

    @rule(state=st.sampled_from(["up", "down"]))
    def board(self, state: str) -> None:
        self.do("board", state)

    @rule(door=doors, on=st.sampled_from(["on", "off"]), how=st.sampled_from(["read_back", "acknowledged", "sent"]))
    def prove(self, door: str, on: str, how: str) -> None:
        fits = how != "sent" and self.relays[DOORS[door]] is (on == "on")
        (self.proved.add if fits else self.proved.discard)(DOORS[door])
        self.do("prove", door, on, how)

    @rule(door=doors)
    def lapse(self, door: str) -> None:
        self.do("lapse", door)

    @rule(door=doors, on=st.sampled_from(["on", "off"]), how=st.sampled_from(["", "expired"]))
    def fail(self, door: str, on: str, how: str) -> None:
        self.do("fail", door, on, how)

    @rule(door=doors, what=st.sampled_from(["unlock", "acknowledge", "reset"]))
    def ask(self, door: str, what: str) -> None:
        self.do(what, door)

    @rule(door=doors)
    def try_lock(self, door: str) -> None:
        self.seen(self.play.tell(SelfTestAsked(self.play.moment, "test", DOORS[door], "desk")))

    @rule(seconds=st.sampled_from(["0.1", "1", "6", "31", "90"]), proving=st.booleans())
    def wait(self, seconds: str, proving: bool) -> None:
        self.do("wait", seconds, *([] if proving else ["unproved"]))
        if proving:
            self.proved = set(DOORS.values())

    @rule(action=actions, id_=ids, scope=st.sampled_from(["site", "site", "building:1", "front"]))
    def directive(self, action: str, id_: str, scope: str) -> None:
        action, scope = self.heard.setdefault(id_, (action, scope))
        made = self.play.directive(action, id_, scope)
        self.directives = self.directives.with_directive(made)
        self.do("heard", action, id_, scope)

    @rule(id_=ids, where=st.sampled_from(["", "front", "hall,room12"]))
    def release(self, id_: str, where: str) -> None:
        self.directives = self.directives.with_release(self.play.release(id_, where))
        self.do("release", id_, *([where] if where else []))

    @rule(action=actions, scope=st.sampled_from(["site", "building:1", "building:9"]))
    def raise_here(self, action: str, scope: str) -> None:
        """Somebody starts an emergency at this bridge."""
        self.do(action, scope)

    @rule(button=st.sampled_from(["panic", "office"]), state=st.sampled_from(["on", "on", "off", "cut"]))
    def press(self, button: str, state: str) -> None:
        self.do("alarm", button, state)

    @rule(which=st.integers(0, 3), where=st.sampled_from(["", "front", "hall,room12"]))
    def release_raised(self, which: int, where: str) -> None:
        if self.raised:
            id_ = self.raised[which % len(self.raised)]
            self.directives = self.directives.with_release(self.play.release(id_, where))
            self.do("release", id_, *([where] if where else []))

    @rule(
        effect=st.sampled_from([OverrideEffect.UNLOCK, *OverrideEffect]),
        door=doors,
        id_=st.sampled_from(["u1", "u2"]),
        seconds=st.integers(1, 300),
    )
    def orders(self, effect: OverrideEffect, door: str, id_: str, seconds: int) -> None:
        # A newer document that mentions no emergency ends none.
        self.ordered(DirectiveSet(), self.override(effect, door, id_, seconds))

    @rule(door=doors, id_=st.sampled_from(["u1", "u2"]), action=actions, scope=st.sampled_from(["site", "front"]))
    def orders_of_what_is_over(self, door: str, id_: str, action: str, scope: str) -> None:
        """The bridge was away while somebody unlocked a door, and an emergency began and ended after that."""
        override = self.override(OverrideEffect.UNLOCK, door, id_, 300)
        made = self.play.directive(action, f"over-{len(self.heard)}", scope)
        self.heard[made.id] = action, scope
        end = self.play.release(made.id)
        self.directives = self.directives.with_directive(made).with_release(end)
        world = self.play.controller._world
        assert world.policy is not None
        then = replace(world.orders, directives=DirectiveSet().with_directive(made))
        self.note_over(then)
        self.ordered(DirectiveSet().with_directive(made).with_release(end), override)

    def override(self, effect: OverrideEffect, door: str, id_: str, seconds: int) -> Override:
        """One of some that were made when they were first drawn, and come again as they were."""
        expires = int(self.play.moment.at.timestamp()) + seconds
        made = Override(uuid7(self.play.moment.at), DOORS[door], effect, "desk", "Because", expires)
        return self.by_hand.setdefault(f"{id_}-{effect.value}-{door}", made)

    def ordered(self, directives: DirectiveSet, override: Override) -> None:
        self.seen(self.play.tell(OrdersAccepted(self.play.moment, Orders(Revision(1, 1), directives, (override,)))))

    def note_over(self, orders: Orders) -> None:
        """What a Lockdown or Secure ends that locks a door just now is over for good."""
        policy = self.play.controller._world.policy
        assert policy is not None
        ending = {EmergencyAction.LOCKDOWN, EmergencyAction.SECURE}
        under = {
            door
            for door in DOORS.values()
            if any(found.directive.action in ending for found in lock_effect(policy, orders, door))
        }
        self.over |= {override.id for override in self.by_hand.values() if override.door in under}

    @rule(new=st.sampled_from(POLICIES))
    def new_policy(self, new: Policy) -> None:
        if self.concerned():
            standing = self.play.controller._world.orders.directives.standing
            self.held.append((self.policy, frozenset(directive.id for directive, _ in standing)))
        self.policy = replace(new, made_at=self.play.moment.at)
        self.seen(self.play.tell(PolicyAccepted(self.play.moment, self.policy)))

    @rule(trusted=st.sampled_from(["trusted", "untrusted"]))
    def clock(self, trusted: str) -> None:
        self.do("clock", trusted)

    @rule(remembers=st.booleans())
    def restart(self, *, remembers: bool) -> None:
        """With the memory of what was cancelled, or without it: the disk was full, or the file is damaged."""
        cancelled = frozenset(self.cancelled) if remembers else frozenset[str]()
        memory = Memory(dict(self.used), cancelled, dict(self.fire_held), clock_trusted=True, presses=self.presses)
        kept = self.play.controller._world.orders
        before, moment = self.play, self.play.moment
        self.play = Playbook(self.policy, kept, memory, held=self.held, quiet=False)
        self.play._asked, self.play._pressed = before._asked, before._pressed
        self.play.moment = replace(moment, mono_s=moment.mono_s + 1)
        self.seen(self.play.commands)
        self.locked.clear()
        self.proved.clear()
        self.do("board", "up")

    def machines(self) -> Iterable[DoorMachine]:
        return self.play.controller._building.doors.values()

    @invariant()
    def exits_are_free(self) -> None:
        for machine in self.machines():
            if machine.leaving.active and machine.door.lock.rex_unlocks:
                assert machine.effect is Effect.UNLOCK
                assert self.relays[machine.drive.point.index] is machine.drive.energised(Effect.UNLOCK)

    @invariant()
    def what_fire_holds_stays_so(self) -> None:
        for machine in self.machines():
            if machine.door.id in self.fire_held:
                assert machine.effect is machine.fire.effect or machine.stack.top()[0] is Slot.EGRESS
                assert machine.effect is not Effect.LOCK

    @invariant()
    def a_fire_releases_until_its_input_is_normal(self) -> None:
        if self.burning:
            assert {2, 3} <= self.fire_held.keys()
            assert self.play.door("hall").command is Effect.UNLOCK

    @invariant()
    def directives_end_only_by_a_release(self) -> None:
        world = self.play.controller._world
        assert world.policy is not None
        for door in DOORS.values():
            expected = {directive.id for directive in self.directives.in_force_at(door, EVERYWHERE)}
            found = {directive.id for directive in in_force(world.policy, world.orders, door)}
            assert expected <= found

    @invariant()
    def a_door_that_an_emergency_locked_stays_so_until_a_release(self) -> None:
        world = self.play.controller._world
        assert world.policy is not None
        locks = {
            (found.directive.id, door)
            for door in DOORS.values()
            for found in lock_effect(world.policy, world.orders, door)
            if found.effect is Effect.LOCK
        }
        released = {
            (release.directive, door)
            for release in self.directives.releases.values()
            for door in release.doors or DOORS.values()
        }
        assert self.locked - released <= locks
        self.locked = locks

    @invariant()
    def an_emergency_locks_what_nobody_may_pass(self) -> None:
        for machine in self.machines():
            if machine.stack.get(Slot.LOCKDOWN) is not None:
                assert machine.stack.top()[0] <= Slot.LOCKDOWN
                assert machine.stack.get(Slot.GRANT) is None
                assert machine.stack.get(Slot.MANUAL_UNLOCK) is None

    @invariant()
    def cancelled_unlocks_stay_cancelled(self) -> None:
        world = self.play.controller._world
        self.note_over(world.orders)
        gone = self.cancelled | self.over
        for machine in self.machines():
            if machine.stack.get(Slot.MANUAL_UNLOCK) is not None:
                unlocks = [o for o in world.orders.overrides if o.door == machine.door.id and o.id not in gone]
                assert any(override.effect is OverrideEffect.UNLOCK for override in unlocks)

    @invariant()
    def nothing_unproved_is_shown_as_secured(self) -> None:
        now = self.play.moment.mono_s
        for status in self.play.status().doors:
            if status.security is Security.SECURED:
                assert status.command is not Effect.UNLOCK
                assert status.position is Position.CLOSED
                assert status.proof in (Proof.READ_BACK, Proof.ACKNOWLEDGED)
                assert status.proof_age_s is not None
                assert status.proof_age_s <= PROOF_LIMIT_S
                assert status.why == ""
                assert status.door in self.proved
                machine = self.play.controller._building.doors[status.door]
                assert self.relays[machine.drive.point.index] is machine.drive.energised(Effect.LOCK)
        later = self.play.controller.status(now + PROOF_LIMIT_S + 1)
        assert all(status.security is not Security.SECURED for status in later.doors)

    @invariant()
    def relays_are_where_the_slots_say(self) -> None:
        for machine in self.machines():
            if machine.drive._retry is None:
                assert self.relays[machine.drive.point.index] is machine.drive.energised(machine.effect)


LONG = int(os.environ.get("LONG", "0"))
TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=1000 if LONG else 120,
    stateful_step_count=60 if LONG else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
