"""Steps of the check about cards and passes on an ordinary morning."""

from __future__ import annotations

from typing import Any

from access_control.clock import monotonic_s, utc_now
from access_control.core.wire.events import words_of
from access_control.demo.building import GYM, MAIN, SCANNER, SCIENCE
from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.people import STRANGER, called

SAME_READ_S = 5.0
"""The same pass within this time is the same read."""


class Cards:
    """Steps that need nothing but an ordinary morning."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence
        self._school = evidence.school
        self._pass = ""
        self._scanned_s = 0.0

    def everything_is_connected(self) -> str:
        """All readers in Secure Channel, all boards heard."""

        def links() -> list[str]:
            status = self._school.status()
            readers = [r["link"] for r in status["readers"] if r["reader"] != SCANNER]
            return readers + [board["link"] for board in status["boards"]]

        wanted = ["secure"] * 8 + ["up"] * 2
        self._evidence.wait("Every reader and board", lambda: links() == wanted or None, 30.0)
        keyed = [r["secure"] and r["keyed"] for r in self._school.building()["readers"].values()]
        if not all(keyed):
            raise StepFailedError("The bridge says that every line is encrypted; a reader says that its own is not.")
        return ""

    def every_door_is_secured(self) -> str:
        """Proved, not assumed."""
        self._evidence.all_secured()
        return ""

    def teacher_enters_the_lab(self) -> str:
        """Bits on the line, a green light, the relay, the contact, and the event with its reason."""
        after, who = self._evidence.newest(), called("Tom Alvarado")
        held_s = self._evidence.hold_card(who.credential, SCIENCE)
        moved = self._evidence.released(SCIENCE, held_s)
        event = self._evidence.event("ACCESS_GRANTED", after, SCIENCE, who.ref)
        self._evidence.shown(SCIENCE, "green", held_s)
        self._evidence.walked_through(SCIENCE, held_s)
        self._evidence.event("ACCESS_TAKEN", after, SCIENCE)
        return f"card to lock {ms(moved.mono_s - held_s)}. {words_of(event.code)}"

    def cook_is_refused_at_the_gym(self) -> str:
        """No right at this door."""
        return self.refused("Rosa Jimenez", GYM, "DENIED_DOOR")

    def lost_badge(self) -> str:
        """Somebody found it."""
        return self.refused("Kira Donnelly", MAIN, "DENIED_LOST")

    def stranger(self) -> str:
        """A card of the right kind that nobody has given out."""
        after = self._evidence.newest()
        held_s = self._evidence.hold_card(STRANGER, GYM)
        event = self._evidence.event("DENIED_UNKNOWN_CREDENTIAL", after, GYM)
        self._evidence.happened("walk", held_s, door=GYM, result="gave_up")
        self._evidence.stayed_locked(GYM, held_s)
        return words_of(event.code)

    def refused(self, name: str, door: int, reason: str, *, silent: bool = False) -> str:
        """Somebody is refused: the event with its reason, a red light, and a lock that does not move."""
        after, who = self._evidence.newest(), called(name)
        held_s = self._evidence.hold_card(who.credential, door)
        event = self._evidence.event(reason, after, door, who.ref)
        if not silent:
            self._evidence.shown(door, "red", held_s)
        self._evidence.happened("walk", held_s, door=door, result="gave_up")
        if silent:
            self._evidence.stayed_red_and_silent(door, held_s)
        self._evidence.stayed_locked(door, held_s)
        return words_of(event.code)

    def pass_opens_the_vestibule(self) -> str:
        """A pass signed just now, which no bridge has heard of before."""
        self._pass = self._school.office.visitor_pass(utc_now())
        after, asked = self._evidence.newest(), monotonic_s()
        self._scan()
        scanned = self._evidence.happened("scan", asked)
        moved = self._evidence.released(MAIN, asked)
        self._evidence.event("GRANTED_PASS", after, MAIN)
        self._evidence.walked_through(MAIN, asked)
        self._scanned_s = scanned["mono_s"]
        return f"scan to lock {ms(moved.mono_s - scanned['mono_s'])}"

    def pass_is_used_up(self) -> str:
        """Copied, or handed back through the door."""
        over = self._scanned_s + SAME_READ_S + 1.0
        self._school.wait_until(lambda: monotonic_s() > over, SAME_READ_S + 2.0)
        after, asked = self._evidence.newest(), monotonic_s()
        self._scan()
        event = self._evidence.event("DENIED_PASS_USED", after, MAIN)
        self._evidence.stayed_locked(MAIN, asked)
        return words_of(event.code)

    def _scan(self) -> dict[str, Any]:
        return self._school.simulate("walk", door=MAIN, text=self._pass, patience_s=3.0)

    def nothing_lost_or_doubled(self) -> str:
        """The relay log beside the stored events, over everything that this check did, the kill included."""
        found = self._evidence.reckoning()
        if found.unexplained:
            raise StepFailedError(f"Locks were released without a stored event, at doors {found.unexplained}.")
        if found.without_release:
            raise StepFailedError(f"Grants were stored at doors {found.without_release}, and no lock moved for them.")
        if found.gaps:
            raise StepFailedError(f"The numbers of stored events are not in order at {found.gaps}.")
        return f"{found.releases} releases, {found.releases} explained"
