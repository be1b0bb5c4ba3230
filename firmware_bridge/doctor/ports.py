"""The serial ports: there, allowed, in nobody else's hands, under a lasting name, and without delay."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from firmware_bridge.config import Config, PortSettings
from firmware_bridge.devices.adapters import counted_names, latency_file, latency_ms
from firmware_bridge.devices.port_holders import holders
from firmware_bridge.doctor.finding import Finding, good, look, unseen, wrong
from firmware_bridge.doctor.machine import Machine

RIGHT_MS: Final = 1
RULES: Final = "deploy/60-school-access-control.rules"


def look_at_ports(config: Config, machine: Machine, status: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Each port of the settings. ``status`` is what the running bridge says, if one runs."""
    if not config.ports:
        yield wrong("ports", f"{config.source} has no ports: no reader and no lock can be reached. Add [ports.NAME].")
    said = {port["name"]: port for port in (status or {}).get("ports", ())}
    bridge = {holder.pid for holder in holders(str(config.state_dir / "bridge.lock"), machine.proc)} | {os.getpid()}
    owner = _owner(config.state_dir)
    for name, settings in config.ports.items():
        yield from _port(name, settings, machine, said.get(name), bridge, owner)
    for name, sentence in counted_names(config.ports, machine.serial_names):
        yield look(f"port.{name}.name", sentence)


def _port(
    name: str, settings: PortSettings, machine: Machine, said: Mapping[str, Any] | None, bridge: set[int], owner: int
) -> Iterator[Finding]:
    path = settings.path
    try:
        found = Path(path).stat()
    except OSError:
        yield wrong(f"port.{name}", f"{path} is not there. Plug the adapter in, or correct ports.{name}.path.")
        return
    if not stat.S_ISCHR(found.st_mode):
        yield wrong(f"port.{name}", f"{path} is no serial port. Correct ports.{name}.path.")
        return
    others = [holder for holder in holders(path, machine.proc) if holder.pid not in bridge]
    if said is not None and not said["up"]:
        yield wrong(f"port.{name}", f"The running bridge cannot use it: {said['why']}")
    elif others and not (said is not None and said["up"]):
        yield wrong(f"port.{name}", f"{path} is used by {', '.join(map(str, others))}. Stop that program.")
    else:
        yield good(f"port.{name}", f"{path} is there" + (" and in the bridge's hands." if said else "; nobody has it."))
    yield _group(name, path, found, owner)
    yield from _latency(name, path, machine)


def _group(name: str, path: str, port: os.stat_result, owner: int) -> Finding:
    """Whether the bridge's user may use the port; by its groups, since this may be another user."""
    check = f"port.{name}.group"
    mode, user = stat.S_IMODE(port.st_mode), _user(owner)
    if owner == 0 or (owner == port.st_uid and mode & 0o600 == 0o600) or mode & 0o006 == 0o006:
        return good(check, f"The user {user} may use {path}.")
    group = _group_name(port.st_gid)
    try:
        member = port.st_gid in os.getgrouplist(user, pwd.getpwuid(owner).pw_gid)
    except KeyError:
        return unseen(check, f"The system does not know the user {user}; see that it is in the group {group}.")
    if member and mode & 0o060 == 0o060:
        return good(check, f"The user {user} may use {path}, as a member of {group}.")
    if mode & 0o060 != 0o060:
        return wrong(check, f"The group {group} may not use {path}; install {RULES} and plug the adapter in again.")
    return look(
        check,
        f"The user {user} is not in the group {group}. Unless the unit has SupplementaryGroups={group}, run "
        f"`usermod -aG {group} {user}`.",
    )


def _latency(name: str, path: str, machine: Machine) -> Iterator[Finding]:
    waits_ms = latency_ms(path, machine.ttys)
    if waits_ms is None:
        return
    check = f"port.{name}.latency"
    if waits_ms <= RIGHT_MS:
        yield good(check, f"The adapter of {path} keeps bytes back for {waits_ms} ms.")
        return
    yield look(
        check,
        f"The adapter of {path} keeps bytes back for {waits_ms} ms, which makes each answer late. Install {RULES}, or "
        f"until the next restart: `echo {RIGHT_MS} > {latency_file(path)}` as root.",
    )


def _owner(directory: Path) -> int:
    with suppress(OSError):
        return directory.stat().st_uid
    return os.geteuid()


def _user(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _group_name(gid: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)
