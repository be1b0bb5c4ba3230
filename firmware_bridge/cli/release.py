"""End the emergency at this bridge's own doors with one of its single-use codes.

For when the service is gone and somebody is on the spot. Each code is good once. Other bridges' doors stay as they are.
"""

from __future__ import annotations

import argparse
import getpass

from firmware_bridge.cli.exit_codes import DONE
from firmware_bridge.cli.who import user
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

EXPECTED = (BridgeRefusedError, BridgeUnreachableError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which doors, with which code, and who does it."""
    doors = parser.add_mutually_exclusive_group(required=True)
    doors.add_argument("--door", type=int, action="append", metavar="N", help="a door's id, as `status` lists it")
    doors.add_argument("--all", action="store_true", help="every door of this bridge")
    parser.add_argument("--code", help="one of the codes; asked for if not given, so that it stays out of the history")
    parser.add_argument("--by", default=user(), help="who releases; the system's user if not given")
    parser.add_argument("--why", default="Released on the spot with a code.", help="why it is over here")


def carry_out(asked: argparse.Namespace) -> int:
    """Tell the running bridge and say what it released."""
    code = asked.code or getpass.getpass("Code: ")
    with LocalClient(read_config(asked.config).control_socket) as client:
        answer = client.release(code, None if asked.all else asked.door, asked.by, asked.why)
    doors = ", ".join(map(str, answer["doors"]))
    print(f"Released at {len(answer['doors'])} doors: {doors}. {answer['left']} codes are left.")
    print("Other bridges' doors stay as they are until the service releases them, or somebody does there.")
    if not answer["kept"]:
        print("WARNING: it is not on the disk yet, so a restart would forget it. See what `status` says of the disk.")
    return DONE
