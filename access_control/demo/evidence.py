"""What can be known about a step of the check, and the ways of waiting for it.

Three witnesses: what the simulated buildings wrote down about their relays, doors and readers; what the service holds
in its database; and what its pages say over HTTP to somebody who is signed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, TypeVar

from access_control.clock import monotonic_s
from access_control.core.credentials.canonical import Credential
from access_control.core.wire.events import EventRecord
from access_control.demo.deeds import door_of
from access_control.demo.errors import StageError
from access_control.demo.http import Browser, Page
from access_control.demo.plan import BRIDGE_NAMES, DOORS, OPEN_BY_DAY, SCANNER, Side, numbers
from access_control.demo.sockets import ask
from access_control.demo.staging import Demo
from access_control.demo.witness import (
    Movement,
    Reckoning,
    Stream,
    differences,
    events_after,
    movements,
    newest_rows,
    reckon,
    relay_lines,
    rows_after,
)
from access_control.readers.records import EventRow

PATIENCE_S: Final = 15.0
GIVES_UP_S: Final = 1.5
STANDING_OPEN: Final = numbers(*OPEN_BY_DAY)
Found = TypeVar("Found")
Marker = Mapping[Stream, int]


class StepFailedError(Exception):
    """A step did not show what it should; the text says what was seen instead."""


class Evidence:
    """The running school with its witnesses."""

    def __init__(self, demo: Demo) -> None:
        """Everything from now on counts."""
        self.demo = demo
        self.began_s = monotonic_s()
        self.first_seq = {side: self._newest_stored(side) for side in Side}

    @cached_property
    def admin(self) -> Browser:
        """A browser in which the administrator is signed in."""
        return self._signed_in("admin")

    @cached_property
    def desk(self) -> Browser:
        """A browser in which the front desk is signed in."""
        return self._signed_in("desk")

    def _signed_in(self, login: str) -> Browser:
        browser = Browser(self.demo.programs.url)
        browser.get("/sign-in")
        page = browser.post("/sign-in", login=login, password=self.demo.accounts[login].password)
        if page.status != 200 or "/sign-in" in page.url:
            raise StageError(f"Signing in as {login} failed with {page.status}: {page.text()[:300]}")
        return browser

    def _newest_stored(self, side: Side) -> int:
        stored = self.stored(side, 0)
        return stored[-1].seq if stored else 0

    # Waiting

    def wait(self, what: str, look: Callable[[], Found | None], within_s: float = PATIENCE_S) -> Found:
        """Look until something is there.

        Raises:
            StepFailedError: It was not there in time; ``what`` says what was missing.
        """
        began, pause = monotonic_s(), threading.Event()
        while True:
            seen = look()
            if seen is not None and seen is not False:
                return seen
            if monotonic_s() - began > within_s:
                raise StepFailedError(f"{what} was not seen within {within_s:.0f} seconds.")
            pause.wait(0.03)

    def now_s(self) -> float:
        """The machine's monotonic clock, which the buildings' logs use too."""
        return monotonic_s()

    def rest(self, seconds: float) -> None:
        """Let time go by, where time is what it is about."""
        threading.Event().wait(seconds)

    # The buildings

    def hold_card(self, credential: Credential, door: int) -> float:
        """Hold a card to a door's reader; the monotonic second at which it was held there."""
        asked = monotonic_s()
        self.demo.deeds.hold_card(credential, door, GIVES_UP_S)
        return float(self.happened(door, "card", asked, reader=door)["mono_s"])

    def show_pass(self, text: str) -> float:
        """Show a pass at the vestibule; the monotonic second at which it was shown."""
        asked = monotonic_s()
        self.demo.deeds.scan(text)
        return float(self.happened(numbers("1")[0], "scan", asked, reader=SCANNER)["mono_s"])

    def happened(self, at_door: int, what: str, since_s: float, **fields: object) -> dict[str, Any]:
        """Wait for a line in the log of a door's building."""
        log = self.demo.places.side(door_of(at_door).side).relay_log

        def look() -> dict[str, Any] | None:
            for line in relay_lines(log):
                if line["mono_s"] >= since_s and line["what"] == what and fields.items() <= line.items():
                    return line
            return None

        said = " ".join(f"{key} {value}" for key, value in fields.items())
        return self.wait(f"In the building: {what} {said}", look)

    def moved(self, door: int, since_s: float) -> list[Movement]:
        """What a door's relay did."""
        log = self.demo.places.side(door_of(door).side).relay_log
        return [movement for movement in movements(log, since_s) if movement.door == door]

    def released(self, door: int, since_s: float) -> Movement:
        """Wait until a door's lock is released by its relay."""
        what = f"The release of the lock of door {door_of(door).number}"
        return self.wait(what, lambda: next((m for m in self.moved(door, since_s) if m.released), None))

    def stayed_locked(self, door: int, since_s: float) -> None:
        """See that a door's lock was not released.

        Raises:
            StepFailedError: It was.
        """
        if any(movement.released for movement in self.moved(door, since_s)):
            raise StepFailedError(f"The lock of door {door_of(door).number} was released all the same.")

    def gave_up(self, door: int, since_s: float) -> None:
        """Wait until somebody who was refused has gone."""
        self.happened(door, "walk", since_s, door=door, result="gave_up")

    def walked_through(self, door: int, since_s: float) -> None:
        """Wait until a door has opened and closed."""
        opened = self.happened(door, "door", since_s, door=door, open=True)
        self.happened(door, "door", float(opened["mono_s"]), door=door, open=False)

    def shown(self, reader: int, colour: str, since_s: float) -> str:
        """Wait until a door's reader has shown a colour; what exactly it showed."""

        def look() -> str | None:
            for entry in self._history(reader):
                if entry["what"] == "led" and entry["mono_s"] >= since_s and colour in entry["shows"]:
                    return str(entry["shows"])
            return None

        return self.wait(f"The reader of door {door_of(reader).number} showing {colour}", look)

    def stayed_red_and_silent(self, reader: int, since_s: float) -> None:
        """See that a reader neither showed green nor made a sound: in a lockdown nobody inside may be given away.

        Raises:
            StepFailedError: It did.
        """
        for entry in self._history(reader):
            if entry["mono_s"] >= since_s and (entry["what"] == "buzzer" or "green" in entry["shows"]):
                raise StepFailedError(
                    f"The reader of door {door_of(reader).number} showed or sounded {entry['shows']}."
                )

    def _history(self, reader: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.demo.deeds.building(door_of(reader).side)["readers"][str(reader)]["history"]
        return found

    def building_is_locked(self) -> None:
        """See that no lock is released and no door open, by what the buildings say.

        Raises:
            StepFailedError: One is.
        """
        wrong = [
            door.number
            for door in DOORS
            for truth in [self.demo.deeds.building(door.side)["doors"][str(door.id)]]
            if truth["released"] or truth["open"]
        ]
        if wrong:
            raise StepFailedError(f"In the buildings, doors {', '.join(wrong)} are not locked and shut.")

    # The bridges

    def status(self, side: Side) -> dict[str, Any]:
        """What a bridge says of itself."""
        found: dict[str, Any] = ask(self.demo.places.side(side).bridge_socket, "status")["status"]
        return found

    def stored(self, side: Side, after: int) -> list[EventRecord]:
        """A bridge's events as they are on its disk."""
        return events_after(self.demo.places.side(side).outbox, after)

    def reckoning(self, side: Side) -> Reckoning:
        """Every release of a lock since the check began beside the bridge's stored events."""
        events = self.stored(side, self.first_seq[side])
        log = self.demo.places.side(side).relay_log
        return reckon(log, events, self.began_s, standing_open=STANDING_OPEN)

    # The service

    def mark(self) -> Marker:
        """How far the service's events go now."""
        with self.demo.school.database.reading() as session:
            return newest_rows(session)

    def rows(self, after: Marker) -> list[EventRow]:
        """What the service has taken since."""
        with self.demo.school.database.reading() as session:
            return rows_after(session, after)

    def event(self, code: str, after: Marker, door: int | None = None, holder: int | None = None) -> EventRow:
        """Wait until the service holds an event with this code that it did not have.

        Raises:
            StepFailedError: It does not come; the sentence lists what came.
        """

        def look() -> EventRow | None:
            for row in self.rows(after):
                if row.code == code and door in {None, row.door_id} and holder in {None, row.holder_ref}:
                    return row
            return None

        try:
            return self.wait(f"The event {code}", look)
        except StepFailedError as error:
            seen = ", ".join(f"{row.code}@{row.door_id}" for row in self.rows(after)) or "nothing"
            raise StepFailedError(f"{error} The service has instead: {seen}.") from None

    def not_held_alike(self, side: Side) -> list[str]:
        """How the service's events of a bridge's stream differ from those on the bridge's disk."""
        stored = self.stored(side, self.first_seq[side])
        if not stored:
            return []
        stream = (stored[0].bridge, stored[0].stream)
        with self.demo.school.database.reading() as session:
            everything = dict.fromkeys(newest_rows(session), 0) | {stream: self.first_seq[side]}
            held = [row for row in rows_after(session, everything) if (row.bridge_id, row.stream) == stream]
        return [f"{BRIDGE_NAMES[side]}: {what}" for what in differences(stored, held)]

    def page(self, browser: Browser, path: str, *wanted: str) -> Page:
        """Look at a page until it says what it should.

        Raises:
            StepFailedError: It does not; the sentence says what is missing.
        """
        seen: list[Page] = []

        def look() -> Page | None:
            seen.append(browser.get(path))
            text = seen[-1].text()
            return seen[-1] if seen[-1].status == 200 and all(word in text for word in wanted) else None

        try:
            return self.wait(f"The page {path}", look)
        except StepFailedError:
            missing = [word for word in wanted if word not in seen[-1].text()]
            raise StepFailedError(
                f"The page {path} answers {seen[-1].status} and does not say {missing}: {seen[-1].text()[:400]}"
            ) from None


def ms(seconds: float) -> str:
    """A time as people compare it."""
    return f"{seconds * 1000:.0f} ms"
