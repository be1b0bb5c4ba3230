"""Enrol this machine at the school's service with a one-time code.

Prints the fingerprint of the bridge's new key, which a person compares in the console. The code is made there, under
Bridges, or by `access-control bridge add`; it is good once and for 15 minutes. With --replace the machine takes the
place of a bridge that died; that code is made on the bridge's page, or by `access-control bridge replace`.
"""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

from access_control.core.wire.errors import Refused
from access_control.core.wire.sealed_keys import DeviceKeys
from firmware_bridge.cli.exit_codes import DONE, FAILED
from firmware_bridge.cli.restore_keys import NotRestoredError, restored_keys
from firmware_bridge.cli.restored_settings import agreed, settings_from
from firmware_bridge.clock import SystemClock
from firmware_bridge.config import Config, ConfigError, ServiceSettings, read_config, service_at
from firmware_bridge.store.applied import NotStoredError
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.keys import BridgeKeys, KeyFileError, KeyStore
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from firmware_bridge.store.sealed_keys import SealedKeys
from firmware_bridge.store.setup import AlreadySetUpError, set_up
from firmware_bridge.store.state_lock import StateDirectoryError, only_one
from firmware_bridge.store.trust import TrustError, read_trust
from firmware_bridge.uplink.enrolling import Joined, ask_for_keys, join
from firmware_bridge.uplink.errors import UplinkError

EXPECTED = (
    AlreadySetUpError,
    KeyFileError,
    MemoryFullError,
    NotRestoredError,
    NotStoredError,
    Refused,
    StateDirectoryError,
    UplinkError,
)
EXAMPLE = """# Settings of this bridge; docs/settings.md explains each.
state_dir = "state"

[service]
url = "{url}"

# [neighbours]
# listen = "0.0.0.0:4711"
# address = "this-machine.school.lan:4711"

# [ports.A]
# kind = "osdp"
# path = "/dev/serial/by-id/..."
# baud = 9600
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The code, where the service is, and whether a dead bridge is replaced."""
    parser.add_argument(
        "code",
        metavar="CODE",
        nargs="?",
        help="the one-time code, SAC1-...; without it, it is asked for, and no `ps` shows it",
    )
    parser.add_argument("--url", metavar="URL", help="where the service is, such as https://doors.example.org:8443")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="take the place of a bridge that died, with its readers' keys; asks for the school's recovery passphrase",
    )
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="with --replace: read the passphrase here and do not ask"
    )
    parser.add_argument(
        "--former-keys",
        action="store_true",
        help="with --replace: also take the keys that only machines which were this bridge before had sealed",
    )
    parser.add_argument(
        "--without-keys", action="store_true", help="with --replace: do without them; each reader needs a new key then"
    )


def carry_out(asked: argparse.Namespace) -> int:
    """Make a key, enrol it, and keep what the service gave."""
    if not asked.replace and (asked.passphrase_file is not None or asked.without_keys or asked.former_keys):
        print("--passphrase-file, --former-keys and --without-keys belong to --replace.", file=sys.stderr)
        return FAILED
    try:
        return _enrol(asked)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = error.filename or asked.config
        hint = "The bridge's user needs its directories: docs/operations.md, Installing."
        print(f"{place} cannot be used: {error.strerror or error}. {hint}", file=sys.stderr)
        return FAILED


def _enrol(asked: argparse.Namespace) -> int:
    service = _service(asked.config, asked.url)
    if asked.config.exists():
        _require_new(read_config(asked.config).state_dir)
    code = asked.code or _asked_for()
    old, sealed = DeviceKeys([], None), None
    if asked.replace:
        offered = ask_for_keys(service, code, SystemClock())
        file = asked.passphrase_file
        old = restored_keys(offered, file, without_keys=asked.without_keys, former_keys=asked.former_keys)
        sealed = None if asked.without_keys else offered.sealed
    if not asked.config.exists():
        _write_settings(asked.config, service.url, old.settings)
    config = read_config(asked.config)
    state = config.state_dir
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_one(state):
        _require_new(state)
        store = KeyStore(state / "keys")
        keys = store.create()
        store.keep_device_keys({row.file: bytes.fromhex(row.key) for row in old.keys})
        address = socket.gethostname()
        joined = join(service, code, keys.public, SystemClock(), address=address, replace=asked.replace)
        _keep(config, joined, keys)
        if sealed is not None:
            SealedKeys(state, joined.trust, store, asked.config).take_over(sealed)
    _tell(asked, joined, keys, old)
    if config.service is None:
        print(f'Add to {asked.config}:\n\n[service]\nurl = "{service.url}"')
    elif config.service.url != service.url:
        print(f"Note: {asked.config} names the service {config.service.url}, and that is where it will look for it.")
    return DONE


def _asked_for() -> str:
    """The code, typed at the terminal or through a pipe; nothing typed is no code, and that is said when it is read."""
    print("The one-time code (SAC1-...): ", end="", flush=True)
    return sys.stdin.readline()


def _tell(asked: argparse.Namespace, joined: Joined, keys: BridgeKeys, old: DeviceKeys) -> None:
    if asked.replace:
        print(f"This machine is enrolled to take the place of “{joined.name}”, with {len(old.keys)} keys of readers.")
    else:
        print(f"This machine is enrolled as “{joined.name}”.")
    print(f"Its fingerprint: {grouped(keys.public)}")
    print("Next: open Bridges in the console, compare the fingerprint and confirm it. Then: firmware-bridge run")


def _write_settings(path: Path, url: str, old: str | None) -> None:
    """Write what may be taken of the settings of the machine that died, or an example."""
    taken = None if old is None else settings_from(old, url, path)
    if old is not None and taken is None:
        print("The settings of the old machine cannot be used and are left out.")
    if taken is None or not agreed(path, taken):
        path.write_text(EXAMPLE.format(url=url), encoding="utf-8")
        print(f"{path} was written; add the serial ports.")
        return
    path.write_text(taken, encoding="utf-8")
    print(f"{path} was written with the old machine's ports; see that their paths are right here.")


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
