"""``access-control site``: the first rows of a school: its name, its time zone, its buildings."""

from __future__ import annotations

import argparse
import sys

from access_control.cli.line import Commands, add_config, current_database
from access_control.clock import utc_now
from access_control.readers.errors import ReadersError
from access_control.readers.site import add_building, create_site


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("site", help="the school itself: create, building")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    create = steps.add_parser("create", help="make the one site of this database, with its first building")
    create.add_argument("name", metavar="NAME", help="the school's name, as it stands on every page")
    create.add_argument("--timezone", required=True, metavar="ZONE", help="such as America/Chicago; one for the site")
    create.add_argument("--kind", default="", metavar="WORDS", help="such as 'Elementary School'")
    create.add_argument("--building", default="Main building", metavar="NAME", help="its first building (%(default)s)")
    create.set_defaults(run=create_school)
    add_config(create)
    building = steps.add_parser("building", help="add a building")
    building.add_argument("name", metavar="NAME")
    building.set_defaults(run=add_one_building)
    add_config(building)


def create_school(asked: argparse.Namespace) -> int:
    """Make the site and its first building."""
    at = utc_now()
    try:
        with current_database(asked) as database, database.writing() as session:
            site = create_site(session, at, name=asked.name, timezone=asked.timezone, kind=asked.kind)
            building = add_building(session, at, asked.building)
            told = f"{site.name} is set up. Building {building.id} is {building.name}."
    except ReadersError as refused:
        print(refused, file=sys.stderr)
        return 1
    print(told)
    return 0


def add_one_building(asked: argparse.Namespace) -> int:
    """Add a building."""
    try:
        with current_database(asked) as database, database.writing() as session:
            building = add_building(session, utc_now(), asked.name)
            told = f"Building {building.id} is {building.name}."
    except ReadersError as refused:
        print(refused, file=sys.stderr)
        return 1
    print(told)
    return 0
