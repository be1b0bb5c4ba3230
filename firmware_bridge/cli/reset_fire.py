"""Reset a door whose fire release stays latched, once the fire input is normal again."""

from __future__ import annotations

import argparse

from firmware_bridge.cli.exit_codes import DONE
from firmware_bridge.cli.who import user
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

EXPECTED = (BridgeRefusedError, BridgeUnreachableError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which door, and who stands there."""
    parser.add_argument("door", type=int, help="the door's id, as `status` lists it")
    parser.add_argument("--by", default=user(), help="who resets it; the system's user if not given")


def carry_out(asked: argparse.Namespace) -> int:
    """Tell the running bridge."""
    with LocalClient(read_config(asked.config).control_socket) as client:
        client.reset_fire(asked.door, asked.by)
    print(f"Door {asked.door} is reset if its fire input is normal; `status` shows it.")
    return DONE
