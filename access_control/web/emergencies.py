"""Emergencies in the service: one :class:`Emergencies` for the life of the process, and what templates show of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import request
from flask.blueprints import BlueprintSetupState

from access_control.core.decision.model import EmergencyAction
from access_control.emergency.board import by_number
from access_control.emergency.school import KnownDoor, Running, School
from access_control.emergency.starting import Emergencies
from access_control.emergency.words import NAMES, SAID, clock, place_words, script_of, title_of
from access_control.people.permissions import Permission
from access_control.readers.keys import SchoolKeys
from access_control.web.guard import actor_or_none
from access_control.web.services import EXTENSION, Services, current

_KEPT: Final = "emergencies"
FULL_BANDS: Final = 2


@dataclass(frozen=True, slots=True)
class Band:
    """One directive as the band at the top of every page shows it.

    Attributes:
        look: ``lockdown``, ``drill`` or ``directive``; there is no fourth.
        script: The directive sentence.
        by: Who started it.
    """

    id: str
    look: str
    action: EmergencyAction
    drill: bool
    title: str
    short: str
    script: str
    by: str
    place: str
    started_at: datetime
    saved: bool

    def since(self, now: datetime) -> str:
        """The running clock."""
        return clock((now - self.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Choice:
    """A scope that can be chosen."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Now:
    """What the emergency block and the bands of every page need; made from memory only.

    Attributes:
        press_scope: What the control locks down: the whole site, or the one building where whoever looks may; empty if
            they have to choose first. ``place`` is the same in words.
        locked_down: A real Lockdown of the whole site is in force: there is nothing more to press for.
        drill: The drill that runs, if one does and nothing real.
        own: The emergency whose screen this is; empty on every other page.
    """

    bands: tuple[Band, ...]
    doors: tuple[KnownDoor, ...]
    place: str
    press_scope: str
    locked_down: Band | None
    drill: Band | None
    own: str

    @property
    def full(self) -> tuple[Band, ...]:
        """The bands in full height."""
        return self.bands[:FULL_BANDS]

    @property
    def more(self) -> int:
        """How many have no room."""
        return max(0, len(self.bands) - FULL_BANDS)

    @property
    def look(self) -> str:
        """The frame of the window: real before drill, and none for the other four actions."""
        looks = [band.look for band in self.bands]
        return next((look for look in ("lockdown", "drill") if look in looks), "")

    @property
    def signature(self) -> str:
        """What a page compares to see whether what it shows is still in force; empty while nothing is.

        A part that is released changes no band, but what there is to press for.
        """
        bands = sorted(self.bands, key=lambda band: band.id)  # pages order them differently
        return ",".join(f"{band.id}:{int(band.saved)}{'*' * (band == self.locked_down)}" for band in bands)


def set_up(state: BlueprintSetupState) -> None:
    """Start with the app: what an earlier run could not save is taken up, and releases that are due are finished."""
    services: Services = state.app.extensions[EXTENSION]
    keys: SchoolKeys = services.keys
    services.more[_KEPT] = Emergencies(
        services.database, keys, services.clock, services.config.state_dir / "emergencies"
    )


def emergencies() -> Emergencies:
    """Those of the app that serves this request."""
    kept: Emergencies = current().more[_KEPT]
    return kept


def now() -> Now:
    """What is in force as far as this process knows."""
    school = emergencies().school()
    if school is None:
        return Now((), (), "", "", None, None, "")
    own = _own()
    bands = tuple(sorted((band_of(school, one) for one in school.running), key=lambda band: _order(band, own)))
    scope = _press_scope(school)
    pressed = school.doors_in(scope) if scope else frozenset()
    real = [band for band in bands if not band.drill]
    lockdowns = [one.id for one in real if one.action is EmergencyAction.LOCKDOWN]
    everywhere = {one.directive.id for one in school.running if one.directive.scope == "site" and not one.released}
    return Now(
        bands=bands,
        doors=tuple(sorted((school.doors[door] for door in pressed), key=by_number)),
        place=place_words(scope or "site", school.buildings, school.zones, 0),
        press_scope=scope,
        locked_down=next((band for band in real if band.id in everywhere and band.id in lockdowns), None),
        drill=next((band for band in bands if band.drill), None) if not real else None,
        own=own,
    )


def band_of(school: School, running: Running) -> Band:
    """A directive as a band."""
    directive = running.directive
    lockdown = directive.action is EmergencyAction.LOCKDOWN
    place = school.where(directive)
    return Band(
        id=directive.id,
        look="drill" if directive.drill else "lockdown" if lockdown else "directive",
        action=directive.action,
        drill=directive.drill,
        title=title_of(directive.action, place, drill=directive.drill),
        short=_short(directive.action, drill=directive.drill),
        script=script_of(directive.action, drill=directive.drill),
        by=running.by_name or _origin(school, directive.origin),
        place=place,
        started_at=directive.started_at,
        saved=running.saved,
    )


def scopes_for(school: School, permission: Permission = Permission.EMERGENCY_START) -> list[Choice]:
    """The whole school and its buildings, as far as whoever asks may act there."""
    who = actor_or_none()
    named: Iterable[tuple[str, str]] = [
        ("site", "Whole school"),
        *((f"building:{number}", name) for number, name in school.buildings.items()),
    ]
    return [
        Choice(scope, words)
        for scope, words in named
        if who is not None and who.may(permission, school.place_of(scope))
    ]


def context() -> dict[str, object]:
    """For every template: ``emergency_now()``, and the words of the five actions."""
    return {"emergency_now": now, "emergency_names": NAMES, "emergency_said": SAID}


def _short(action: EmergencyAction, *, drill: bool) -> str:
    if drill:
        return f"DRILL. {NAMES[action]}"
    return "LOCKDOWN" if action is EmergencyAction.LOCKDOWN else NAMES[action]


def _origin(school: School, origin: str) -> str:
    kind, _, bridge = origin.partition(":")
    return school.bridges.get(bridge, "a bridge") if kind == "bridge" else "the office"


def _press_scope(school: School) -> str:
    scopes = [choice.value for choice in scopes_for(school)]
    return scopes[0] if "site" in scopes or len(scopes) == 1 else ""


def _own() -> str:
    """The emergency whose screen asks; what a page asks for by itself says so in ``own``."""
    return str((request.view_args or {}).get("directive", "") or request.args.get("own", ""))


def _order(band: Band, own: str) -> tuple[bool, bool, bool, datetime]:
    """The page's own first, then real before drill, Lockdown before the others, the oldest first."""
    return band.id != own, band.drill, band.action is not EmergencyAction.LOCKDOWN, band.started_at
