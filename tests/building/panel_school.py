"""The demo's panel over simulated buildings and a table of people, without service and bridges."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from access_control.clock import utc_now
from access_control.database.engine import Database
from access_control.demo.deck import Deck
from access_control.demo.deeds import Deeds
from access_control.demo.making import School
from access_control.demo.panel.answers import SchoolAnswers
from access_control.demo.panel.feed import Feed
from access_control.demo.places import Places
from access_control.demo.plan import Side
from access_control.demo.programs import Programs, simulator_name
from access_control.demo.rows_people import add_people
from access_control.demo.wiring import write_building
from access_control.readers.keys import make_keys
from access_control.readers.models import Level


@dataclass(frozen=True)
class Stage:
    """Two simulated buildings and a table of people."""

    programs: Programs
    deeds: Deeds


@contextmanager
def stage(database: Database) -> Iterator[Stage]:
    """Simulators alone; the people are added to the database."""
    folder = Path(tempfile.mkdtemp(prefix="d-"))
    places = Places.under(folder)
    with database.writing() as session:
        session.add_all(Level(id=number, name=f"Level {number}") for number in range(1, 9))
        session.flush()
        add_people(session, utc_now())
    programs = Programs(places, Deck(), "http://127.0.0.1:1")
    names = [simulator_name(side) for side in Side]
    for side in Side:
        write_building(places.side(side))
    try:
        programs.begin(*names)
        programs.wait_for(*names)
        yield Stage(programs, Deeds(places, database))
    finally:
        programs.end()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def panel_school(database: Database) -> Iterator[SchoolAnswers]:
    """What the panel answers."""
    with stage(database) as there:
        places = there.programs.places
        feed = Feed([places.side(side).relay_log for side in Side])
        school = School(database, make_keys(places.service / "keys"), {})
        yield SchoolAnswers(there.programs, there.deeds, school, feed)
