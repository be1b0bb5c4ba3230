"""Step 2 of the check: a card with rights opens, one without is refused, and Why? explains it."""

from __future__ import annotations

from access_control.core.wire.events import words_of
from access_control.demo.deeds import door_of
from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.plan import DOORS, SCANNER, Side, numbers
from access_control.demo.population import called
from access_control.readers.records import EventRow

CONNECT_S = 45.0
(LAB,) = numbers("103")
(OFFICES,) = numbers("21")


class Cards:
    """Steps that need nothing but an ordinary morning."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence
        self._refused: EventRow | None = None

    def everything_is_connected(self) -> str:
        """All readers in Secure Channel, all boards heard, and the service's page has every door."""

        def links() -> bool:
            for side in Side:
                status = self._evidence.status(side)
                readers = [r["link"] for r in status["readers"] if r["reader"] != SCANNER]
                boards = [board["link"] for board in status["boards"]]
                if set(readers) != {"secure"} or set(boards) != {"up"} or len(status["doors"]) == 0:
                    return False
            return True

        self._evidence.wait("Every reader and board", lambda: links() or None, CONNECT_S)
        keyed = [
            reader["secure"] and reader["keyed"]
            for side in Side
            for reader in self._evidence.demo.deeds.building(side)["readers"].values()
        ]
        if not all(keyed):
            raise StepFailedError("The bridges say that every line is encrypted; a reader says that its own is not.")
        return f"{len(keyed)} readers, 3 boards"

    def every_door_is_shown(self) -> str:
        """On the Live page, with its number and name."""
        names = [door.name for door in DOORS]
        self._evidence.page(self._evidence.admin, "/", *names)
        return f"{len(names)} doors"

    def teacher_enters_the_lab(self) -> str:
        """Bits on the line, a green light, the relay, the contact, the event, and the page in plain words."""
        return self.admitted("Tom Alvarado", LAB, "ACCESS_GRANTED", green=True)

    def admitted(self, name: str, door: int, reason: str, *, green: bool = False) -> str:
        """Somebody gets in: the relay, the door, and the service's event with its reason."""
        after, who = self._evidence.mark(), called(name)
        held_s = self._evidence.hold_card(who.badge, door)
        moved = self._evidence.released(door, held_s)
        event = self._evidence.event(reason, after, door, who.ref)
        if green:
            self._evidence.shown(door, "green", held_s)
        self._evidence.walked_through(door, held_s)
        self._evidence.event("ACCESS_TAKEN", after, door)
        return f"card to lock {ms(moved.mono_s - held_s)}. {words_of(event.code)}"

    def the_page_says_so(self) -> str:
        """The stream of events names the person and the door."""
        self._evidence.page(self._evidence.admin, "/events", "Tom Alvarado")
        return ""

    def student_is_refused_at_the_offices(self) -> str:
        """No right at this door."""
        self._refused = self.refused("Ava Thornton", OFFICES, "DENIED_DOOR")
        return words_of(self._refused.code)

    def why_explains_it(self) -> str:
        """The page decodes the documents that the bridge decided by, and goes through the rules."""
        row = self._refused
        if row is None:
            raise StepFailedError("There is no refusal to explain.")
        page = self._evidence.page(
            self._evidence.admin, f"/why?bridge={row.bridge_id}&stream={row.stream}&seq={row.seq}", "Ava Thornton"
        )
        words = words_of(row.code)
        if words not in page.text():
            raise StepFailedError(f"Why? does not say {words!r}. It says: {page.text()[:400]}")
        return words

    def refused(self, name: str, door: int, reason: str, *, silent: bool = False) -> EventRow:
        """Somebody is refused: the service's event with its reason, a red light, and a lock that does not move."""
        after, who = self._evidence.mark(), called(name)
        held_s = self._evidence.hold_card(who.badge, door)
        event = self._evidence.event(reason, after, door, who.ref)
        if not silent:
            self._evidence.shown(door, "red", held_s)
        self._evidence.gave_up(door, held_s)
        if silent:
            self._evidence.stayed_red_and_silent(door, held_s)
        self._evidence.stayed_locked(door, held_s)
        return event

    def somebody_leaves(self, door: int) -> str:
        """By the exit button or the lever; nothing can prevent that, and nobody calls it forced."""
        after = self._evidence.mark()
        asked = self._evidence.now_s()
        self._evidence.demo.deeds.leave(door)
        self._evidence.walked_through(door, asked)
        self._evidence.event("REX", after, door)
        if any(row.code == "DOOR_FORCED" and row.door_id == door for row in self._evidence.rows(after)):
            raise StepFailedError(f"Leaving by door {door_of(door).number} was called forced.")
        return "the door opened, and nobody called it forced"
