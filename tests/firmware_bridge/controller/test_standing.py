"""What documents say about a door, worked out from the present."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import DoorClass, Orders, Override, OverrideEffect, Policy, Revision, Timetable
from access_control.core.decision.slots import Effect, Slot
from firmware_bridge.controller.events import OrdersAccepted, PolicyAccepted
from firmware_bridge.controller.standing import LOOK_AGAIN_S, newly_cancelled, standing
from firmware_bridge.controller.world import World
from firmware_bridge.store.uuid7 import uuid7
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import ALWAYS, START, T0, changed

SECOND = timedelta(seconds=1)


def world_of(policy: Policy, *overrides: Override, trusted: bool = True) -> World:
    return World(policy, Orders(Revision(1, 1), DirectiveSet(), overrides), clock_trusted=trusted)


def order(effect: OverrideEffect, expires: int | None, door: int = 1) -> Override:
    return Override(f"{effect}-{expires}", door, effect, "desk", "Because", expires)


def top(world: World, seconds: float = 0) -> Slot:
    assert world.policy is not None
    return standing(world.policy.doors[1], world, START + timedelta(seconds=seconds)).stack.top()[0]


def test_hours_open_and_close_a_door_by_the_present_alone() -> None:
    world = world_of(changed(doors={1: {"scheduled_unlock": Timetable(starts=(T0 + 10,), ends=(T0 + 20,))}}))
    assert [top(world, second) for second in (0, 9.9, 10, 19.9, 20)] == [
        Slot.DEFAULT,
        Slot.DEFAULT,
        Slot.SCHEDULE,
        Slot.SCHEDULE,
        Slot.DEFAULT,
    ]


def test_the_next_look_is_at_the_next_edge_and_never_far_away() -> None:
    world = world_of(changed(doors={1: {"scheduled_unlock": Timetable(starts=(T0 + 10,), ends=(T0 + 2000,))}}))
    assert world.policy is not None
    door = world.policy.doors[1]
    assert standing(door, world, START).look_again_s == 10
    assert standing(door, world, START + timedelta(seconds=500)).look_again_s == LOOK_AGAIN_S
    assert standing(door, world, START + timedelta(seconds=3000)).look_again_s is None
    assert standing(world.policy.doors[2], world, START).look_again_s is None


def test_an_untrusted_clock_opens_nothing_by_the_hour_not_even_always() -> None:
    for times in (ALWAYS, Timetable(starts=(T0 - 10,), ends=(T0 + 20,))):
        policy = changed(doors={1: {"scheduled_unlock": times}})
        assert top(world_of(policy)) is Slot.SCHEDULE
        assert top(world_of(policy, trusted=False)) is Slot.DEFAULT


def test_past_the_horizon_only_always_is_still_open() -> None:
    for times, slot in ((ALWAYS, Slot.SCHEDULE), (Timetable(starts=(T0 - 10,), ends=(T0 + 99,)), Slot.DEFAULT)):
        # No Policy comes with times past its horizon; if one did, they would not count.
        world = world_of(replace(changed(doors={1: {"scheduled_unlock": times}}), horizon=T0 + 50))
        assert (top(world), top(world, 50)) == (Slot.SCHEDULE, slot)
        assert world.policy is not None
        look = standing(world.policy.doors[1], world, START).look_again_s
        assert look == (None if times.always else 50)


def test_an_operators_unlock_always_ends_and_needs_a_clock() -> None:
    policy = changed()
    world = world_of(policy, order(OverrideEffect.UNLOCK, T0 + 30))
    assert (top(world), top(world, 29.9), top(world, 30)) == (Slot.MANUAL_UNLOCK, Slot.MANUAL_UNLOCK, Slot.DEFAULT)
    assert top(world_of(policy, order(OverrideEffect.UNLOCK, None))) is Slot.DEFAULT
    assert top(world_of(policy, order(OverrideEffect.UNLOCK, T0 + 30), trusted=False)) is Slot.DEFAULT
    assert top(world_of(policy, order(OverrideEffect.UNLOCK, T0 + 30, door=2))) is Slot.DEFAULT


def test_an_operators_lock_or_block_ends_only_by_a_trusted_clock() -> None:
    for effect, slot in ((OverrideEffect.LOCK, Slot.MANUAL_LOCK), (OverrideEffect.BLOCK, Slot.BLOCKED)):
        ending = order(effect, T0 + 30)
        assert top(world_of(changed(), ending), 29) is slot
        assert top(world_of(changed(), ending), 31) is Slot.DEFAULT
        assert top(world_of(changed(), ending, trusted=False), 31) is slot
        assert top(world_of(changed(), order(effect, None)), 10**6) is slot


def test_a_door_out_of_service_is_blocked() -> None:
    world = world_of(changed(doors={1: {"out_of_service": True, "scheduled_unlock": ALWAYS}}))
    assert top(world) is Slot.BLOCKED


def test_a_lockdown_cancels_unlocks_at_its_doors_and_no_others() -> None:
    unlocks = [order(OverrideEffect.UNLOCK, T0 + 30), order(OverrideEffect.UNLOCK, T0 + 40)]
    world = world_of(changed(), *unlocks, order(OverrideEffect.LOCK, None), order(OverrideEffect.UNLOCK, T0 + 50, 5))
    assert world.policy is not None
    doors = world.policy.doors
    assert newly_cancelled(world) == []
    directive = Playbook().directive("lockdown", "d1", "front")
    world.orders = Orders(Revision(1, 2), DirectiveSet().with_directive(directive), world.orders.overrides)
    assert newly_cancelled(world) == unlocks
    world.cancelled.update(override.id for override in unlocks)
    assert newly_cancelled(world) == []
    assert standing(doors[1], world, START).stack.get(Slot.MANUAL_UNLOCK) is None
    assert standing(doors[5], world, START).stack.get(Slot.MANUAL_UNLOCK) is Effect.UNLOCK


def test_a_lockdown_that_is_over_by_now_cancelled_what_was_made_before_its_end() -> None:
    play = Playbook()
    known = DirectiveSet().with_directive(play.directive("lockdown", "d1", "site"))
    known = known.with_release(play.release("d1"))
    before, after = (replace(order(OverrideEffect.UNLOCK, T0 + 90), id=uuid7(START + s)) for s in (-SECOND, SECOND))
    world = world_of(changed(), before, after)
    world.orders = replace(world.orders, directives=known)
    assert newly_cancelled(world) == [before]


@pytest.mark.parametrize("remembers", [True, False], ids=["told at once", "forgotten at a restart"])
def test_a_manual_unlock_and_a_lockdown_that_is_over_when_the_bridge_hears_of_it(*, remembers: bool) -> None:
    play = Playbook()
    before = replace(order(OverrideEffect.UNLOCK, T0 + 90, door=5), id=uuid7(play.moment.at - SECOND))
    known = DirectiveSet().with_directive(play.directive("lockdown", "d1", "site")).with_release(play.release("d1"))
    all_of_it = Orders(Revision(1, 1), known, (before,))
    if remembers:
        play.tell(OrdersAccepted(play.moment, all_of_it))
    else:
        play = Playbook(orders=all_of_it)
    assert play.door("gate").command == "lock"


def test_an_unlock_that_a_secure_ended_stays_so_though_memory_is_lost_and_the_door_has_another_class() -> None:
    play = Playbook(changed(doors={3: {"door_class": DoorClass.EXTERIOR}}))
    before = replace(order(OverrideEffect.UNLOCK, T0 + 90, door=3), id=uuid7(play.moment.at - SECOND))
    known = DirectiveSet().with_directive(play.directive("secure", "d1", "site"))
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), known, (before,))))
    kept = Orders(Revision(1, 1), known.with_release(play.release("d1")), (before,))

    again = Playbook(changed(), kept)

    assert again.door("room12").command == "lock"


def test_nor_does_it_come_back_if_a_service_leaves_it_out_for_a_while() -> None:
    play = Playbook()
    before = replace(order(OverrideEffect.UNLOCK, T0 + 90, door=3), id=uuid7(play.moment.at - SECOND))
    known = DirectiveSet().with_directive(play.directive("secure", "d1", "site")).with_release(play.release("d1"))
    again = Playbook(changed(), Orders(Revision(1, 1), known))

    again.tell(OrdersAccepted(again.moment, Orders(Revision(1, 2), known, (before,))))

    assert again.door("room12").command == "lock"


def test_an_unlock_that_a_secure_did_not_end_stays_while_the_bridge_runs() -> None:
    play = Playbook()
    before = replace(order(OverrideEffect.UNLOCK, T0 + 90, door=3), id=uuid7(play.moment.at - SECOND))
    known = DirectiveSet().with_directive(play.directive("secure", "d1", "site"))
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), known, (before,))))
    assert play.door("room12").command == "unlock"

    play.play(["release", "d1"])
    play.tell(PolicyAccepted(play.moment, replace(changed(), made_at=play.moment.at)))

    assert play.door("room12").command == "unlock"


def test_an_unlock_is_judged_as_unknown_until_its_door_is_in_the_policy() -> None:
    play = Playbook()
    before = replace(order(OverrideEffect.UNLOCK, T0 + 90, door=3), id=uuid7(play.moment.at - SECOND))
    known = DirectiveSet().with_directive(play.directive("secure", "d1", "site")).with_release(play.release("d1"))
    whole = changed()
    without = replace(whole, doors={key: door for key, door in whole.doors.items() if key != 3})
    again = Playbook(without, Orders(Revision(1, 1), known, (before,)))

    again.tell(PolicyAccepted(again.moment, whole))

    assert again.door("room12").command == "lock"
