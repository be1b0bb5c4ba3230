"""Everything that can be done to the demo's school from outside: cards, passes and doors."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from access_control.core.credentials.canonical import Credential
from access_control.core.decision.model import BadgeStatus
from access_control.database.engine import Database
from access_control.demo.errors import StageError
from access_control.demo.places import Places
from access_control.demo.plan import BY_ID, MAIN_ENTRANCE, SCANNER, DoorPlan, Side
from access_control.demo.population import STRANGER, bits_of
from access_control.demo.sockets import ask
from access_control.readers.badges import credential_of
from access_control.readers.models import Badge

PATIENCE_S: Final = 4.0


def door_of(number: int) -> DoorPlan:
    """A door by its id.

    Raises:
        StageError: There is none.
    """
    if number not in BY_ID:
        raise StageError(f"There is no door {number} in this school.")
    return BY_ID[number]


class Deeds:
    """Asks the simulators to have people and things do something."""

    def __init__(self, places: Places, database: Database) -> None:
        """The simulators run."""
        self._places = places
        self._database = database

    def simulate(self, side: Side, do: str, **fields: object) -> dict[str, Any]:
        """Have something happen in a building."""
        return ask(self._places.side(side).simulator_socket, do, **fields)

    def building(self, side: Side) -> dict[str, Any]:
        """What the simulated building says is true."""
        found: dict[str, Any] = self.simulate(side, "state")["state"]
        return found

    def present(self, person: int, door: int) -> str:
        """Hold a person's card to a door's reader and try to walk in."""
        where = door_of(door)
        self.hold_card(self._card_of(person), door)
        return f"A card is presented to the reader at door {where.number}, {where.name}."

    def present_stranger(self, door: int) -> str:
        """Hold a card that nobody gave out to a door's reader."""
        self.hold_card(STRANGER, door)
        return f"An unknown card is presented to the reader at door {door_of(door).number}."

    def hold_card(self, credential: Credential, door: int, patience_s: float = PATIENCE_S) -> None:
        """As bits, as the reader hands them over; then wait for the lock, walk in, and let the door close."""
        bits = bits_of(credential)
        card = {"hex": f"{bits.value:x}", "length": bits.length}
        self.simulate(door_of(door).side, "walk", door=door, reader=door, patience_s=patience_s, **card)

    def _card_of(self, person: int) -> Credential:
        with self._database.reading() as session:
            badges = list(session.scalars(select(Badge).where(Badge.person_ref == person)))
        if not badges:
            raise StageError("This person has no badge. Give out one in the console, under People.")
        badge = max(badges, key=lambda badge: (badge.status is BadgeStatus.ACTIVE, badge.status_at))
        return credential_of(badge)

    def scan(self, text: str) -> str:
        """Show a pass, or any other code, to the scanner in the vestibule and try to walk in."""
        text = text.strip()
        if not text:
            raise StageError("There is no pass. Check a visitor in at the front desk, and paste the text of the pass.")
        door = {"door": MAIN_ENTRANCE, "reader": SCANNER, "text": text, "patience_s": PATIENCE_S}
        self.simulate(Side.MAIN, "walk", **door)
        return "A pass is shown to the scanner at door 1."

    def leave(self, door: int) -> str:
        """Press the exit button or the lever, and walk out."""
        where = door_of(door)
        self.simulate(where.side, "walk", door=door, out=True)
        how = "the exit button" if where.magnet else "the lever"
        return f"Somebody inside presses {how} at door {where.number} and leaves."

    def at_door(self, door: int, action: str) -> str:
        """Pull a door from outside, or close it."""
        where = door_of(door)
        done = self.simulate(where.side, "door", door=door, action=action).get("done")
        words = {
            ("open", True): f"Door {where.number} opens.",
            ("open", False): f"Somebody pulls at door {where.number}: it is locked.",
            ("close", True): f"Door {where.number} is closed.",
            ("close", False): f"Something keeps door {where.number} from closing.",
        }
        return words.get((action, bool(done)), f"Done at door {where.number}.")
