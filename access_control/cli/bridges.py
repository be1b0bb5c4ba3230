"""``access-control bridge``: name a new bridge and print its one-time code; confirm or revoke one without the pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.cli.line import Commands, add_config, config_of_line, current_database
from access_control.clock import utc_now
from access_control.readers.enrolment import add_bridge, confirm_bridge, fingerprint, revoke_bridge
from access_control.readers.errors import NotThereError, ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys, make_keys
from access_control.readers.models import Bridge, BridgeState, Building


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("bridge", help="bridges: add, list, confirm, revoke")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    add = steps.add_parser(
        "add", help="name a new bridge and print its one-time code, good for 15 minutes and this bridge only"
    )
    add.add_argument("name", metavar="NAME", help="as alarms will call it, such as 'North bridge'")
    add.add_argument(
        "--building", type=int, default=None, metavar="N", help="the building's number, if there are several"
    )
    listed = steps.add_parser("list", help="every bridge with its state and the fingerprint of its key")
    confirm = steps.add_parser("confirm", help="say that a bridge with this fingerprint is the right machine")
    revoke = steps.add_parser("revoke", help="believe a bridge no more")
    for step, run in ((add, add_one), (listed, list_all), (confirm, confirm_one), (revoke, revoke_one)):
        add_config(step)
        step.set_defaults(run=run)
    for step in (confirm, revoke):
        step.add_argument("name", metavar="NAME")


def add_one(asked: argparse.Namespace) -> int:
    """Name a bridge and print its code."""

    def work(session: Session, keys: SchoolKeys) -> str:
        building = asked.building if asked.building is not None else _only_building(session)
        made = add_bridge(session, keys, utc_now(), name=asked.name, building_id=building, by="cli")
        return (
            f"Type this at the bridge within 15 minutes:\n\n"
            f"  firmware-bridge enroll {made.text} --url {config_of_line(asked).public_url}\n\n"
            f"The school's identity key is {made.identity_fingerprint}; the bridge checks it by the code."
        )

    return _carry_out(asked, work)


def list_all(asked: argparse.Namespace) -> int:
    """Print a line for each bridge."""

    def work(session: Session, _keys: SchoolKeys) -> str:
        lines = [
            f"{bridge.name}: {bridge.state.value}, key "
            f"{fingerprint(bridge.public_key) if bridge.public_key else 'not made yet'}"
            for bridge in session.scalars(select(Bridge).order_by(Bridge.name))
        ]
        return "\n".join(lines) or "There are no bridges. Add one: access-control bridge add NAME"

    return _carry_out(asked, work)


def confirm_one(asked: argparse.Namespace) -> int:
    """Confirm a bridge by its name."""

    def work(session: Session, keys: SchoolKeys) -> str:
        bridge = confirm_bridge(session, keys, utc_now(), bridge_id=_named(session, asked.name).id, by="cli")
        return f"{bridge.name} is confirmed and gets its documents now."

    return _carry_out(asked, work)


def revoke_one(asked: argparse.Namespace) -> int:
    """Revoke a bridge by its name."""

    def work(session: Session, keys: SchoolKeys) -> str:
        bridge = revoke_bridge(session, keys, utc_now(), bridge_id=_named(session, asked.name).id, by="cli")
        return f"{bridge.name} is revoked. Its doors go on from what it stored until it is switched off."

    return _carry_out(asked, work)


def _carry_out(asked: argparse.Namespace, work: Callable[[Session, SchoolKeys], str]) -> int:
    try:
        keys = make_keys(config_of_line(asked).state_dir / "keys")
        with current_database(asked) as database, database.writing() as session:
            told = work(session, keys)
    except (ReadersError, KeyFileError) as refused:
        print(refused, file=sys.stderr)
        return 1
    print(told)
    return 0


def _named(session: Session, name: str) -> Bridge:
    query = select(Bridge).where(Bridge.name == name).order_by(Bridge.state == BridgeState.REVOKED)
    bridge = session.scalar(query.limit(1))
    if bridge is None:
        raise NotThereError(f"There is no bridge called {name}.", "See the list: access-control bridge list")
    return bridge


def _only_building(session: Session) -> int:
    found = session.scalars(select(Building.id).order_by(Building.id)).all()
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{row.id} {row.name}" for row in session.scalars(select(Building).order_by(Building.id)))
    raise NotThereError("Which building?", f"Say it with --building: {names or 'first make one'}.")
