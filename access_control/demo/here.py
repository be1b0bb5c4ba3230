"""What the machine is like that the demo runs on: its time zone, and which ports are free."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE: Final = "America/Chicago"
LOCALTIME: Final = Path("/etc/localtime")
OTHER_PORTS: Final = range(18_000, 32_000)
TRIES: Final = 200
_NO_PLACE: Final = {"UTC", "GMT", "Zulu", "UCT", "Universal", "localtime"}


def zone_here(named: str | None = None, localtime: Path = LOCALTIME) -> str:
    """The machine's time zone by its IANA name, so that the console's clock is that of whoever looks at it.

    A machine that keeps UTC says nothing about where it is; the school is then in Chicago's zone.
    """
    named = os.environ.get("TZ") if named is None else named
    linked = str(localtime.resolve()).rpartition("zoneinfo/")[2] if localtime.exists() else ""
    for name in ((named or "").lstrip(":"), linked):
        place = name.removeprefix("posix/").removeprefix("right/")
        if place and not place.startswith("Etc/") and place not in _NO_PLACE and _known(place):
            return place
    return DEFAULT_ZONE


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return "/" in name


def reserve_port(wanted: int, ending: ExitStack) -> int:
    """``wanted`` if nobody has it on loopback, else another; no other demo takes it before ``ending`` ends.

    A port that is free when it is looked at may be taken a second later by a demo that starts at the same time, so a
    name that only one process can hold stands for it. Others are chosen below those that the system gives to whoever
    calls out, because such a caller could sit on the port while the service is stopped.
    """
    for port in (wanted, *(secrets.choice(OTHER_PORTS) for _ in range(TRIES))):
        if not _is_free(port):
            continue
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0school-access-control-demo-{port}")  # no file: it goes with its process
        except OSError:
            claim.close()
            continue
        ending.callback(claim.close)
        return port
    raise OSError("There is no free port on this machine for the demo.")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
