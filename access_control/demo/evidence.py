"""What can be known about a step of the check, and the ways of waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from access_control.clock import monotonic_s
from access_control.core.credentials.canonical import Credential
from access_control.core.wire.events import EventRecord
from access_control.demo.building import NAMES
from access_control.demo.running import RunningSchool
from access_control.demo.witness import Movement, Reckoning, movements, reckon, relay_lines

PATIENCE_S: Final = 10.0
GIVES_UP_S: Final = 1.5
Found = TypeVar("Found")


class StepFailedError(Exception):
    """A step did not show what it should; the text says what was seen instead."""


class Evidence:
    """The running school with its witnesses: the building's log, the bridge's stored events, its status."""

    def __init__(self, school: RunningSchool) -> None:
        """Everything from now on counts."""
        self.school = school
        self.began_s = monotonic_s()
        before = school.events()
        self.first_seq = before[-1].seq if before else 0

    def wait(self, what: str, look: Callable[[], Found | None], within_s: float = PATIENCE_S) -> Found:
        """Look until something is there.

        Raises:
            StepFailedError: It was not there in time; ``what`` says what was missing.
        """
        found: list[Found] = []

        def there() -> bool:
            seen = look()
            if seen is None or seen is False:
                return False
            found.append(seen)
            return True

        if self.school.wait_until(there, within_s) is None:
            raise StepFailedError(f"{what} was not seen within {within_s:.0f} seconds.")
        return found[0]

    def newest(self) -> int:
        """The number of the newest stored event."""
        events = self.school.events(self.first_seq)
        return events[-1].seq if events else self.first_seq

    def event(self, code: str, after: int, door: int | None = None, holder: int | None = None) -> EventRecord:
        """Wait for an event with this code after a number.

        Raises:
            StepFailedError: There is none; the sentence lists what there is.
        """

        def look() -> EventRecord | None:
            for event in self.school.events(after):
                if event.code == code and door in {None, event.door} and holder in {None, event.holder}:
                    return event
            return None

        try:
            return self.wait(f"The event {code}", look)
        except StepFailedError as error:
            seen = ", ".join(f"{e.code}@{e.door}" for e in self.school.events(after)) or "nothing"
            raise StepFailedError(f"{error} Stored instead: {seen}.") from None

    def hold_card(self, credential: Credential, door: int) -> float:
        """Hold a card to a door's reader; the monotonic second at which it was held there."""
        asked = monotonic_s()
        self.school.hold_card(credential, door, GIVES_UP_S)
        return float(self.happened("card", asked, reader=door)["mono_s"])

    def happened(self, what: str, since_s: float, **fields: object) -> dict[str, Any]:
        """Wait for a line of the building's log."""

        def look() -> dict[str, Any] | None:
            for line in relay_lines(self.school.places.relay_log):
                if line["mono_s"] >= since_s and line["what"] == what and fields.items() <= line.items():
                    return line
            return None

        said = " ".join(f"{key} {value}" for key, value in fields.items())
        return self.wait(f"In the building: {what} {said}", look)

    def released(self, door: int, since_s: float) -> Movement:
        """Wait until a door's lock is released by its relay."""

        def look() -> Movement | None:
            moved = movements(self.school.places.relay_log, since_s)
            return next((m for m in moved if m.door == door and m.released), None)

        return self.wait(f"The release of the lock of door {door}, {NAMES[door]}", look)

    def stayed_locked(self, door: int, since_s: float) -> None:
        """See that a door's lock was not released.

        Raises:
            StepFailedError: It was.
        """
        if any(m.door == door and m.released for m in movements(self.school.places.relay_log, since_s)):
            raise StepFailedError(f"The lock of door {door}, {NAMES[door]}, was released all the same.")

    def shown(self, reader: int, colour: str, since_s: float) -> str:
        """Wait until a reader has shown a colour; what exactly it showed."""

        def look() -> str | None:
            history = self.school.building()["readers"][str(reader)]["history"]
            for entry in history:
                if entry["what"] == "led" and entry["mono_s"] >= since_s and colour in entry["shows"]:
                    return str(entry["shows"])
            return None

        return self.wait(f"Reader {reader} showing {colour}", look)

    def stayed_red_and_silent(self, reader: int, since_s: float) -> None:
        """See that a reader neither showed green nor made a sound: in a lockdown nobody inside may be given away.

        Raises:
            StepFailedError: It did.
        """
        history = self.school.building()["readers"][str(reader)]["history"]
        for entry in history:
            if entry["mono_s"] >= since_s and (entry["what"] == "buzzer" or "green" in entry["shows"]):
                raise StepFailedError(f"Reader {reader} showed or sounded {entry['shows']} in a lockdown.")

    def walked_through(self, door: int, since_s: float) -> None:
        """Wait until a door has opened and closed."""
        opened = self.happened("door", since_s, door=door, open=True)
        self.happened("door", opened["mono_s"], door=door, open=False)

    def all_secured(self, within_s: float = PATIENCE_S) -> None:
        """Wait until the bridge calls every door secured, and see that the building agrees.

        Raises:
            StepFailedError: It does not; the sentence names the doors.
        """

        def secured() -> bool:
            return all(door["security"] == "secured" for door in self.school.status()["doors"])

        if self.school.wait_until(secured, within_s) is None:
            doors = self.school.status()["doors"]
            others = [f"{d['number']} is {d['security']} ({d['why']})" for d in doors if d["security"] != "secured"]
            raise StepFailedError(f"Not every door is secured: {'; '.join(others)}.")
        self.building_is_locked()

    def building_is_locked(self) -> None:
        """See that no lock is released and no door open, by what the building says.

        Raises:
            StepFailedError: One is.
        """
        doors = self.school.building()["doors"]
        wrong = [name for name, door in doors.items() if door["released"] or door["open"]]
        if wrong:
            raise StepFailedError(f"The bridge says secured, and in the building door {', '.join(wrong)} is not.")

    def reckoning(self) -> Reckoning:
        """Every release of a lock since the check began beside the stored events."""
        return reckon(self.school.places.relay_log, self.school.events(self.first_seq), self.began_s)


def ms(seconds: float) -> str:
    """A time as people compare it."""
    return f"{seconds * 1000:.0f} ms"
