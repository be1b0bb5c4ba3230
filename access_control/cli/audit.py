"""``access-control audit``: see that nobody changed the record of who did what."""

from __future__ import annotations

import argparse
import sys

from access_control.audit.record import verify
from access_control.cli.line import Commands, add_config, current_database


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("audit", help="the record of who did what: verify")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    check = steps.add_parser("verify", help="see that no record was changed, removed or put in between")
    check.add_argument(
        "--expect",
        metavar="NUMBER:DIGEST",
        default=None,
        help="a record that an earlier run printed, kept elsewhere: notices records cut off at the end, too",
    )
    check.set_defaults(run=check_chain)
    add_config(check)


def check_chain(asked: argparse.Namespace) -> int:
    """Print what was found; 1 when the chain is broken."""
    with current_database(asked) as database, database.reading() as session:
        verdict = verify(session, asked.expect)
    print(verdict.sentence, file=sys.stdout if verdict.whole else sys.stderr)
    return 0 if verdict.whole else 1
