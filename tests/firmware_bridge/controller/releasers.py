"""The controller's school with a marked reader at the front door, and people who may end an emergency there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from access_control.core.credentials.canonical import Credential, digest
from access_control.core.credentials.formats import FORMATS, encode
from access_control.core.decision.model import HolderClass, Policy
from access_control.core.wire.policy import Badge, Person
from firmware_bridge.controller.commands import EndEmergency
from firmware_bridge.controller.events import CardPresented
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import DIGEST_KEY, DOORS, PEOPLE, changed, draft

PINS = {"ada": "1111", "olga": "2222", "rob": "3333", "pia": "4711", "ben": "1111"}
"""Ada, Olga and Pia may; Ben has a PIN and may not; Rob is a responder who may, and Eve may and has no PIN."""
CARDS = {"ada's other card": 200, "rob": 107}


def marked(
    *,
    readers: Mapping[int, Mapping[str, object]] | None = None,
    ada: Mapping[str, object] | None = None,
    rob: bool = True,
) -> Policy:
    """The school; ``ada`` changes her record, and ``rob`` says whether he may."""
    may = {PEOPLE[name] for name in ("ada", "olga", "pia", "eve")}
    pins = {PEOPLE.get(name, 7): pin for name, pin in PINS.items()}
    people = [
        replace(person, pin=pins.get(person.ref), may_release=person.ref in may)
        for person in (*draft().people, Person(7, HolderClass.RESPONDER))
    ]
    people = [replace(p, may_release=rob) if p.ref == 7 else p for p in people]
    people = [replace(p, **(ada or {})) if p.ref == PEOPLE["ada"] else p for p in people]  # type: ignore[arg-type]  # a test knows its fields
    other = Badge(Credential("H10301", 12, CARDS["ada's other card"]), PEOPLE["ada"])
    badges = [*draft().badges, other, Badge(Credential("H10301", 12, CARDS["rob"]), 7)]
    return changed(readers={1: {"takes_releases": True}} if readers is None else readers, people=people, badges=badges)


def badge_digest(person: str) -> bytes:
    return digest(DIGEST_KEY, Credential("H10301", 12, CARDS.get(person) or 100 + PEOPLE[person]))


def present(play: Playbook, door: str, person: str) -> None:
    number = CARDS.get(person) or 100 + PEOPLE[person]
    play.tell(CardPresented(play.moment, DOORS[door], encode(FORMATS["H10301"], 12, number)))


def agree(play: Playbook, door: str, *people: str) -> list[EndEmergency]:
    """Each presents a card, presses the star and types the right PIN; what that ends."""
    said = []
    for person in people:
        present(play, door, person)
        said += play.play(["keys", door, f"*{PINS[person.partition(chr(39))[0]]}#"])
        said += play.wait(3)
    return [command for command in said if isinstance(command, EndEmergency)]
