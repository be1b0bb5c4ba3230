"""The demo's steps by themselves: a line a step, judged by what the buildings, the service and its pages say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from access_control.clock import monotonic_s
from access_control.demo.check_cards import Cards
from access_control.demo.check_lockdown import Lockdown
from access_control.demo.check_lost import Lost
from access_control.demo.check_offline import Offline
from access_control.demo.check_visitors import Visitors
from access_control.demo.errors import StageError
from access_control.demo.evidence import Evidence, StepFailedError
from access_control.demo.plan import DOORS

Say = Callable[[str], None]
Step = Callable[[], str]
TICK: Final = "✓"
CROSS: Final = "✗"


def steps(evidence: Evidence) -> Iterable[tuple[str, Step]]:
    """Every step in its order, with what it shows; the numbers are those of docs/demo.md."""
    cards, visitors, lockdown = Cards(evidence), Visitors(evidence), Lockdown(evidence)
    offline, lost = Offline(evidence), Lost(evidence)
    yield "1 every reader encrypts with a key of its own, every relay board answers", cards.everything_is_connected
    yield "1 the Live page shows every door", cards.every_door_is_shown
    yield "2 a card with rights: green, the lock, the door, the event", cards.teacher_enters_the_lab
    yield "2 the page of events says so in plain words", cards.the_page_says_so
    yield "2 a card without rights at this door is refused", cards.student_is_refused_at_the_offices
    yield "2 Why? explains the refusal from the published documents", cards.why_explains_it
    yield "3 a visitor is checked in at the front desk", visitors.checks_in
    yield "3 the visitor's pass opens the vestibule", visitors.pass_opens_the_vestibule
    yield "3 signed out, the same pass is refused", visitors.signed_out_it_is_refused
    yield "3 signed out, a pass that was never used is refused too", visitors.never_used_it_is_refused_too
    yield f"4 a lockdown: {len(DOORS)} doors confirm", lockdown.begins
    yield "4 the board says so, door by door", lockdown.the_board_says_so
    yield "4 lockdown: students are refused at rooms, without light or sound", lockdown.student_is_refused
    yield "4 lockdown: staff are refused at an outside door", lockdown.staff_are_refused_outside
    yield "4 lockdown: staff are admitted to a room", lockdown.staff_enter_a_room
    yield "4 lockdown: a responder is admitted at an outside door", lockdown.responder_enters
    yield "4 lockdown: leaving by the exit button of the magnet door", lockdown.exit_by_button
    yield "4 lockdown: leaving by the lever of an outside door", lockdown.exit_by_lever
    yield "5 the service is stopped in the lockdown", offline.service_stops
    yield "5 without the service the lockdown goes on", offline.lockdown_goes_on
    yield "5 the service is started again", offline.service_starts
    yield "4 a wrong password or reason releases nothing", lockdown.wrong_password_releases_nothing
    yield "4 password, reason and the wait release it at every door", lockdown.ends
    yield "4 after the release the student is admitted", lockdown.student_is_admitted_again
    yield "5 a visitor gets a pass, and the service is stopped", lambda: _pass_and_stop(visitors, offline)
    yield "5 without the service cards are decided as before", offline.cards_go_on
    yield "5 without the service the pass opens the vestibule", lambda: offline.pass_goes_on(visitors.text)
    yield "5 the service is started again", offline.service_starts
    yield "5 every release of a lock and every event: none lost, none doubled", offline.nothing_lost_or_doubled
    yield "6 a badge works", lost.works_before
    yield "6 marked lost, it is dead at every bridge", lost.is_dead_everywhere
    yield "6 the badge's page names the bridges that confirmed it", lost.the_page_says_where
    yield "6 the lost badge is refused, as an alarm", lost.is_refused
    yield "6 found again, it works again", lost.is_found
    yield "  the visitor is signed out", visitors.leaves
    yield "  once more: none lost, none doubled", offline.nothing_lost_or_doubled


def _pass_and_stop(visitors: Visitors, offline: Offline) -> str:
    visitors.for_later()
    return offline.service_stops()


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
