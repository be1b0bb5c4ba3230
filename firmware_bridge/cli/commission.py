"""Give readers keys of their own, while the bridge is stopped.

From then on their line is encrypted and nothing in clear text is taken. Keys stay in the bridge's key directory.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import Config, PortKind, read_config
from firmware_bridge.devices.commissioning import CommissioningError, commission
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.keys import SCBK_BYTES, KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.state_lock import StateInUseError, only_one
from firmware_bridge.store.trust import TrustError, read_trust

EXPECTED = (CommissioningError, KeyFileError, MemoryFullError, StateInUseError, TrustError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which readers."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="every OSDP reader of the stored Policy that has no key yet")
    which.add_argument(
        "--address", type=int, choices=range(127), metavar="N", help="the reader at this address (0 to 126) of --port"
    )
    parser.add_argument("--port", help="the port's name in the settings")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader hangs."""

    port: str
    address: int


def carry_out(asked: argparse.Namespace) -> int:
    """Commission each; the others go on when one fails."""
    config = read_config(asked.config)
    read_trust(config.state_dir)
    with only_one(config.state_dir):
        keys = KeyStore(config.state_dir / "keys")
        keys.load()
        if asked.all:
            places = _without_key(config, keys)
        elif asked.port is None or not _is_osdp(config, asked.port):
            names = ", ".join(name for name in config.ports if _is_osdp(config, name))
            print(f"--port must name an OSDP port of the settings: {names or 'there is none'}.", file=sys.stderr)
            return FAILED
        else:
            places = [Place(asked.port, asked.address)]
        return _commission_each(config, keys, places)


def _commission_each(config: Config, keys: KeyStore, places: Sequence[Place]) -> int:
    if not places:
        print("Every reader has its key already.")
    failed = 0
    for place in places:
        try:
            print(f"Port {place.port}, address {place.address}: {_one(config, keys, place)}", flush=True)
        except CommissioningError as error:
            failed += 1
            print(f"Port {place.port}, address {place.address}: {error}", file=sys.stderr)
    return FAILED if failed else DONE


def _one(config: Config, keys: KeyStore, place: Place) -> str:
    before = keys.reader_key(place.port, place.address)
    fresh = os.urandom(SCBK_BYTES)
    settings = config.ports[place.port]
    # Kept before it is sent: a key that only the reader knows would be lost.
    keys.keep_reader_key(place.port, place.address, fresh)
    try:
        done = commission(settings.path, settings.baud, place.address, fresh, clock=SystemClock())
    except CommissioningError as error:
        if not error.key_may_be_set:
            keys.restore_reader_key(place.port, place.address, before)
        raise
    return f"the reader (serial number {done.identity.serial}) has its key and proved it."


def _is_osdp(config: Config, port: str) -> bool:
    settings = config.ports.get(port)
    return settings is not None and settings.kind is PortKind.OSDP


def _without_key(config: Config, keys: KeyStore) -> list[Place]:
    at = SystemClock().moment().at
    memory = BridgeMemory(config.state_dir, at)
    try:
        documents = Documents(config.state_dir / "documents", read_trust(config.state_dir), keys.load(), memory)
        for finding in documents.load(at):
            print(finding.sentence, file=sys.stderr)
    finally:
        memory.close()
    if documents.policy is None:
        raise CommissioningError(
            "There is no Policy yet that names readers. Apply one first, or use --port and --address."
        )
    places = (Place(reader.port, reader.address) for reader in documents.policy.readers.values())
    return [
        place for place in places if _is_osdp(config, place.port) and keys.reader_key(place.port, place.address) is None
    ]
