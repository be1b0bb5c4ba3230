"""``access-control tls``: the certificate of the service in the school's own network."""

from __future__ import annotations

import argparse
import sys

from access_control.cli.line import Commands, add_config, config_of_line
from access_control.clock import utc_now
from access_control.web.tls import TlsError, TlsFiles, make, make_next_key, names_of, use_next_key


def add_to(commands: Commands) -> None:
    """Add the commands."""
    family = commands.add_parser("tls", help="the service's own certificate: make, next, switch")
    steps = family.add_subparsers(dest="step", required=True, metavar="STEP")
    first = steps.add_parser("make", help="make a local authority, a key and a certificate, or a new certificate")
    first.add_argument("--name", action="append", default=[], metavar="HOST", help="one more name or address of it")
    first.set_defaults(run=make_files)
    following = steps.add_parser("next", help="make the key that follows, so that bridges hear of it before it is used")
    following.set_defaults(run=make_next)
    switch = steps.add_parser("switch", help="serve with the key that follows, from the next start on")
    switch.set_defaults(run=switch_key)
    for step in (first, following, switch):
        add_config(step)


def make_files(asked: argparse.Namespace) -> int:
    """Make what is missing and say where it is."""
    config = config_of_line(asked)
    names = list(dict.fromkeys([*names_of(config), *asked.name]))
    _say(make(config.state_dir, names, utc_now()), names)
    return 0


def make_next(asked: argparse.Namespace) -> int:
    """Make the next key."""
    config = config_of_line(asked)
    print(f"The next key has the hash {make_next_key(config.state_dir).hex()}.")
    print("Restart the service so that bridges hear of it; when all have, use 'access-control tls switch'.")
    return 0


def switch_key(asked: argparse.Namespace) -> int:
    """Take the next key into use; 1 when there is none."""
    config = config_of_line(asked)
    names = names_of(config)
    try:
        _say(use_next_key(config.state_dir, names, utc_now()), names)
    except TlsError as error:
        print(error, file=sys.stderr)
        return 1
    print("Restart the service to use it.")
    return 0


def _say(files: TlsFiles, names: list[str]) -> None:
    print(f"The certificate is {files.certificate}, for {', '.join(names)}.")
    print(f"Install {files.authority} on the school's computers as an authority that they trust.")
