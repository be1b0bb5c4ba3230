"""Step 4 of the check: a lockdown holds, proves itself door by door, lets people leave, and ends only on purpose."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from access_control.clock import utc_now
from access_control.database.ids import new_id
from access_control.demo.check_cards import Cards
from access_control.demo.deeds import door_of
from access_control.demo.evidence import Evidence, Marker, StepFailedError, ms
from access_control.demo.plan import DOORS, Side, numbers

CONFIRM_S: Final = 20.0
RELEASE_S: Final = 40.0
WAIT_S: Final = 10.0
WHY: Final = "All clear, as the check of the demonstration"
(MAIN, BUSES, ROOM, MUSIC, OFFICES, GYM_SIDE, LIBRARY) = numbers("1", "2", "101", "202", "21", "6", "110")


class Lockdown:
    """Steps that follow each other: the lockdown of one lasts until the last."""

    def __init__(self, evidence: Evidence) -> None:
        """Nothing happens before a step is asked for."""
        self._evidence = evidence
        self._cards = Cards(evidence)
        self._directive = ""

    def begins(self) -> str:
        """From the endpoint that the control of every page uses; each door proves itself, and the buildings agree."""
        after, asked = self._evidence.mark(), self._evidence.now_s()
        self._directive = self.start()
        confirmed = self._evidence.wait(
            f"The confirmation of {len(DOORS)} doors", lambda: self._confirmed(after), CONFIRM_S
        )
        took = self._evidence.now_s() - asked
        self._evidence.event("SRP_LOCKDOWN_START", after)
        self._evidence.building_is_locked()
        each = ", ".join(f"{door_of(door).number}: {milliseconds}" for door, milliseconds in confirmed.items())
        return f"{each} ms; all of it {ms(took)}"

    def start(self) -> str:
        """Start a lockdown of the site as a page's script does; the directive's id.

        Raises:
            StepFailedError: The service did not take it.
        """
        self._evidence.admin.get("/")
        wanted = {"id": new_id(utc_now()), "action": "lockdown", "scope": "site", "drill": False}
        page = self._evidence.admin.post_json("/emergency/start", wanted)
        if page.status not in {201, 202}:
            raise StepFailedError(f"Starting a lockdown was answered with {page.status}: {page.text()[:300]}")
        return str(page.json()["id"])

    def _confirmed(self, after: Marker) -> dict[int, int] | None:
        """Milliseconds to the proof, door by door, from the events; ``None`` while one is missing."""
        found: dict[int, int] = {}
        for row in self._evidence.rows(after):
            if row.code == "DOOR_SECURED" and row.door_id is not None and isinstance(row.detail.get("ms"), int):
                found.setdefault(row.door_id, row.detail["ms"])
        return dict(sorted(found.items())) if len(found) == len(DOORS) else None

    def the_board_says_so(self) -> str:
        """The incident page shows every door. It goes by Status, which follows the events a moment later."""
        self._evidence.wait(f"A board with milliseconds for {len(DOORS)} doors", self._board_has_every_door)
        return f"{len(DOORS)} doors with their milliseconds"

    def _board_has_every_door(self) -> bool:
        page = self._evidence.page(
            self._evidence.admin, f"/emergency/{self._directive}", "Lockdown", "Confirmed secure"
        )
        return len(re.findall(r"\d+ ms", page.text())) >= len(DOORS)

    def student_is_refused(self) -> str:
        """At a room, in both buildings."""
        self._cards.refused("Ava Thornton", ROOM, "DENIED_LOCKDOWN", silent=True)
        self._cards.refused("Liam Castellano", MUSIC, "DENIED_LOCKDOWN", silent=True)
        return ""

    def staff_are_refused_outside(self) -> str:
        """The principal too."""
        self._cards.refused("Hannah Whitfield", MAIN, "DENIED_LOCKDOWN", silent=True)
        return ""

    def staff_enter_a_room(self) -> str:
        """To recover a child from the corridor."""
        return self._cards.admitted("Grace Lindqvist", ROOM, "ACCESS_GRANTED")

    def responder_enters(self) -> str:
        """At any door."""
        return self._cards.admitted("Dana Ruiz", GYM_SIDE, "GRANTED_RESPONDER")

    def exit_by_button(self) -> str:
        """The button cuts the magnet's power by wire; the bridge releases it as well, and calls nothing forced."""
        return self._cards.somebody_leaves(OFFICES)

    def exit_by_lever(self) -> str:
        """The lever needs nobody; the bridge only takes note."""
        return self._cards.somebody_leaves(MAIN)

    def wrong_password_releases_nothing(self) -> str:
        """Whoever walks up to an open console cannot end it."""
        self._release("not the password", WHY)
        self._release(self._evidence.demo.accounts["admin"].password, "too short")
        self._evidence.rest(1.0)
        if not self._in_force(Side):
            raise StepFailedError("A wrong password or a reason of a few characters ended the lockdown.")
        return ""

    def ends(self) -> str:
        """The password again, a reason, and ten seconds in which one may think better of it."""
        after, asked = self._evidence.mark(), self._evidence.now_s()
        page = self._release(self._evidence.demo.accounts["admin"].password, WHY)
        if page != 200:
            raise StepFailedError(f"Asking for the release was answered with {page}.")
        self._evidence.event("SRP_LOCKDOWN_END", after)
        took = self._evidence.now_s() - asked
        self._evidence.wait("The end at both bridges", lambda: not self._in_force(Side) or None, RELEASE_S)
        if took < WAIT_S - 1:
            raise StepFailedError(f"It ended after {ms(took)}, and should have waited {WAIT_S:.0f} s.")
        self._evidence.page(self._evidence.admin, f"/emergency/{self._directive}", WHY)
        return f"after {took:.1f} s"

    def _release(self, password: str, why: str) -> int:
        self._evidence.admin.get(f"/emergency/{self._directive}")
        form = {"id": new_id(utc_now()), "directive": self._directive, "part": "all", "why": why}
        return self._evidence.admin.post("/emergency/release", **form, password=password).status

    def _in_force(self, sides: Collection[Side] | type[Side]) -> list[dict[str, Any]]:
        return [emergency for side in sides for emergency in self._evidence.status(side)["emergencies"]]

    def end_what_is_in_force(self) -> int:
        """End every emergency that an earlier demo left, as its administrator would; how many there were."""
        found = {emergency["directive"] for emergency in self._in_force(Side)}
        for self._directive in sorted(found):
            self.ends()
        return len(found)

    def student_is_admitted_again(self) -> str:
        """At the room that refused the same card before."""
        return self._cards.admitted("Ava Thornton", ROOM, "ACCESS_GRANTED")

    def locked_down_everywhere(self) -> None:
        """See that the lockdown is what holds every door, by what the bridges say.

        Raises:
            StepFailedError: It is not.
        """
        loose = [
            door["number"]
            for side in Side
            for door in self._evidence.status(side)["doors"]
            if str(door["slot"]).lower() not in {"lockdown", "4"}
        ]
        if loose:
            raise StepFailedError(f"Doors {', '.join(loose)} are not locked down.")
