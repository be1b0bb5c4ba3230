"""What is in the state directory, read without changing anything; the bridge may run meanwhile."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from access_control.core.decision.model import Policy
from access_control.core.wire.errors import Refused
from access_control.core.wire.guarded import unguard
from access_control.core.wire.keys import KeyStatement, decode_keys
from access_control.core.wire.policy import decode_policy
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.config import Config
from firmware_bridge.doctor.finding import Finding, good, look, wrong
from firmware_bridge.store.keys import SCBK_BYTES, BridgeKeys, KeyFileError, KeyStore
from firmware_bridge.store.trust import TrustError, read_trust

_Content = TypeVar("_Content")
_MEGABYTE: Final = 1024 * 1024
AMPLE: Final = 8
"""Less free disk than so many times ``min_free_mb`` is told before anything has to make room."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What could be read."""

    keys: BridgeKeys | None = None
    statement: KeyStatement | None = None
    policy: Policy | None = None


def read_stored(config: Config) -> tuple[Stored, list[Finding]]:
    """Read it, with a finding for each part."""
    state = config.state_dir
    findings = list(_directory(state))
    if not state.is_dir():
        return Stored(), findings
    findings += [*_trust(state), *_disk(config)]
    store = KeyStore(state / "keys")
    keys = None
    try:
        keys = store.load()
        findings.append(good("keys", "The bridge's own keys are there, whole, and its owner's alone."))
    except KeyFileError as error:
        findings.append(wrong("keys", str(error)))
    findings += _reader_keys(store)
    statement, more = _document(state, "keys", lambda data: decode_keys(reread(data, kind=Kind.KEYS)))
    findings += more
    if keys is None:
        return Stored(None, statement), findings
    digest = keys.digest
    policy, more = _document(state, "policy", lambda data: decode_policy(reread(data, kind=Kind.POLICY), digest))
    return Stored(keys, statement, policy), findings + more


def _directory(state: Path) -> Iterator[Finding]:
    try:
        found = state.stat()
    except OSError:
        yield wrong("state", f"{state} is missing; `firmware-bridge enroll` or `init` makes it.")
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        yield wrong("state", f"Others may look into {state}; run `chmod 700 {state}`.")
    elif not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        yield wrong("state", f"This user may not write to {state}; run this as its owner, or `chown` it.")
    else:
        yield good("state", f"{state} belongs to its owner alone and can be written.")


def _trust(state: Path) -> Iterator[Finding]:
    try:
        trust = read_trust(state)
    except TrustError as error:
        yield wrong("trust", str(error))
    else:
        yield good("trust", f"This is bridge {trust.bridge} of site {trust.site}.")


def _disk(config: Config) -> Iterator[Finding]:
    free_mb = shutil.disk_usage(config.state_dir).free // _MEGABYTE
    words = f"{free_mb} MB are free where events are kept"
    if free_mb < config.min_free_mb:
        yield wrong("disk", f"{words}; old events are being dropped to make room. Free some space.")
    elif free_mb < AMPLE * config.min_free_mb:
        yield look("disk", f"{words}; below {config.min_free_mb} MB old events are dropped. Free some space.")
    else:
        yield good("disk", f"{words}.")


def _reader_keys(store: KeyStore) -> Iterator[Finding]:
    paths = sorted(store.directory.glob("reader-*.key"))
    bad = [path for path in paths if not _is_sound(path)]
    for path in bad:
        yield wrong(
            "reader_keys",
            f"{path.name} is damaged or may be read by others; run `chmod 600 {path}`, or restore it from the backup.",
        )
    if not bad:
        yield good("reader_keys", f"{len(paths)} readers' keys are whole and their owner's alone.")


def _is_sound(path: Path) -> bool:
    try:
        private = not stat.S_IMODE(path.stat().st_mode) & 0o077
        return private and len(bytes.fromhex(path.read_text(encoding="ascii"))) == SCBK_BYTES
    except (OSError, ValueError):
        return False


def _document(state: Path, name: str, read: Callable[[bytes], _Content]) -> tuple[_Content | None, list[Finding]]:
    findings: list[Finding] = []
    for path in (state / "documents" / f"{name}.doc", state / "documents" / f"{name}.previous.doc"):
        try:
            return read(unguard(path.read_bytes())), findings
        except FileNotFoundError:
            continue
        except (Refused, OSError) as error:
            findings.append(
                wrong(f"document.{name}", f"{path.name} cannot be used ({error}). Have the service send it again.")
            )
    return None, findings
