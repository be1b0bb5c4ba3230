"""The machine that the bridge runs on, and what a test replaces of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.devices.adapters import SERIAL_NAMES, TTYS
from firmware_bridge.devices.port_holders import PROC
from firmware_bridge.doctor.finding import Finding, good, look, unseen
from firmware_bridge.store.clock_trust import BOOT_ID, boot_id

UNIT: Final = "firmware-bridge.service"
_ASKED: Final = ("LoadState", "ActiveState", "UnitFileState", "Type", "WatchdogUSec")
_PATIENCE_S: Final = 10.0


def ask_systemd() -> Mapping[str, str]:
    """What systemd knows of the bridge's unit; nothing where there is no systemd that answers."""
    command = ["systemctl", "show", UNIT, "--property=" + ",".join(_ASKED)]
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=True)  # noqa: S603 - fixed words
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the system tells about itself."""

    clock: Clock = field(default_factory=SystemClock)
    serial_names: Path = SERIAL_NAMES
    ttys: Path = TTYS
    proc: Path = PROC
    boot_id: Path = BOOT_ID
    systemd: Callable[[], Mapping[str, str]] = ask_systemd


def look_at_boot(machine: Machine) -> Iterator[Finding]:
    """Whether a restart of the program alone keeps the proof of the clock."""
    if boot_id(machine.boot_id):
        yield good("boot", "The system names this boot, so that a restart of the bridge keeps the proof of its clock.")
    else:
        yield look(
            "boot",
            f"{machine.boot_id} cannot be read: after every restart the clock is unproved until the service answers. "
            "Do not set ProcSubset=pid in the unit.",
        )


def look_at_unit(machine: Machine) -> Iterator[Finding]:
    """Whether systemd starts the bridge, and starts it anew when it hangs."""
    unit = machine.systemd()
    if not unit:
        yield unseen("systemd", "systemd does not answer here; whatever starts the bridge must start it anew as well.")
        return
    if unit.get("LoadState") != "loaded":
        yield look("systemd", f"There is no {UNIT}; install deploy/{UNIT}, so that the bridge starts with the machine.")
        return
    if unit.get("UnitFileState") not in {"enabled", "enabled-runtime"}:
        yield look("systemd", f"{UNIT} does not start with the machine; run `systemctl enable {UNIT}`.")
    else:
        yield good("systemd", f"{UNIT} is {unit.get('ActiveState', 'unknown')} and starts with the machine.")
    if unit.get("Type") != "notify" or unit.get("WatchdogUSec", "0") in {"0", "infinity", ""}:
        yield look("watchdog", f"{UNIT} has no watchdog; set Type=notify and WatchdogSec=20 as in deploy/{UNIT}.")
    else:
        yield good("watchdog", f"A bridge that hangs is started anew after {unit['WatchdogUSec']}.")
