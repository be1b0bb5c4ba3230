"""The menu: only pages that exist, and only those that whoever is signed in may see.

An entry is known by its path; whether it exists and which permission it needs is asked of the app itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, request

from access_control.people.permissions import Actor
from access_control.web.guard import permission_of


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the menu: its path and what it is called."""

    path: str
    word: str


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the rail: the pages that belong together, the first is where it leads.

    Attributes:
        short: One word, for the narrow rail and the phone.
        key: After ``g`` it leads here.
    """

    word: str
    short: str
    icon: str
    key: str
    pages: tuple[Page, ...]
    below: tuple[str, ...] = ()


SECTIONS: Final = (
    Section("Live", "Live", "live", "l", (Page("/", "Live"), Page("/events", "Event log"))),
    Section(
        "Front desk",
        "Visitors",
        "desk",
        "f",
        (Page("/desk", "Front desk"), Page("/desk/banned", "Banned list")),
        ("/visits",),
    ),
    Section(
        "Doors",
        "Doors",
        "door",
        "d",
        (Page("/doors", "Doors"), Page("/boards", "Boards"), Page("/inputs", "Alarm inputs")),
        ("/readers",),
    ),
    Section(
        "Schedules",
        "Times",
        "schedule",
        "s",
        (Page("/schedules", "Schedules"), Page("/calendar", "Calendar"), Page("/levels", "Access levels")),
    ),
    Section(
        "People",
        "People",
        "people",
        "p",
        (Page("/people", "People"), Page("/presence", "Who is inside")),
        ("/badges", "/groups"),
    ),
    Section("Why?", "Why?", "why", "w", (Page("/why", "Why?"),)),
    Section(
        "Emergencies",
        "Drills",
        "records",
        "r",
        (Page("/emergency/", "Emergencies and drills"), Page("/fire-tests", "Fire tests")),
        ("/emergency",),
    ),
    Section(
        "Settings",
        "Settings",
        "settings",
        "e",
        (
            Page("/settings", "School"),
            Page("/bridges", "Bridges"),
            Page("/operators", "Operators"),
            Page("/audit", "Audit"),
            Page("/me", "My settings"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A section as one operator sees it."""

    section: Section
    path: str
    pages: tuple[Page, ...]
    here: bool


def entries(actor: Actor | None) -> tuple[Entry, ...]:
    """The rail of an operator; empty when nobody is signed in."""
    if actor is None:
        return ()
    existing = _paths(current_app)
    made = []
    for section in SECTIONS:
        pages = tuple(page for page in section.pages if (end := existing.get(page.path)) and _may(actor, end))
        if pages:
            made.append(Entry(section, pages[0].path, pages, _is_in(section)))
    return tuple(made)


def there(actor: Actor) -> frozenset[str]:
    """The paths of pages that exist and that an operator may see."""
    return frozenset(path for path, endpoint in _paths(current_app).items() if _may(actor, endpoint))


def _is_in(section: Section) -> bool:
    paths = (*(page.path for page in section.pages), *section.below)
    return any(request.path == path or (path != "/" and request.path.startswith(f"{path}/")) for path in paths)


def here(pages: Iterable[Page]) -> Page | None:
    """The page among these that is open, by the longest path that fits."""
    fitting = [
        page
        for page in pages
        if request.path == page.path or (page.path != "/" and request.path.startswith(f"{page.path}/"))
    ]
    return max(fitting, key=lambda page: len(page.path), default=None)


def _may(actor: Actor, endpoint: str) -> bool:
    permission = permission_of(current_app, endpoint)
    return permission is not None and actor.may(permission)


def _paths(app: Flask) -> dict[str, str]:
    return {rule.rule: rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
