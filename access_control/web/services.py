"""What pages work with: the settings, the database, the keys, the clock, and what is kept in memory beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from flask import Flask, current_app

from access_control.clock import utc_now
from access_control.config import Config
from access_control.database.engine import Database
from access_control.readers.keys import SchoolKeys
from access_control.web.actors import KnownActors
from access_control.web.budget import ThreadBudget

EXTENSION: Final = "school_access_control"


@dataclass(frozen=True)
class Services:
    """Everything that a page may need, made once at start.

    Attributes:
        clock: The wall clock, aware UTC; tests set another.
        session_secret: What signs the cookies of sessions; the same after a restart, so that nobody is signed out.
        actors: Who was seen lately, so that the emergency control works while the database does not.
        budget: Who may keep a thread for a stream.
        demo_panel: Where the demo's own page is; empty for a real school.
        more: What a page keeps for the life of the process, by the name of its module.
    """

    config: Config
    database: Database
    keys: SchoolKeys
    session_secret: bytes = field(repr=False)
    clock: Callable[[], datetime] = utc_now
    actors: KnownActors = field(default_factory=KnownActors)
    budget: ThreadBudget = field(default_factory=ThreadBudget)
    demo_panel: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def install(app: Flask, services: Services) -> None:
    """Make them reachable from requests of an app."""
    app.extensions[EXTENSION] = services


def current() -> Services:
    """Those of the app that serves this request."""
    found: Services = current_app.extensions[EXTENSION]
    return found
