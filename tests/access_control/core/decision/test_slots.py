"""Door slots: the worked expectations that need nothing but the stack, and laws that hold for every stack."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from access_control.core.decision.slots import ALLOWED, Effect, Slot, SlotStack

LONG = int(os.environ.get("LONG", "0"))

LOCKED = (Slot.DEFAULT, Effect.LOCK)
MOMENTARY = (Slot.PERMITTED_GRANT, Slot.GRANT)
COMMANDS = [(slot, effect) for slot in Slot for effect in sorted(ALLOWED[slot])]


def stack(*commands: tuple[Slot, Effect]) -> SlotStack:
    made = SlotStack()
    for slot, effect in commands:
        made = made.set(slot, effect)
    return made


def test_a_door_that_nobody_commands_is_locked() -> None:
    assert SlotStack().top() == LOCKED
    assert SlotStack().set(Slot.DEFAULT, Effect.LOCK) == SlotStack()


def test_secure_hides_the_school_days_unlock_and_shows_it_again_afterwards() -> None:
    during = stack((Slot.SCHEDULE, Effect.UNLOCK), (Slot.SECURE, Effect.LOCK))
    assert during.top() == (Slot.SECURE, Effect.LOCK)
    assert during.clear(Slot.SECURE).top() == (Slot.SCHEDULE, Effect.UNLOCK)


def test_a_schedule_that_ends_during_secure_is_not_replayed() -> None:
    during = stack((Slot.SCHEDULE, Effect.UNLOCK), (Slot.SECURE, Effect.LOCK))
    assert during.clear(Slot.SCHEDULE).clear(Slot.SECURE).top() == LOCKED


def test_lockdown_ends_manual_and_first_card_unlocks_for_good() -> None:
    open_day = stack((Slot.MANUAL_UNLOCK, Effect.UNLOCK), (Slot.FIRST_CARD, Effect.UNLOCK))
    during = open_day.set(Slot.LOCKDOWN, Effect.LOCK).without_manual_unlocks()
    assert during.clear(Slot.LOCKDOWN).top() == LOCKED


def test_fire_releases_a_maglock_in_a_lockdown_and_the_lockdown_comes_back_after_it() -> None:
    burning = stack((Slot.LOCKDOWN, Effect.LOCK), (Slot.FIRE, Effect.UNLOCK))
    assert burning.top() == (Slot.FIRE, Effect.UNLOCK)
    assert burning.clear(Slot.FIRE).top() == (Slot.LOCKDOWN, Effect.LOCK)


def test_a_fire_door_that_latches_takes_no_grant_at_all_and_then_follows_its_schedule_again() -> None:
    burning = stack((Slot.SCHEDULE, Effect.UNLOCK), (Slot.FIRE, Effect.RELAY_OFF))
    for grant in MOMENTARY:
        assert burning.set(grant, Effect.UNLOCK) == burning
    assert burning.clear(Slot.FIRE).top() == (Slot.SCHEDULE, Effect.UNLOCK)


def test_a_fire_door_that_latches_ends_even_a_responders_grant() -> None:
    passing = stack((Slot.PERMITTED_GRANT, Effect.UNLOCK), (Slot.FIRE, Effect.RELAY_OFF))
    assert passing.clear(Slot.FIRE).top() == LOCKED


def test_a_responder_passes_a_lockdown_for_a_moment() -> None:
    passing = stack((Slot.LOCKDOWN, Effect.LOCK), (Slot.PERMITTED_GRANT, Effect.UNLOCK))
    assert passing.top() == (Slot.PERMITTED_GRANT, Effect.UNLOCK)
    assert passing.clear(Slot.PERMITTED_GRANT).top() == (Slot.LOCKDOWN, Effect.LOCK)


@pytest.mark.parametrize(
    "locking", [Slot.LOCKDOWN, Slot.ROOM_LOCK, Slot.SECURE, Slot.BLOCKED, Slot.INTERLOCK, Slot.MANUAL_LOCK]
)
def test_a_grant_under_a_lock_is_dropped_and_not_queued(locking: Slot) -> None:
    during = stack((locking, Effect.LOCK))
    assert during.locks_out_grants()
    assert during.set(Slot.GRANT, Effect.UNLOCK).clear(locking).top() == LOCKED


def test_a_grant_that_was_running_when_the_lockdown_came_does_not_survive_it() -> None:
    assert stack((Slot.GRANT, Effect.UNLOCK), (Slot.LOCKDOWN, Effect.LOCK)).clear(Slot.LOCKDOWN).top() == LOCKED


def test_an_evacuation_lets_grants_through() -> None:
    assert not stack((Slot.EVACUATE, Effect.UNLOCK)).locks_out_grants()


def test_leaving_beats_everything() -> None:
    everything = stack(*COMMANDS).set(Slot.EGRESS, Effect.UNLOCK)
    assert everything.top() == (Slot.EGRESS, Effect.UNLOCK)


def test_an_exit_button_opens_even_a_door_whose_power_fire_has_cut() -> None:
    assert stack((Slot.FIRE, Effect.RELAY_OFF), (Slot.EGRESS, Effect.UNLOCK)).top()[1] is Effect.UNLOCK


def test_building_a_lockdown_and_a_site_wide_secure_leave_the_lockdown_on_top() -> None:
    assert stack((Slot.SECURE, Effect.LOCK), (Slot.LOCKDOWN, Effect.LOCK)).top()[0] is Slot.LOCKDOWN


def test_a_slot_refuses_an_effect_that_is_not_its_own() -> None:
    with pytest.raises(ValueError, match="SCHEDULE cannot lock"):
        SlotStack().set(Slot.SCHEDULE, Effect.LOCK)


def test_no_egress_slot_can_ever_lock() -> None:
    assert ALLOWED[Slot.EGRESS] == {Effect.UNLOCK}


def test_get_tells_what_one_source_wants() -> None:
    assert stack((Slot.SCHEDULE, Effect.UNLOCK)).get(Slot.SCHEDULE) is Effect.UNLOCK
    assert SlotStack().get(Slot.SCHEDULE) is None


def test_the_page_has_every_slot_in_its_place(root: Path) -> None:
    page = (root / "docs/decisions.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert rows == [(str(slot.value), slot.name) for slot in Slot]


@given(st.permutations([command for command in COMMANDS if command[0] not in {*MOMENTARY, Slot.FIRE, Slot.DEFAULT}]))
def test_the_order_in_which_lasting_sources_write_does_not_matter(commands: list[tuple[Slot, Effect]]) -> None:
    assert stack(*commands) == stack(*sorted(commands))


class StackAgainstATable(RuleBasedStateMachine):
    """A stack beside the plainest possible model: one cell a slot, read from the top."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = SlotStack()
        self.cells: dict[Slot, Effect] = {}

    def locking(self) -> bool:
        return any(self.cells.get(Slot(number)) is Effect.LOCK for number in range(4, 11))

    def cut(self) -> bool:
        return Effect.RELAY_OFF in self.cells.values()

    @rule(command=st.sampled_from(COMMANDS))
    def set(self, command: tuple[Slot, Effect]) -> None:
        slot, effect = command
        self.stack = self.stack.set(slot, effect)
        self.cells[slot] = effect
        if self.cut():
            self.cells.pop(Slot.PERMITTED_GRANT, None)
        if self.cut() or self.locking():
            self.cells.pop(Slot.GRANT, None)

    @rule(slot=st.sampled_from(Slot))
    def clear(self, slot: Slot) -> None:
        self.stack = self.stack.clear(slot)
        self.cells.pop(slot, None)

    @invariant()
    def the_highest_wins(self) -> None:
        numbers = [number for number in range(15) if Slot(number) in self.cells]
        top = (Slot(numbers[0]), self.cells[Slot(numbers[0])]) if numbers else LOCKED
        assert self.stack.top() == top

    @invariant()
    def nothing_momentary_waits_under_a_lock(self) -> None:
        assert self.stack.locks_out_grants() == (self.cut() or self.locking())
        if self.stack.locks_out_grants():
            assert self.stack.get(Slot.GRANT) is None

    @invariant()
    def a_fire_release_is_never_locked_again_by_software(self) -> None:
        if self.stack.get(Slot.FIRE) is Effect.UNLOCK:
            assert self.stack.top()[1] is Effect.UNLOCK


TestStackAgainstATable = StackAgainstATable.TestCase
TestStackAgainstATable.settings = settings(max_examples=500 if LONG else 60, stateful_step_count=30, deadline=None)
