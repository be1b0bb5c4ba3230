"""Set up a bridge by hand: its keys, and whom it belongs to.

For a bridge that is fed by hand; `firmware-bridge enroll` does the same at a service. Prints the bridge's public key.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import read_config
from firmware_bridge.store.keys import KeyFileError
from firmware_bridge.store.memory import MemoryFullError
from firmware_bridge.store.setup import AlreadySetUpError, set_up
from firmware_bridge.store.state_lock import NotOwnerError
from firmware_bridge.store.trust import Trust

EXPECTED = (KeyFileError, MemoryFullError, NotOwnerError)
EXAMPLE = """# Settings of this bridge; docs/settings.md explains each.
state_dir = "state"

# [ports.A]
# kind = "osdp"
# path = "/dev/serial/by-id/..."
# baud = 9600
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom the bridge belongs to, and the key that comes from there."""
    parser.add_argument("--site", required=True, metavar="UUID", help="the site that the bridge belongs to")
    parser.add_argument("--bridge", required=True, metavar="UUID", help="the bridge's own identity")
    parser.add_argument(
        "--identity-key", required=True, metavar="HEX", help="the school's public identity key, 64 hex digits"
    )
    parser.add_argument(
        "--digest-key-file",
        type=Path,
        metavar="FILE",
        help="a file with the 64 hex digits under which Policy names cards ('-' is standard input); else a new key",
    )


def carry_out(asked: argparse.Namespace) -> int:
    """Write what is missing."""
    if not asked.config.exists():
        try:
            asked.config.write_text(EXAMPLE, encoding="utf-8")
        except OSError as error:
            print(f"{asked.config} cannot be used: {error.strerror}.", file=sys.stderr)
            return FAILED
        print(f"{asked.config} was written; add the serial ports.")
    config = read_config(asked.config)
    try:
        trust = msgspec.convert(
            {"site": asked.site, "bridge": asked.bridge, "identity_key": asked.identity_key}, type=Trust
        )
        keys = set_up(config.state_dir, trust, SystemClock(), digest=_digest(asked.digest_key_file))
    except msgspec.ValidationError as error:
        print(f"That is not an identity: {error}. UUIDs are written in small letters.", file=sys.stderr)
        return FAILED
    except (AlreadySetUpError, ValueError) as error:
        print(error, file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"{error.filename or config.state_dir} cannot be used: {error.strerror}.", file=sys.stderr)
        return FAILED
    print(f"The bridge is set up in {config.state_dir}. Its public key: {keys.public.hex()}")
    return DONE


def _digest(path: Path | None) -> bytes | None:
    if path is None:
        return None
    text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        key = bytes.fromhex(text.strip().decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError(f"{'Standard input' if str(path) == '-' else path} does not hold a key of 64 hex digits.")
    return key
