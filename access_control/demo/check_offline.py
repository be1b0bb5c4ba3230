"""Step 5 of the check: the service is stopped, the doors go on; nothing is lost and nothing is doubled."""

from __future__ import annotations

from typing import Final

from access_control.core.wire.events import EventRecord
from access_control.demo.deeds import door_of
from access_control.demo.errors import StageError
from access_control.demo.evidence import Evidence, StepFailedError, ms
from access_control.demo.plan import BRIDGE_NAMES, Side, numbers
from access_control.demo.population import called
from access_control.demo.programs import SERVICE

ARRIVE_S: Final = 60.0
(MAIN, ROOM, LAB, STUDIO, DOCK) = numbers("1", "101", "103", "203", "8")


class Offline:
    """The service away and back."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence

    def service_stops(self) -> str:
        """As from the panel; nobody answers at its address any more."""
        self._evidence.demo.programs.stop(SERVICE)
        try:
            self._evidence.admin.get("/health")
        except StageError:
            return "its pages are gone"
        raise StepFailedError("The service still answers after it was stopped.")

    def service_starts(self) -> str:
        """It comes back and the bridges find it."""
        began = self._evidence.now_s()
        self._evidence.demo.programs.start(SERVICE)
        return f"answers after {ms(self._evidence.now_s() - began)}"

    def cards_go_on(self) -> str:
        """A teacher at the lab, a student at the studio in the other building, and one who is refused."""
        took = [self._admitted("Tom Alvarado", LAB), self._admitted("Ava Thornton", STUDIO)]
        self._refused("Liam Castellano", DOCK, "DENIED_DOOR")
        return f"card to lock {' and '.join(ms(seconds) for seconds in took)}"

    def lockdown_goes_on(self) -> str:
        """A student is refused, a teacher enters a room."""
        self._refused("Ava Thornton", ROOM, "DENIED_LOCKDOWN")
        return f"card to lock {ms(self._admitted('Grace Lindqvist', ROOM))}"

    def pass_goes_on(self, text: str) -> str:
        """A pass that was made before the service stopped."""
        shown_s = self._evidence.show_pass(text)
        moved = self._evidence.released(MAIN, shown_s)
        self._evidence.walked_through(MAIN, shown_s)
        self._stored("GRANTED_PASS", MAIN, shown_s)
        return f"scan to lock {ms(moved.mono_s - shown_s)}"

    def _admitted(self, name: str, door: int) -> float:
        held_s = self._evidence.hold_card(called(name).badge, door)
        moved = self._evidence.released(door, held_s)
        self._evidence.walked_through(door, held_s)
        self._stored("ACCESS_GRANTED", door, held_s)
        return moved.mono_s - held_s

    def _refused(self, name: str, door: int, reason: str) -> None:
        held_s = self._evidence.hold_card(called(name).badge, door)
        self._stored(reason, door, held_s)
        self._evidence.gave_up(door, held_s)
        self._evidence.stayed_locked(door, held_s)

    def _stored(self, code: str, door: int, since_s: float) -> EventRecord:
        """Wait until the bridge has stored an event: there is no service to ask."""
        side = door_of(door).side

        def look() -> EventRecord | None:
            for event in self._evidence.stored(side, self._evidence.first_seq[side]):
                if event.code == code and event.door == door and (event.mono_ms or 0) / 1000 >= since_s - 0.01:
                    return event
            return None

        return self._evidence.wait(f"The stored event {code} at door {door_of(door).number}", look)

    def nothing_lost_or_doubled(self) -> str:
        """Relay logs beside the bridges' stored events, and these beside what the service holds."""
        self._evidence.wait("Every event at the service", lambda: not self.different() or None, ARRIVE_S)
        releases = events = 0
        for side in Side:
            found = self._evidence.reckoning(side)
            where = f"in the {BRIDGE_NAMES[side].lower()}'s building"
            if found.unexplained:
                raise StepFailedError(f"Locks were released without a stored event, at {found.unexplained} {where}.")
            if found.without_release:
                raise StepFailedError(f"Grants were stored at {found.without_release} {where}, and no lock moved.")
            if found.gaps:
                raise StepFailedError(f"The numbers of stored events are not in order at {found.gaps} {where}.")
            releases += found.releases
            events += len(self._evidence.stored(side, self._evidence.first_seq[side]))
        return f"{releases} releases, all explained; {events} events, all at the service, each once"

    def different(self) -> list[str]:
        """How the service's events differ from those that the bridges stored since the check began."""
        return [what for side in Side for what in self._evidence.not_held_alike(side)]
