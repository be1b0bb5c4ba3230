"""Say that a person saw a door's alarm."""

from __future__ import annotations

import argparse

from firmware_bridge.cli.exit_codes import DONE
from firmware_bridge.cli.who import user
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

EXPECTED = (BridgeRefusedError, BridgeUnreachableError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which door, and who saw it."""
    parser.add_argument("door", type=int, help="the door's id, as `status` lists it")
    parser.add_argument("--by", default=user(), help="who saw it; the system's user if not given")


def carry_out(asked: argparse.Namespace) -> int:
    """Tell the running bridge."""
    with LocalClient(read_config(asked.config).control_socket) as client:
        client.acknowledge(asked.door, asked.by)
    print(f"The alarm of door {asked.door} is acknowledged; a forced one ends when the door is closed too.")
    return DONE
