"""``access-control explain``: would this badge open that door? The answer of the door's bridge, rule by rule."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from access_control.cli.line import Commands, add_config, config_of_line, current_database
from access_control.clock import utc_now
from access_control.core.decision.model import Known
from access_control.people.cardholders import find_people
from access_control.people.models import Cardholder
from access_control.readers.badges import badges_of
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.keys import KeyFileError, load_keys
from access_control.readers.models import Badge, Building, Door
from access_control.readers.site import the_site
from access_control.readers.why import Asked, Explanation, card_reader_of, explain_badge

_MOST: Final = 6
_UNHEARD: Final = "The bridge has not reported yet, so its clock counts as not trusted."
_YEARS: Final = range(1990, 2101)  # outside, time zones and documents have no answer


def add_to(commands: Commands) -> None:
    """Add the command."""
    explain = commands.add_parser("explain", help="would this badge open that door? the answer, rule by rule")
    explain.add_argument(
        "who", metavar="BADGE|NAME", help="the number printed on the badge, FORMAT:FACILITY:NUMBER, or a person's name"
    )
    explain.add_argument("door", metavar="DOOR", help="the number on the door's frame")
    explain.add_argument(
        "--at", default=None, metavar="TIME", help="the school's local time, such as 2026-11-23T07:30 (now)"
    )
    explain.add_argument(
        "--building", type=int, default=None, metavar="N", help="the building's number, if several have such a door"
    )
    add_config(explain)
    explain.set_defaults(run=explain_one)


def explain_one(asked: argparse.Namespace) -> int:
    """Answer the question; 0 also when the answer is no."""
    try:
        keys = load_keys(config_of_line(asked).state_dir / "keys")
        with current_database(asked) as database, database.reading() as session:
            zone = ZoneInfo(the_site(session).timezone)
            at = _moment(asked.at, zone)
            door = _door(session, asked.door, asked.building)
            badge, person = _badge(session, asked.who)
            reader = card_reader_of(session, door.id)
            answer = explain_badge(session, keys, at, badge.id, reader.id, now=utc_now())
            told = _told(answer, f"{person}, badge {badge.canonical}, at door {door.number}, {door.name}", zone)
    except (ReadersError, KeyFileError) as refused:
        print(refused, file=sys.stderr)
        return 1
    print(told)
    return 0


def _told(answer: Explanation, question: str, zone: ZoneInfo) -> str:
    verdict = "Admitted" if answer.decision.granted else "Refused"
    policy, orders = (f"{revision.epoch}/{revision.n}" for revision in (answer.policy, answer.orders))
    lines = [
        f"{question}, {answer.at.astimezone(zone):%Y-%m-%d %H:%M}:",
        f"{verdict}: {answer.sentence} ({answer.decision.reason.value})",
        *(f"  {number:2} {_line(one)}" for number, one in enumerate(answer.asked, start=1)),
        *([_UNHEARD] if answer.facts.clock_trusted is Known.UNKNOWN else []),
        f"Decided on Policy {policy} and Orders {orders}, as published to the door's bridge.",
    ]
    return "\n".join(lines)


def _line(one: Asked) -> str:
    mark = {True: "passed", False: "STOPPED", None: "not asked"}[one.passed]
    return f"{mark:9} {one.asks}" + (f" [{one.saw}]" if one.saw else "")


def _moment(typed: str | None, zone: ZoneInfo) -> datetime:
    if typed is None:
        return utc_now()
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        local = None
    if local is None or local.year not in _YEARS:
        raise ReadersError(f"“{typed[:40]}” is no day and time.", "Write it as 2026-11-23T07:30.")
    return (local if local.tzinfo is not None else local.replace(tzinfo=zone)).astimezone(UTC)


def _door(session: Session, number: str, building: int | None) -> Door:
    query = select(Door).where(Door.number == number.strip()).order_by(Door.building_id)
    doors = [door for door in session.scalars(query) if building in {None, door.building_id}]
    if not doors:
        where = "" if building is None else f" in building {building}"
        raise NotThereError(f"There is no door {number[:20]}{where}.", "Use the number on its frame.")
    if len(doors) > 1:
        names = ", ".join(
            f"{one.building_id} {session.get_one(Building, one.building_id).name}" for one in doors[:_MOST]
        )
        raise ReadersError(f"Several buildings have a door {doors[0].number}.", f"Say which with --building: {names}.")
    return doors[0]


def _badge(session: Session, who: str) -> tuple[Badge, str]:
    """The badge that is meant, and whose it is. A badge's number comes before anybody's name."""
    typed = "".join(who.split()).upper()
    if not typed:
        raise ReadersError("Whose badge?", "Type the number printed on it, or a name.")
    badges = session.scalars(
        select(Badge)
        .where(or_(Badge.number == typed, Badge.canonical == typed, Badge.label == who.strip()))
        .order_by(Badge.canonical)
        .limit(_MOST)
    ).all()
    if len(badges) > 1:
        found = ", ".join(badge.canonical for badge in badges)
        raise ReadersError(f"Several badges have the number {who.strip()[:40]}.", f"Say which: {found}.")
    if badges:
        return badges[0], _name(session.get_one(Cardholder, badges[0].person_ref))
    people = find_people(session, who, _MOST)
    if not people:
        raise NotThereError(f"There is no badge and nobody called “{who.strip()[:40]}”.", "Look at the badge again.")
    if len(people) > 1:
        names = ", ".join(_name(one) for one in people)
        raise ReadersError("Several people are called so.", f"Give more of the name, or a badge's number: {names}.")
    held = badges_of(session, people[0].ref)
    badge = next((one for one in held if one.status == "active"), held[0] if held else None)
    if badge is None:
        raise NotThereError(f"{_name(people[0])} has no badge.", "Give them one in the console, under People.")
    return badge, _name(people[0])


def _name(person: Cardholder) -> str:
    return f"{person.given_name} {person.family_name}".strip()
