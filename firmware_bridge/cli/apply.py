"""Hand a signed document to the running bridge.

A Policy, Orders, key statement, directive, release or action; the bridge checks it as if it came from the service.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.config import read_config
from firmware_bridge.local.client import BridgeRefusedError, BridgeUnreachableError, LocalClient

APPLY_S = 60.0

EXPECTED = (BridgeRefusedError, BridgeUnreachableError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, applied in this order."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a signed document")


def carry_out(asked: argparse.Namespace) -> int:
    """Apply each; the first that is refused ends it."""
    config = read_config(asked.config)
    for path in asked.files:
        try:
            document = path.read_bytes()
        except OSError as error:
            print(f"{path} cannot be read: {error.strerror}.", file=sys.stderr)
            return FAILED
        with LocalClient(config.control_socket, APPLY_S) as client:
            answer = client.apply(document)
        print(answer["sentence"])
    return DONE
