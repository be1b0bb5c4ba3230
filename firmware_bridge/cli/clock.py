"""Show what the bridge believes of its clock and why, or have it believe the clock as it is.

For when a wrong time was believed, of a time server that was ahead or of a service that was, and the right one lies
before it; or when the machine was restarted and nobody answers who could prove its clock. Never done by itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.who import user
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient
from firmware_bridge.local.clock_words import clock_doubt, spelled

EXPECTED = (BridgeRefusedError, BridgeUnreachableError)
WORD: Final = "accept"
SERVICE: Final = {
    "agrees": "The service's clock agrees with it.",
    "differs": "The service's clock says otherwise.",
    "silent": "The service does not answer.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to accept it, and who does."""
    parser.add_argument("--accept", action="store_true", help="the clock is right: believe it from now on")
    parser.add_argument("--by", default=user(), help="who says so; the system's user if not given")


def carry_out(asked: argparse.Namespace) -> int:
    """Show it; ask where the service cannot be asked, and tell the running bridge."""
    with LocalClient(read_config(asked.config).control_socket) as client:
        clock = client.status()["clock"]
        print("\n".join(page(clock)))
        if not asked.accept:
            return DONE
        # Of what the bridge refuses anyway nobody is asked whether they are sure.
        alone = not clock["trusted"] and clock["service"] == "silent"
        if alone and not _confirmed():
            print("Nothing was done.", file=sys.stderr)
            return FAILED
        answer = client.accept_clock(asked.by, confirmed=alone)
    print("The clock is believed from now on.")
    if not answer["kept"]:
        print("WARNING: it is not on the disk yet, so a restart would forget it. See what `status` says of the disk.")
    return DONE


def page(clock: Mapping[str, Any]) -> Iterator[str]:
    """What is believed, as people read it."""
    believed = "believed" if clock["trusted"] else "NOT believed"
    yield f"The bridge's clock says {spelled(clock['at'])} and is {believed}. {clock_doubt(clock)}".rstrip()
    yield SERVICE[clock["service"]]
    if clock["newest"] is not None:
        yield f"The newest time that this bridge has known is {spelled(clock['newest'])}."


def _confirmed() -> bool:
    print("Nobody but you can say whether that time is right. Look at a clock that you trust; the time above is UTC.")
    print(f"A wrong clock opens doors at the wrong hours. If it is right, type {WORD}: ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == WORD
