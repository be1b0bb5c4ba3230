"""Enrol this machine at the school's service with a one-time code.

Prints the fingerprint of the bridge's new key, which a person compares in the console. The code is made there, under
Bridges, or by `access-control bridge add`; it is good once and for 15 minutes.
"""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

from access_control.core.wire.errors import Refused
from firmware_bridge.cli.exit_codes import DONE
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import Config, ConfigError, ServiceSettings, read_config, service_at
from firmware_bridge.store.documents import Documents, NotStoredError
from firmware_bridge.store.keys import BridgeKeys, KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.setup import AlreadySetUpError, set_up
from firmware_bridge.store.state_lock import StateInUseError, only_one
from firmware_bridge.store.trust import TrustError, read_trust
from firmware_bridge.uplink.enrolling import Joined, join
from firmware_bridge.uplink.errors import UplinkError

EXPECTED = (
    AlreadySetUpError,
    KeyFileError,
    MemoryFullError,
    NotStoredError,
    Refused,
    StateInUseError,
    UplinkError,
)
EXAMPLE = """# Settings of this bridge; docs/settings.md explains each.
state_dir = "state"

[service]
url = "{url}"

# [ports.A]
# kind = "osdp"
# path = "/dev/serial/by-id/..."
# baud = 9600
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The code, and where the service is."""
    parser.add_argument("code", metavar="CODE", help="the one-time code, SAC1-...")
    parser.add_argument("--url", metavar="URL", help="where the service is, such as https://doors.example.org:8443")


def carry_out(asked: argparse.Namespace) -> int:
    """Make a key, enrol it, and keep what the service gave."""
    service = _service(asked.config, asked.url)
    if not asked.config.exists():
        asked.config.write_text(EXAMPLE.format(url=service.url), encoding="utf-8")
        print(f"{asked.config} was written; add the serial ports.")
    config = read_config(asked.config)
    state = config.state_dir
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_one(state):
        _require_new(state)
        keys = KeyStore(state / "keys").create()
        joined = join(service, asked.code, keys.public, SystemClock(), address=socket.gethostname())
        _keep(config, joined, keys)
    print(f"This machine is enrolled as “{joined.name}”.")
    print(f"Its fingerprint: {grouped(keys.public)}")
    print("Next: open Bridges in the console, compare the fingerprint and confirm it. Then: firmware-bridge run")
    if config.service is None:
        print(f'Add to {asked.config}:\n\n[service]\nurl = "{service.url}"')
    return DONE


def grouped(public_key: bytes) -> str:
    """A public key as two people compare it over the telephone: 8 groups of 4 hex digits, as the console shows it."""
    digits = public_key.hex()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _service(config: Path, url: str | None) -> ServiceSettings:
    if url is None and config.exists():
        found = read_config(config).service
        if found is not None:
            return found
    try:
        return service_at(url or "")
    except ValueError as error:
        raise ConfigError(config, (f"--url: {error}",)) from error


def _require_new(state: Path) -> None:
    try:
        before = read_trust(state)
    except TrustError:
        if (state / "trust.json").exists():
            raise AlreadySetUpError(f"{state} holds a damaged identity; choose an empty directory.") from None
        return
    raise AlreadySetUpError(f"{state} already belongs to bridge {before.bridge}; choose an empty directory.")


def _keep(config: Config, joined: Joined, keys: BridgeKeys) -> None:
    clock = SystemClock()
    state = config.state_dir
    kept = set_up(state, joined.trust, clock, digest=joined.digest_key)
    at = clock.moment().at
    memory = BridgeMemory(state, at)
    try:
        documents = Documents(state / "documents", joined.trust, kept, memory)
        documents.apply(joined.statement, at, clock_trusted=False, announce=lambda _: None)
    finally:
        memory.close()
    if kept.public != keys.public:
        raise KeyFileError(f"The keys in {state} changed meanwhile; enrol again.")
