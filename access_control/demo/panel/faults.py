"""The panel's page of faults: a button for each, and beside them what the bridges say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from access_control.demo.deeds import Deeds
from access_control.demo.errors import StageError
from access_control.demo.faults import SWITCHES, Fault, Group, Kind, Switch
from access_control.demo.here import zone_here
from access_control.demo.panel.outlook import Bridges, Outlook
from access_control.demo.plan import BUILDING_NAMES, BY_ID, DOORS, Side
from access_control.demo.population import called
from access_control.demo.sockets import UnreachableError
from access_control.demo.switchboard import Switchboard
from access_control.typed_numbers import number_or_none
from access_control.web.words import clock

CARD_OF: Final = "Hannah Whitfield"
"""Whose card opens every door at every hour."""
FIRST_WORDS: Final = "Press a button and watch the bridges cope. Press it again to mend it."
_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Button:
    """A switch as a button: what is written on it, and since when it is pressed (empty while it is not)."""

    switch: Switch
    text: str
    since: str


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of fault with its buttons, those of each building by themselves."""

    kind: Kind
    buildings: tuple[tuple[str, tuple[Button, ...]], ...]


class FaultPage:
    """Shows what is broken, and breaks and mends."""

    def __init__(self, switchboard: Switchboard, bridges: Bridges, deeds: Deeds) -> None:
        """Everything has started."""
        self._switchboard = switchboard
        self._bridges = bridges
        self._deeds = deeds
        self._zone = ZoneInfo(zone_here())
        self._said = FIRST_WORDS

    def html(self, csrf: str) -> str:
        """The whole page."""
        since = self._since()
        parts = self._parts(since, self._bridges.say())
        groups = [(group, list(rows(group, since))) for group in Group]
        return _PAGES.get_template("faults.html").render(
            csrf=csrf, groups=groups, plates=DOORS, names=BUILDING_NAMES, said=self._said, card_of=CARD_OF, **parts
        )

    def state(self) -> Mapping[str, Any]:
        """What changes on the page: pressed buttons with since when, doors, and three pieces of it."""
        since = self._since()
        parts = self._parts(since, self._bridges.say())
        pieces = {
            name: _PAGES.get_template(f"{name}.html").render(**parts) for name in ("broken", "buildings", "events")
        }
        doors = {
            str(door.id): {"state": door.state, "word": door.word, "reader": door.reader}
            for door in parts["doors"].values()
        }
        return {"pressed": since, "doors": doors, "pieces": pieces, "said": self._said}

    def do(self, fields: Mapping[str, str]) -> str:
        """Do what a form asks for: ``switch`` (a key, then 1 or 0), ``mend``, or ``card`` at a door. One sentence.

        Raises:
            StageError: It cannot be done; the sentence says why.
        """
        try:
            self._said = self._done(fields)
        except StageError as error:
            self._said = str(error)
            raise
        return self._said

    def _done(self, fields: Mapping[str, str]) -> str:
        if "mend" in fields:
            return self._switchboard.mend()
        if "card" in fields:
            door = fields["card"]
            return self._deeds.present(called(CARD_OF).ref, number_or_none(door) or 0)
        key, _, on = fields.get("switch", "").partition(" ")
        return self._switchboard.press(key, on=on == "1")

    def broken(self) -> int:
        """How much is broken now."""
        return len(self._since())

    def _since(self) -> Mapping[str, str]:
        return {key: self._clock(at) for key, at in self._switchboard.standing(self._shut()).items()}

    def _shut(self) -> set[int]:
        shut: set[int] = set()
        for side in Side:
            with suppress(UnreachableError):
                doors = self._deeds.building(side)["doors"]
                shut |= {int(door) for door, truth in doors.items() if not truth["open"]}
        return shut

    def _parts(self, since: Mapping[str, str], outlook: Outlook) -> dict[str, Any]:
        return {
            "broken": [Button(SWITCHES[key], "", at) for key, at in since.items()],
            "doors": outlook.doors,
            "sides": outlook.sides,
            "events": [(self._clock(told.at), told) for told in outlook.events],
        }

    def _clock(self, at: datetime) -> str:
        return clock(at, self._zone, seconds=True)


def rows(group: Group, since: Mapping[str, str]) -> Iterator[Row]:
    """The faults of a group, each with its buttons."""
    of_fault = sorted(
        (switch for switch in SWITCHES.values() if switch.kind.group is group),
        key=lambda switch: list(Fault).index(switch.fault),
    )
    for _, switches in groupby(of_fault, key=lambda switch: switch.fault):
        buttons = [Button(switch, _text(switch), since.get(switch.key, "")) for switch in switches]
        yield Row(buttons[0].switch.kind, tuple(_by_building(buttons)))


def _by_building(buttons: Sequence[Button]) -> Iterator[tuple[str, tuple[Button, ...]]]:
    """Each building with its buttons; those that name the building themselves stand in one line without it."""
    if buttons[0].switch.kind.group in {Group.NETWORK, Group.BUILDING}:
        yield "", tuple(buttons)
        return
    for side, some in groupby(buttons, key=lambda button: button.switch.side):
        yield "" if side is None else BUILDING_NAMES[side], tuple(some)


def _text(switch: Switch) -> str:
    if switch.kind.group in {Group.READER, Group.DOOR}:
        return BY_ID[switch.number].number
    if switch.line:
        return f"Line {switch.line}"
    if switch.number:
        return f"Board {switch.number}"
    return switch.kind.title if switch.side is None else BUILDING_NAMES[switch.side]
