"""The demo's steps by themselves: a line a step, judged by what the building and the disk say, never by hope."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from access_control.clock import monotonic_s
from access_control.demo.check_cards import Cards
from access_control.demo.check_lockdown import Lockdown
from access_control.demo.evidence import Evidence, StepFailedError
from access_control.demo.scene import StageError

Say = Callable[[str], None]
Step = Callable[[], str]
TICK: Final = "✓"
CROSS: Final = "✗"


def steps(evidence: Evidence) -> Iterable[tuple[str, Step]]:
    """Every step in its order, with what it shows."""
    cards, lockdown = Cards(evidence), Lockdown(evidence)
    yield "8 readers encrypt with keys of their own, 2 relay boards answer", cards.everything_is_connected
    yield "8 of 8 doors are proved locked and closed", cards.every_door_is_secured
    yield "a card with rights: green, the lock, the door, the event", cards.teacher_enters_the_lab
    yield "a card without rights at this door is refused", cards.cook_is_refused_at_the_gym
    yield "a badge reported lost is refused, and an alarm", cards.lost_badge
    yield "a card that nobody gave out is refused", cards.stranger
    yield "a lockdown: 8 doors confirm", lockdown.begins
    yield "lockdown: a student is refused at a room", lockdown.student_is_refused
    yield "lockdown: staff are refused at an outside door", lockdown.staff_are_refused_outside
    yield "lockdown: staff are admitted to a room", lockdown.staff_enter_a_room
    yield "lockdown: a responder is admitted at an outside door", lockdown.responder_enters
    yield "lockdown: leaving by the exit button of the magnet door", lockdown.exit_by_button
    yield "lockdown: leaving by the lever of an outside door", lockdown.exit_by_lever
    yield "lockdown: a contact that stays open is shown, and where to walk", lockdown.stuck_contact_is_shown
    yield "kill -9 while a door is released", lockdown.bridge_is_killed
    yield "started again: locked down before the first card", lockdown.still_locked_down
    yield "started again: the first card is refused for the lockdown", lockdown.first_card_after_restart
    yield "the release ends it at every door", lockdown.ends
    yield "after the release the student is admitted", lockdown.student_is_admitted_again
    yield "a visitor's pass opens the vestibule", cards.pass_opens_the_vestibule
    yield "the same pass again is refused as used", cards.pass_is_used_up
    yield "every release of a lock has its event: none lost, none doubled", cards.nothing_lost_or_doubled


def run_check(evidence: Evidence, say: Say) -> bool:
    """Go through the steps until one fails; whether all of them worked."""
    for title, step in steps(evidence):
        began = monotonic_s()
        try:
            found = step()
        except (StepFailedError, StageError) as failure:
            say(f"{CROSS} {title}")
            say(f"    {failure}")
            return False
        took = (monotonic_s() - began) * 1000
        say(f"{TICK} {title}: {found}" if found else f"{TICK} {title} ({took:.0f} ms)")
    return True
