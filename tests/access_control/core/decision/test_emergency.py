"""Directives as a two-phase set, and what each action does to each kind of door."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from access_control.core.decision.emergency import (
    DEFAULT_EMERGENCY_RULES,
    PASSES_REFUSED,
    Directive,
    DirectiveSet,
    Release,
    in_force,
    lock_effect,
)
from access_control.core.decision.model import DoorClass, EmergencyAction, HolderClass, Orders, Policy, Revision
from access_control.core.decision.slots import Effect, Slot

LONG = int(os.environ.get("LONG", "0"))
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FRONT, CORRIDOR, ROOM_12 = 1, 3, 6
SCOPES = {"site": frozenset({FRONT, CORRIDOR, ROOM_12}), "building:1": frozenset({CORRIDOR, ROOM_12})}


def directive(
    name: str = "d1", action: EmergencyAction = EmergencyAction.LOCKDOWN, scope: str = "site", *, drill: bool = False
) -> Directive:
    return Directive(name, action, scope, frozenset(), "service", "operator:1", drill, START)


def release(name: str = "r1", of: str = "d1", doors: frozenset[int] | None = None) -> Release:
    return Release(name, of, doors, "operator:1", None, "All clear given by the principal.", START)


def actions_at(known: DirectiveSet, door: int) -> list[EmergencyAction]:
    return [found.action for found in known.in_force_at(door, SCOPES)]


def test_a_directive_holds_where_its_scope_points_now_and_where_it_pointed_when_raised() -> None:
    old_wing = replace(directive(scope="building:1"), doors=frozenset({99}))
    known = DirectiveSet().with_directive(old_wing)
    assert known.in_force_at(CORRIDOR, SCOPES)
    assert known.in_force_at(99, SCOPES)
    assert not known.in_force_at(FRONT, SCOPES)


def test_a_scope_that_policy_does_not_know_still_means_the_doors_it_named() -> None:
    known = DirectiveSet().with_directive(replace(directive(scope="zone:7"), doors=frozenset({FRONT})))
    assert known.in_force_at(FRONT, {})
    assert not known.in_force_at(CORRIDOR, {})


def test_a_release_of_everything_ends_it_everywhere() -> None:
    known = DirectiveSet().with_directive(directive()).with_release(release())
    assert not any(known.in_force_at(door, SCOPES) for door in SCOPES["site"])


def test_a_staged_release_ends_it_door_by_door() -> None:
    known = DirectiveSet().with_directive(directive())
    known = known.with_release(release("r1", doors=frozenset({CORRIDOR})))
    known = known.with_release(release("r2", doors=frozenset({ROOM_12})))
    assert [bool(known.in_force_at(door, SCOPES)) for door in (FRONT, CORRIDOR, ROOM_12)] == [True, False, False]


def test_a_release_that_arrives_before_its_directive_works() -> None:
    assert not DirectiveSet().with_release(release()).with_directive(directive()).in_force_at(FRONT, SCOPES)


def test_it_is_over_only_when_all_of_it_is_released_be_it_known_or_not() -> None:
    known = DirectiveSet().with_directive(directive()).with_release(release("r1", doors=frozenset({CORRIDOR})))
    assert not known.is_over("d1")
    assert known.with_release(release("r2")).is_over("d1")
    assert DirectiveSet().with_release(release()).is_over("d1")


def test_a_release_of_another_directive_changes_nothing() -> None:
    known = DirectiveSet().with_directive(directive()).with_release(release(of="d2"))
    assert known.in_force_at(FRONT, SCOPES)


def test_a_replayed_directive_stays_released() -> None:
    known = DirectiveSet().with_directive(directive()).with_release(release())
    assert known.with_directive(directive()) == known


def test_absence_from_newer_orders_releases_nothing() -> None:
    kept = DirectiveSet().with_directive(directive())
    assert kept.merge(DirectiveSet()).in_force_at(FRONT, SCOPES)


def test_the_highest_action_comes_first_whatever_the_order_of_arrival() -> None:
    raised = [directive(action.value, action) for action in EmergencyAction]
    expected = ["lockdown", "evacuate", "secure", "hold", "shelter"]
    for order in permutations(raised):
        known = DirectiveSet()
        for one in order:
            known = known.with_directive(one)
        assert actions_at(known, FRONT) == expected


def test_nobody_ends_an_emergency_by_raising_another_one_under_its_id() -> None:
    everywhere = directive()
    for other in (
        replace(directive(scope="building:1"), doors=frozenset({ROOM_12})),
        directive(action=EmergencyAction.EVACUATE),
        directive(drill=True),
    ):
        for order in permutations([everywhere, other]):
            known = gathered(list(order))
            assert all(EmergencyAction.LOCKDOWN in actions_at(known, door) for door in SCOPES["site"])
            assert not gathered([*order, release()]).in_force_at(FRONT, SCOPES)


def test_of_two_directives_with_one_id_the_stricter_bears_it() -> None:
    lockdown = directive(action=EmergencyAction.LOCKDOWN)
    drill = directive(action=EmergencyAction.LOCKDOWN, drill=True)
    hold = directive(action=EmergencyAction.HOLD)
    for order in permutations([lockdown, drill, hold]):
        known = DirectiveSet()
        for one in order:
            known = known.with_directive(one)
        assert known.directives["d1"] == lockdown


def test_of_two_releases_with_one_id_the_narrower_stays() -> None:
    for order in permutations([release(), release(doors=frozenset({CORRIDOR}))]):
        known = DirectiveSet().with_directive(directive())
        for one in order:
            known = known.with_release(one)
        assert known.in_force_at(FRONT, SCOPES)
        assert not known.in_force_at(CORRIDOR, SCOPES)


IDS = st.sampled_from(["d1", "d2", "d3"])
DOORS = st.frozensets(st.sampled_from([FRONT, CORRIDOR, ROOM_12]))
DIRECTIVES = st.builds(
    Directive,
    id=IDS,
    action=st.sampled_from(EmergencyAction),
    scope=st.sampled_from([*SCOPES, "doors"]),
    doors=DOORS,
    origin=st.sampled_from(["service", "bridge:b1"]),
    by=st.just("operator:1"),
    drill=st.booleans(),
    started_at=st.just(START),
)
RELEASES = st.builds(
    Release,
    id=st.sampled_from(["r1", "r2", "r3"]),
    directive=IDS,
    doors=st.none() | DOORS,
    by=st.just("operator:1"),
    second=st.sampled_from([None, "operator:2"]),
    why=st.just("All clear given by the principal."),
    at=st.just(START),
)


def gathered(records: list[Directive | Release]) -> DirectiveSet:
    known = DirectiveSet()
    for record in records:
        known = known.with_directive(record) if isinstance(record, Directive) else known.with_release(record)
    return known


@settings(max_examples=2000 if LONG else 150)
@given(st.data(), st.lists(DIRECTIVES | RELEASES, max_size=10))
def test_any_order_any_duplicates_and_any_split_agree(data: st.DataObject, records: list[Directive | Release]) -> None:
    once = gathered(records)
    doubled = records + (data.draw(st.lists(st.sampled_from(records), max_size=5)) if records else [])
    again = gathered(data.draw(st.permutations(doubled)))
    cut = data.draw(st.integers(0, len(records)))
    left, right = gathered(records[:cut]), gathered(records[cut:])
    assert once == again == left.merge(right) == right.merge(left)
    assert once.merge(once) == once


@given(*[st.lists(DIRECTIVES | RELEASES, max_size=6)] * 3)
def test_merging_does_not_care_about_brackets(
    a: list[Directive | Release], b: list[Directive | Release], c: list[Directive | Release]
) -> None:
    x, y, z = gathered(a), gathered(b), gathered(c)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))


class OnlyAReleaseEndsADirective(RuleBasedStateMachine):
    """Two bridges hear of emergencies in pieces; whatever they exchange, only a release takes one off a door."""

    def __init__(self) -> None:
        super().__init__()
        self.bridges = [DirectiveSet(), DirectiveSet()]
        self.raised: list[set[str]] = [set(), set()]
        self.released: list[set[tuple[str, int]]] = [set(), set()]
        self.count = 0

    @rule(bridge=st.sampled_from([0, 1]), action=st.sampled_from(EmergencyAction), drill=st.booleans())
    def raise_one(self, bridge: int, action: EmergencyAction, drill: bool) -> None:
        self.count += 1
        name = f"d{self.count}"
        self.bridges[bridge] = self.bridges[bridge].with_directive(directive(name, action, drill=drill))
        self.raised[bridge].add(name)

    @rule(bridge=st.sampled_from([0, 1]), of=st.integers(1, 6), doors=st.none() | DOORS)
    def release_one(self, bridge: int, of: int, doors: frozenset[int] | None) -> None:
        self.count += 1
        ending = release(f"r{self.count}", f"d{of}", doors)
        self.bridges[bridge] = self.bridges[bridge].with_release(ending)
        self.released[bridge] |= {(f"d{of}", door) for door in (SCOPES["site"] if doors is None else doors)}

    @rule(to=st.sampled_from([0, 1]))
    def tell_the_other(self, to: int) -> None:
        self.bridges[to] = self.bridges[to].merge(self.bridges[1 - to])
        self.raised[to] |= self.raised[1 - to]
        self.released[to] |= self.released[1 - to]

    @invariant()
    def in_force_is_raised_and_not_released(self) -> None:
        for known, raised, released in zip(self.bridges, self.raised, self.released, strict=True):
            for door in SCOPES["site"]:
                found = {one.id for one in known.in_force_at(door, SCOPES)}
                assert found == {name for name in raised if (name, door) not in released}


TestOnlyAReleaseEndsADirective = OnlyAReleaseEndsADirective.TestCase
TestOnlyAReleaseEndsADirective.settings = settings(max_examples=400 if LONG else 50, deadline=None)


def orders(*raised: Directive) -> Orders:
    return Orders(Revision(1, 1), gathered(list(raised)))


LOCKDOWN, SECURE = (Slot.LOCKDOWN, Effect.LOCK), (Slot.SECURE, Effect.LOCK)
EVACUATE = (Slot.EVACUATE, Effect.UNLOCK)


@pytest.mark.parametrize(
    ("action", "front", "corridor", "room"),
    [
        (EmergencyAction.LOCKDOWN, [LOCKDOWN], [LOCKDOWN], [LOCKDOWN]),
        (EmergencyAction.SECURE, [SECURE], [], []),
        (EmergencyAction.HOLD, [], [SECURE], [SECURE]),
        (EmergencyAction.SHELTER, [SECURE], [], []),
        (EmergencyAction.EVACUATE, [], [EVACUATE], []),
    ],
)
def test_what_each_action_does_to_each_kind_of_door(
    small_school: Policy,
    action: EmergencyAction,
    front: list[tuple[Slot, Effect]],
    corridor: list[tuple[Slot, Effect]],
    room: list[tuple[Slot, Effect]],
) -> None:
    raised = orders(directive(action=action))
    found = [
        [(effect.slot, effect.effect) for effect in lock_effect(small_school, raised, door)]
        for door in (FRONT, CORRIDOR, ROOM_12)
    ]
    assert found == [front, corridor, room]


def test_a_lockdown_leaves_the_perimeter_where_the_school_chose_so(small_school: Policy) -> None:
    rules = replace(small_school.emergency_rules, lockdown_locks_perimeter=False)
    policy = replace(small_school, emergency_rules=rules)
    assert lock_effect(policy, orders(directive()), FRONT) == ()
    assert [effect.slot for effect in lock_effect(policy, orders(directive()), ROOM_12)] == [Slot.LOCKDOWN]


def test_an_exterior_door_is_never_unlocked_by_an_evacuation(small_school: Policy) -> None:
    doors = {**small_school.doors, FRONT: replace(small_school.doors[FRONT], evacuate_unlock=True)}
    raised = orders(directive(action=EmergencyAction.EVACUATE))
    assert lock_effect(replace(small_school, doors=doors), raised, FRONT) == ()


def test_a_drill_moves_doors_unless_the_school_chose_otherwise(small_school: Policy) -> None:
    drill = orders(directive(drill=True))
    quiet = replace(small_school, emergency_rules=replace(small_school.emergency_rules, drill_moves_doors=False))
    assert lock_effect(small_school, drill, ROOM_12)
    assert not lock_effect(quiet, drill, ROOM_12)
    assert not in_force(quiet, drill, ROOM_12)
    assert lock_effect(quiet, orders(directive("d1", drill=True), directive("d2")), ROOM_12)


def test_several_actions_each_write_their_own_slot(small_school: Policy) -> None:
    raised = orders(directive("d1", EmergencyAction.SECURE), directive("d2", EmergencyAction.LOCKDOWN, "building:1"))
    assert [effect.slot for effect in lock_effect(small_school, raised, FRONT)] == [Slot.SECURE]
    assert [effect.slot for effect in lock_effect(small_school, raised, ROOM_12)] == [Slot.LOCKDOWN]


def test_a_door_that_policy_does_not_know_has_no_effect(small_school: Policy) -> None:
    assert lock_effect(small_school, orders(directive()), 4711) == ()


def test_the_default_table_covers_every_action_and_every_kind_of_door() -> None:
    cells = {(action, kind) for action in EmergencyAction for kind in DoorClass}
    assert set(DEFAULT_EMERGENCY_RULES.admitted) == cells


def test_in_a_lockdown_only_staff_pass_and_only_into_rooms() -> None:
    admitted = {
        kind: DEFAULT_EMERGENCY_RULES.admitted[EmergencyAction.LOCKDOWN, kind] - {HolderClass.RESPONDER}
        for kind in DoorClass
    }
    assert admitted == {
        DoorClass.EXTERIOR: set(),
        DoorClass.INTERIOR: set(),
        DoorClass.ROOM: {HolderClass.STAFF},
    }


SPOKEN = {
    "nobody": frozenset[HolderClass](),
    "staff": frozenset({HolderClass.STAFF}),
    "staff, students": frozenset({HolderClass.STAFF, HolderClass.STUDENT}),
    "everybody": frozenset(HolderClass),
}


def test_the_page_says_whose_badge_works(root: Path) -> None:
    table = (root / "docs/decisions.md").read_text().split("| action | exterior | interior | room | passes |\n")[1]
    rows = re.findall(r"^\| (\w+) \| ([\w, ]+) \| ([\w, ]+) \| ([\w, ]+) \| ([\w ]+) \|$", table, re.MULTILINE)[:5]
    said = {
        (EmergencyAction(name.lower()), kind): SPOKEN[words]
        for name, *cells, _ in rows
        for kind, words in zip(DoorClass, cells, strict=True)
    }
    assert said == dict(DEFAULT_EMERGENCY_RULES.admitted)
    refused = {EmergencyAction(name.lower()) for name, *_, passes in rows if passes == "refused"}
    assert refused == PASSES_REFUSED
