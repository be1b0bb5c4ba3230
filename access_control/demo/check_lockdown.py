"""Steps of the check about a lockdown: it holds, proves itself, lets people leave, and survives a kill."""

from __future__ import annotations

from typing import Any, Final

from access_control.clock import monotonic_s
from access_control.core.wire.events import words_of
from access_control.demo.building import BUSES, DOORS, GYM, LIBRARY, MAIN, NAMES, OFFICES, ROOM_101
from access_control.demo.check_cards import Cards
from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.people import called

START_PATIENCE_S: Final = 20.0


class Lockdown:
    """Steps that follow each other: the lockdown of one lasts until the last."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence
        self._school = evidence.school
        self._cards = Cards(evidence)
        self._killed_s = 0.0

    def begins(self) -> str:
        """Signed Orders; each door proves itself, and the building agrees."""
        after, asked = self._evidence.newest(), monotonic_s()
        self._school.start_lockdown()
        confirmed = {door.id: self._evidence.event("DOOR_SECURED", after, door.id).detail["ms"] for door in DOORS}
        took = monotonic_s() - asked
        self._evidence.event("SRP_LOCKDOWN_START", after)
        self._evidence.building_is_locked()
        each = ", ".join(f"{door}: {milliseconds}" for door, milliseconds in confirmed.items())
        return f"{each} ms; all of it {ms(took)}"

    def student_is_refused(self) -> str:
        """At a room."""
        return self._cards.refused("Ava Thornton", ROOM_101, "DENIED_LOCKDOWN", silent=True)

    def staff_are_refused_outside(self) -> str:
        """The principal too."""
        return self._cards.refused("Hannah Whitfield", MAIN, "DENIED_LOCKDOWN", silent=True)

    def staff_enter_a_room(self) -> str:
        """To recover a child from the corridor."""
        return self._admitted("Grace Lindqvist", ROOM_101, "ACCESS_GRANTED")

    def responder_enters(self) -> str:
        """At any door."""
        return self._admitted("Sgt. Dana Ruiz", BUSES, "GRANTED_RESPONDER")

    def exit_by_button(self) -> str:
        """The button cuts the magnet's power by wire; the bridge releases it as well, and calls nothing forced."""
        return self._left(OFFICES)

    def exit_by_lever(self) -> str:
        """The lever needs nobody; the bridge only takes note."""
        return self._left(MAIN)

    def stuck_contact_is_shown(self) -> str:
        """A lock that is locked is not a door that is shut."""
        self._school.simulate("fault_door", door=LIBRARY, contact_stuck=True)
        self._library_is("not_secure")
        self._school.simulate("fault_door", door=LIBRARY)
        self._library_is("secured")
        return f"walk to {LIBRARY}; mended, it is secured again"

    def _library_is(self, group: str) -> None:
        self._evidence.wait(f"{NAMES[LIBRARY]} as {group}", lambda: LIBRARY in self._emergency()[group] or None)

    def bridge_is_killed(self) -> str:
        """At the worst moment: a responder's grant is stored, the lock is released, the door about to open."""
        held_s = self._evidence.hold_card(called("Sgt. Dana Ruiz").credential, GYM)
        self._evidence.released(GYM, held_s)
        self._school.kill_bridge()
        self._killed_s = monotonic_s()
        return "the board holds what it was told last"

    def still_locked_down(self) -> str:
        """From the disk alone, before anything is read at any reader."""
        after, began = self._evidence.newest(), monotonic_s()
        self._school.start_bridge()
        self._evidence.wait("The bridge", lambda: self._school.bridge_answers() or None, START_PATIENCE_S)
        slots = {door["number"]: door["slot"] for door in self._evidence.wait("Doors", self._doors)}
        loose = [number for number, slot in slots.items() if not locked_down(slot)]
        if loose:
            raise StepFailedError(f"After the restart doors {', '.join(loose)} are not locked down.")
        took = monotonic_s() - began
        self._evidence.event("BRIDGE_UNCLEAN_STOP", after)
        self._evidence.all_secured(START_PATIENCE_S)
        if not self._emergency()["restored"]:
            raise StepFailedError("The lockdown does not say that it was restored.")
        return f"{ms(took)} after the start"

    def _doors(self) -> list[dict[str, Any]] | None:
        doors: list[dict[str, Any]] = self._school.status()["doors"]
        return doors if len(doors) == len(DOORS) else None

    def first_card_after_restart(self) -> str:
        """At the door that was released when the bridge died."""
        return self._cards.refused("Ava Thornton", GYM, "DENIED_LOCKDOWN", silent=True)

    def ends(self) -> str:
        """A signed release with a second person and a reason."""
        after, asked = self._evidence.newest(), monotonic_s()
        self._school.release()
        self._evidence.event("SRP_LOCKDOWN_END", after)
        self._evidence.wait("The end of the emergency", lambda: not self._school.status()["emergencies"] or None)
        took = monotonic_s() - asked
        still = [door["number"] for door in self._school.status()["doors"] if locked_down(door["slot"])]
        if still:
            raise StepFailedError(f"Doors {', '.join(still)} are still locked down.")
        return ms(took)

    def student_is_admitted_again(self) -> str:
        """At the room that refused the same card before."""
        return self._admitted("Ava Thornton", ROOM_101, "ACCESS_GRANTED")

    def _admitted(self, name: str, door: int, reason: str) -> str:
        after, who = self._evidence.newest(), called(name)
        held_s = self._evidence.hold_card(who.credential, door)
        moved = self._evidence.released(door, held_s)
        event = self._evidence.event(reason, after, door, who.ref)
        self._evidence.walked_through(door, held_s)
        return f"card to lock {ms(moved.mono_s - held_s)}. {words_of(event.code)}"

    def _left(self, door: int) -> str:
        after, asked = self._evidence.newest(), monotonic_s()
        self._school.leave(door)
        self._evidence.event("REX", after, door)
        self._evidence.walked_through(door, asked)
        self._evidence.event("DOOR_CLOSED", after, door)
        if any(event.code == "DOOR_FORCED" for event in self._school.events(after)):
            raise StepFailedError(f"Leaving by door {door} was called forced.")
        return "the door opened, and nobody called it forced"

    def _emergency(self) -> dict[str, Any]:
        emergencies: list[dict[str, Any]] = self._school.status()["emergencies"]
        if not emergencies:
            raise StepFailedError("The bridge shows no emergency.")
        return emergencies[0]


def locked_down(slot: object) -> bool:
    """Whether a door's effective slot is the lockdown's, by name or by number."""
    return str(slot).lower() in {"lockdown", "4"}
