"""What the system knows of the adapter behind a port: a name that stays, and how long it keeps bytes back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from firmware_bridge.config import PortSettings

SERIAL_NAMES: Final = Path("/dev/serial")
TTYS: Final = Path("/sys/class/tty")
_COUNTED: Final = re.compile(r"tty(USB|ACM)\d+")


def is_counted(path: str) -> bool:
    """Whether a path is one that the system counts up as adapters are found, so that another one may get it."""
    return _COUNTED.fullmatch(Path(path).name) is not None


def lasting_name(path: str, names: Path = SERIAL_NAMES) -> str | None:
    """The name below /dev/serial that stays with the adapter: by its serial number, else by the socket it is in."""
    with suppress(OSError):
        device = Path(path).resolve(strict=True)
        for folder in ("by-id", "by-path"):
            for name in sorted((names / folder).glob("*")):
                if name.resolve() == device:
                    return str(name)
    return None


def counted_names(ports: Mapping[str, PortSettings], names: Path = SERIAL_NAMES) -> Iterator[tuple[str, str]]:
    """Each port whose path may be another adapter after a restart, and a sentence with the name to use."""
    for name, settings in ports.items():
        if is_counted(settings.path):
            lasting = lasting_name(settings.path, names)
            remedy = (
                f"Write {lasting}."
                if lasting
                else "Plug its adapter in and use the name that it has below /dev/serial/by-id."
            )
            yield name, f"ports.{name}.path: {settings.path} may be another adapter after a restart. {remedy}"


def latency_ms(path: str, ttys: Path = TTYS) -> int | None:
    """How long the adapter keeps bytes back in milliseconds; ``None`` where there is no such timer (all but FTDI)."""
    with suppress(OSError, ValueError):
        device = Path(path).resolve(strict=True).name
        return int((ttys / device / "device" / "latency_timer").read_text(encoding="ascii"))
    return None


def latency_file(path: str) -> Path:
    """Where the adapter's timer is set."""
    return TTYS / Path(path).resolve().name / "device" / "latency_timer"
