"""Give readers and boards their keys, or another key, address or speed, while the bridge is stopped.

From then on their line is encrypted and nothing in clear text is taken. Keys stay in the bridge's key directory. Each
step is an event with who did it; the bridge sends it to the service when it runs again. It ends after ten minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from access_control.core.decision.model import Board, Policy, Reader
from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.walk import add_walk_arguments, walk_through
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import BAUD_RATES, Config, PortKind, read_config
from firmware_bridge.devices.commissioning import CommissioningError
from firmware_bridge.devices.key_steps import KeySteps, Place
from firmware_bridge.protocol.osdp.setup import LAST_ADDRESS
from firmware_bridge.store.commissioning_log import CommissioningLog, NoRecordError
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.keys import KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.state_lock import StateDirectoryError, only_one
from firmware_bridge.store.trust import TrustError, read_trust

EXPECTED = (CommissioningError, KeyFileError, MemoryFullError, NoRecordError, StateDirectoryError, TrustError)
ENDS_AFTER_S: Final = 600.0
"""No device is begun any more after this, and no installer waited for."""

_ADDRESSES = range(LAST_ADDRESS + 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which devices, and what to do with them."""
    add_walk_arguments(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--all", action="store_true", help="every OSDP reader and board of the stored Policy that has no key yet"
    )
    which.add_argument(
        "--address", type=int, choices=_ADDRESSES, metavar="N", help="the device at this address (0 to 126) of --port"
    )
    parser.add_argument("--port", help="the port's name in the settings")
    parser.add_argument(
        "--rotate", action="store_true", help="give devices that have a key another one (with --all: each of them)"
    )
    parser.add_argument(
        "--set-address", type=int, choices=_ADDRESSES, metavar="N", help="give it this address; one device on the line"
    )
    parser.add_argument(
        "--by", default="", metavar="NAME", help="who does it, for the record; the system's user is recorded as well"
    )
    parser.add_argument(
        "--set-baud", type=int, choices=BAUD_RATES, metavar="B", help="give it this speed; one device on the line"
    )


def carry_out(asked: argparse.Namespace) -> int:
    """Do it for each; the others go on when one fails."""
    config = read_config(asked.config)
    trust = read_trust(config.state_dir)
    moves = asked.set_address is not None or asked.set_baud is not None
    if moves and (asked.all or asked.rotate):
        print("Give one device an address or a speed at a time: --port, --address and nothing else.", file=sys.stderr)
        return FAILED
    with only_one(config.state_dir):
        keys = KeyStore(config.state_dir / "keys")
        policy, clock = _stored_policy(config, keys), SystemClock()
        with CommissioningLog(config.state_dir, trust.bridge, clock, policy, asked.by) as log:
            code = _carry_out(asked, config, keys, policy, KeySteps(config, keys, clock, log.record))
        if log.unrecorded:
            warning = f"WARNING: {log.unrecorded} steps were done and could not be recorded. Write down who did them."
            print(warning, file=sys.stderr)
        return code


def _carry_out(
    asked: argparse.Namespace, config: Config, keys: KeyStore, policy: Policy | None, steps: KeySteps
) -> int:
    if asked.walk:
        key = Place(asked.port, asked.address)
        return walk_through(asked, config, keys, lambda: steps.commission(key), ENDS_AFTER_S)
    if asked.all:
        places = [place for place in _places(config, policy) if _has_key(keys, place) is asked.rotate]
    elif asked.port is None or not _is_osdp(config, asked.port):
        names = ", ".join(name for name in config.ports if _is_osdp(config, name))
        print(f"--port must name an OSDP port of the settings: {names or 'there is none'}.", file=sys.stderr)
        return FAILED
    else:
        places = [Place(asked.port, asked.address)]
    if asked.set_address is not None or asked.set_baud is not None:
        return _each(places, lambda place: steps.move(place, asked.set_address, asked.set_baud))
    return _each(places, steps.rotate if asked.rotate else steps.commission)


def _each(places: Sequence[Place], step: Callable[[Place], str]) -> int:
    if not places:
        print("Every reader and board has its key already, or there is none.")
    failed = 0
    clock = SystemClock()
    ends_s = clock.monotonic_s() + ENDS_AFTER_S
    for place in places:
        where = f"Port {place.port}, address {place.address}"
        if clock.monotonic_s() >= ends_s:
            print(f"{where}: not begun, the ten minutes are over. Start the command again.", file=sys.stderr)
            failed += 1
            continue
        try:
            print(f"{where}: {step(place)}", flush=True)
        except CommissioningError as error:
            failed += 1
            print(f"{where}: {error}", file=sys.stderr)
    return FAILED if failed else DONE


def _is_osdp(config: Config, port: str) -> bool:
    settings = config.ports.get(port)
    return settings is not None and settings.kind is PortKind.OSDP


def _has_key(keys: KeyStore, place: Place) -> bool:
    return keys.reader_key(place.port, place.address) is not None


def _stored_policy(config: Config, keys: KeyStore) -> Policy | None:
    """The Policy on the disk, which names devices and says where they are."""
    at = SystemClock().moment().at
    memory = BridgeMemory(config.state_dir, at)
    try:
        documents = Documents(config.state_dir / "documents", read_trust(config.state_dir), keys.load(), memory)
        for finding in documents.load(at):
            print(finding.sentence, file=sys.stderr)
    finally:
        memory.close()
    return documents.policy


def _places(config: Config, policy: Policy | None) -> list[Place]:
    """Where the Policy has OSDP devices."""
    if policy is None:
        raise CommissioningError(
            "There is no Policy yet that names readers. Apply one first, or use --port and --address."
        )
    devices: list[Reader | Board] = [*policy.readers.values(), *policy.boards.values()]
    places = [
        Place(device.port, device.address)
        for device in devices
        if _is_osdp(config, device.port) and device.address in _ADDRESSES
    ]
    return list(dict.fromkeys(places))  # heads of one device share its key
