"""``access-control bridge``: bridges without the pages: add one with its code, confirm, revoke or replace one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from access_control.cli.line import Commands, add_config, config_of_line, current_database
from access_control.clock import utc_now
from access_control.readers.enrolment import add_bridge, confirm_bridge, fingerprint, revoke_bridge
from access_control.readers.errors import BadValueError, NotThereError, ReadersError
from access_control.readers.keys import KeyFileError, SchoolKeys, make_keys
from access_control.readers.models import Bridge, BridgeState, Building
from access_control.readers.recovery import make_passphrase, recovery_row, set_recovery_key
from access_control.readers.replacement import begin_replacement, confirm_replacement, replacement_of


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("bridge", help="bridges: add, list, confirm, revoke, replace; the recovery passphrase")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    add = steps.add_parser(
        "add", help="name a new bridge and print its one-time code, good for 15 minutes and this bridge only"
    )
    add.add_argument("name", metavar="NAME", help="as alarms will call it, such as 'North bridge'")
    add.add_argument(
        "--building", type=int, default=None, metavar="N", help="the building's number, if there are several"
    )
    listed = steps.add_parser("list", help="every bridge with its state and the fingerprint of its key")
    confirm = steps.add_parser(
        "confirm", help="say that a bridge, or the machine that replaces it, is the right one by its fingerprint"
    )
    revoke = steps.add_parser("revoke", help="believe a bridge no more")
    replace = steps.add_parser("replace", help="print a one-time code for a machine that replaces a bridge that died")
    recovery = steps.add_parser(
        "recovery-passphrase", help="make the passphrase that opens the readers' keys of a bridge that died; shown once"
    )
    recovery.add_argument("--again", action="store_true", help="take the place of the one that there is")
    for step, run in (
        (add, add_one),
        (listed, list_all),
        (confirm, confirm_one),
        (revoke, revoke_one),
        (replace, replace_one),
        (recovery, make_recovery),
    ):
        add_config(step)
        step.set_defaults(run=run)
    for step in (confirm, revoke, replace):
        step.add_argument("name", metavar="NAME")
    confirm.add_argument(
        "--fingerprint",
        metavar="HEX",
        help="the one that the machine itself shows, all of it; without this it is asked",
    )


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
        lines = [_line(session, bridge) for bridge in session.scalars(select(Bridge).order_by(Bridge.name))]
        return "\n".join(lines) or "There are no bridges. Add one: access-control bridge add NAME"

    return _carry_out(asked, work)


def confirm_one(asked: argparse.Namespace) -> int:
    """Confirm a bridge by its name, or the machine that is to replace it; without ``--fingerprint`` it asks for it."""
    compared: str | None = asked.fingerprint
    if compared is None:
        if _carry_out(asked, lambda session, _keys: _waiting(session, asked.name)) != 0:
            return 1
        print("Type the fingerprint that the machine itself shows: ", end="", flush=True)
        compared = sys.stdin.readline()
    shown = compared

    def work(session: Session, keys: SchoolKeys) -> str:
        found = _named(session, asked.name)
        if replacement_of(session, found.id) is not None:
            confirm_replacement(session, keys, utc_now(), bridge_id=found.id, compared=shown, by="cli")
            return f"{found.name} is the new machine now; the old one is believed no more."
        confirm_bridge(session, keys, utc_now(), bridge_id=found.id, compared=shown, by="cli")
        return f"{found.name} is confirmed and gets its documents now."

    return _carry_out(asked, work)


def revoke_one(asked: argparse.Namespace) -> int:
    """Revoke a bridge by its name."""

    def work(session: Session, keys: SchoolKeys) -> str:
        bridge = revoke_bridge(session, keys, utc_now(), bridge_id=_named(session, asked.name).id, by="cli")
        return f"{bridge.name} is revoked. Its doors go on from what it stored until it is switched off."

    return _carry_out(asked, work)


def replace_one(asked: argparse.Namespace) -> int:
    """Print a code for a machine that takes a bridge's place."""

    def work(session: Session, keys: SchoolKeys) -> str:
        found = _named(session, asked.name)
        made = begin_replacement(session, keys, utc_now(), bridge_id=found.id, by="cli")
        return (
            f"Type this at the new machine within 15 minutes; it asks for the recovery passphrase:\n\n"
            f"  firmware-bridge enroll {made.text} --replace --url {config_of_line(asked).public_url}\n\n"
            f"{found.name} stays as it is until the new machine is confirmed."
        )

    return _carry_out(asked, work)


def make_recovery(asked: argparse.Namespace) -> int:
    """Make the school's recovery passphrase and print it, this once."""
    made = make_passphrase()

    def work(session: Session, _keys: SchoolKeys) -> str:
        before = recovery_row(session)
        if before is not None and not asked.again:
            raise BadValueError(
                f"There is a recovery passphrase, made on {before.made_at:%Y-%m-%d}.",
                "If it is lost, or somebody saw it, make another one with --again.",
            )
        set_recovery_key(session, utc_now(), made.key, by="cli")
        return (
            f"The school's recovery passphrase:\n\n  {made.text}\n\n"
            "Write it down and lock it up; it is not shown again and kept nowhere. With it a new machine gets the "
            "readers' keys of a bridge that died. Bridges seal their keys to it within minutes."
        )

    return _carry_out(asked, work)


def _waiting(session: Session, name: str) -> str:
    """Which machine waits to be confirmed."""
    found = _named(session, name)
    coming = replacement_of(session, found.id)
    key = found.public_key if coming is None else coming.public_key
    if key is None:
        who = f"{found.name} has not enrolled." if coming is None else f"No machine has enrolled as {found.name}."
        raise BadValueError(who, "Type the code at the machine first.")
    return f"The machine that enrolled as {found.name} has the fingerprint {fingerprint(key)}."


def _line(session: Session, bridge: Bridge) -> str:
    key = fingerprint(bridge.public_key) if bridge.public_key else "not made yet"
    coming = replacement_of(session, bridge.id)
    more = ""
    if coming is not None:
        more = f"; to be replaced by {fingerprint(coming.public_key) if coming.public_key else 'a machine to come'}"
    return f"{bridge.name}: {bridge.state.value}, key {key}{more}"


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
