"""What the machine is like that the demo runs on: its time zone, and which ports are free."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE: Final = "America/Chicago"
LOCALTIME: Final = Path("/etc/localtime")
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


def free_port(wanted: int) -> int:
    """``wanted`` if nobody has it on loopback, else one that the system chooses."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("The system has no free port.")
