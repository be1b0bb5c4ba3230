"""The first half of ``enroll --replace``: what a dead bridge left at the service, opened with the school's passphrase.

Nothing is written before it is open, so a wrong passphrase changes nothing and leaves the code good.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.recovery import read_passphrase
from access_control.core.wire.sealed_keys import DeviceKeys, KeyRow, open_device_keys
from firmware_bridge.uplink.enrolling import Offered

TRIES: Final = 5
_SLIPS: Final = frozenset({RefusalCode.BAD_CONTENT, RefusalCode.WRONG_PASSPHRASE})


class NotRestoredError(Exception):
    """The keys are not to be had; the text says what to do."""


def restored_keys(
    offered: Offered, passphrase_file: Path | None, *, without_keys: bool = False, former_keys: bool = False
) -> DeviceKeys:
    """The keys and settings of the bridge that is replaced; none of either with ``without_keys``.

    With ``former_keys`` come the keys that only copies of earlier machines hold, never their settings.

    Raises:
        NotRestoredError: There is no copy, it is damaged, somebody else made it, or the passphrase was wrong too often.
    """
    if without_keys:
        return DeviceKeys([], None)
    if offered.sealed is not None and not offered.signed:
        raise NotRestoredError(
            f"The copy of the readers' keys was not made by “{offered.name}”: somebody has changed the service's "
            "database. Nothing was changed. Have the service restored from a backup, or type the command again with "
            "--without-keys."
        )
    if offered.sealed is None and not (former_keys and offered.former):
        raise NotRestoredError(
            f"{offered.held} Nothing was changed. Type the command again with --without-keys; then reset each reader "
            "of this bridge to its factory state and give it a new key: `firmware-bridge commission --all`."
        )
    print(f"This machine takes the place of “{offered.name}”. {offered.held}")
    if passphrase_file is not None:
        return _opened(offered, _from_file(passphrase_file), former_keys=former_keys)
    for left in reversed(range(TRIES)):
        try:
            return _opened(offered, _asked_for(), former_keys=former_keys)
        except NotRestoredError as error:
            if not left or not isinstance(error.__cause__, Refused) or error.__cause__.code not in _SLIPS:
                raise
            print(error, file=sys.stderr)
    raise AssertionError("the last try returns or raises")


def _opened(offered: Offered, text: str, *, former_keys: bool) -> DeviceKeys:
    """What the newest copy holds, and with ``former_keys`` whatever else opens with the same passphrase.

    Raises:
        NotRestoredError: Nothing that was asked for opens; its cause is the first refusal.
    """
    found: list[DeviceKeys] = []
    refused: list[Refused] = []
    for sealed in (offered.sealed, *(offered.former if former_keys else ())):
        try:
            if sealed is not None:
                opened = open_device_keys(sealed, read_passphrase(text), site=offered.site, bridge=offered.bridge)
                found.append(opened if sealed is offered.sealed else DeviceKeys(opened.keys, None))
        except Refused as error:
            refused.append(error)
    if not found:
        raise NotRestoredError(refused[0].sentence) from refused[0]
    if refused:
        print(f"{len(refused)} of {len(refused) + len(found)} copies do not open with this passphrase; left out.")
    return _together(found)


def _together(found: Sequence[DeviceKeys]) -> DeviceKeys:
    """The keys of each device from the newest copy that has any of it."""
    keys: dict[str, list[KeyRow]] = {}
    for copy in found:
        here: dict[str, list[KeyRow]] = {}
        for row in copy.keys:
            here.setdefault(row.file.removesuffix(".key").removesuffix(".next"), []).append(row)
        keys = here | keys
    return DeviceKeys([row for device in sorted(keys) for row in keys[device]], found[0].settings)


def _asked_for() -> str:
    words = "The school's recovery passphrase (32 letters; dashes and small letters do no harm): "
    try:
        if sys.stdin.isatty():
            return getpass.getpass(words)
        print(words, end="", flush=True)
        line = sys.stdin.readline()
    except EOFError:
        line = ""
    if not line:
        raise NotRestoredError("No passphrase was given. Nothing was changed, and the code is still good.")
    return line


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise NotRestoredError(f"{path} cannot be read. Nothing was changed, and the code is still good.") from error
