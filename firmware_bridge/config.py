"""What the machine decides about a bridge: one TOML file becomes one frozen :class:`Config`.

Everything that a school may change comes signed, in Policy and Orders. This file holds only what belongs to the
machine: where things are kept, which serial ports there are, how much is logged. docs/settings.md lists every setting.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from access_control.core.wire.addresses import read_address
from firmware_bridge.protocol.em4100 import Checksum
from firmware_bridge.protocol.lcus import VARIANTS

BAUD_RATES: Final = (9600, 19200, 38400, 57600, 115200, 230400)
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
SOCKET_PATH_LIMIT: Final = 104  # bytes in sockaddr_un that every system grants


class PortKind(StrEnum):
    """What hangs on a serial port."""

    OSDP = "osdp"
    MODBUS = "modbus"
    LCUS = "lcus"
    NUMATO = "numato"
    SCANNER = "scanner"
    EM4100 = "em4100"


BOARD_KINDS: Final = frozenset({PortKind.MODBUS, PortKind.LCUS, PortKind.NUMATO})
"""Ports with relay boards on them."""
SINGLE_BOARD_KINDS: Final = frozenset({PortKind.LCUS, PortKind.NUMATO})
"""Ports that are one board's own."""
LISTENING_KINDS: Final = frozenset({PortKind.SCANNER, PortKind.EM4100})
"""Ports that are one reader's own, which speaks unasked and is named in the settings."""


_Choice = TypeVar("_Choice", bound=StrEnum)


class Rts(StrEnum):
    """Who turns an RS-485 adapter from listening to sending: it does so itself, its driver, or we by the RTS line."""

    NONE = "none"
    RS485_KERNEL = "rs485_kernel"
    TOGGLE = "toggle"


class Echo(StrEnum):
    """Whether an adapter hands back the bytes that it sends."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class LineOptions:
    """What is peculiar to the adapter of a port."""

    rts: Rts = Rts.NONE
    echo: Echo = Echo.AUTO


ANY_ADAPTER: Final = LineOptions()
"""An adapter that turns round by itself; whether it echoes is found out."""


class LinePath(str):
    """The path of a serial port that knows what is peculiar to its adapter.

    For everything else it is a plain string: whoever opens a port of the settings by its path opens it rightly.
    """

    __slots__ = ("options",)
    options: LineOptions

    def __new__(cls, path: str, options: LineOptions = ANY_ADAPTER) -> Self:
        """Keep both."""
        made = super().__new__(cls, path)
        made.options = options
        return made


@dataclass(frozen=True, slots=True)
class PortSettings:
    """One serial port.

    Attributes:
        path: A :class:`LinePath` where the settings were read.
        reader: The Policy's number of the reader that a scanner or tag reader is; ``None`` on other ports.
        checksum: How a tag reader (``em4100``) makes its checksum.
        variant: Which firmware an ``lcus`` board has.
    """

    name: str
    kind: PortKind
    path: str
    baud: int
    reader: int | None = None
    checksum: str = "xor"
    variant: str = "probe"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Where the school's service is. Without ``tls`` the host is this machine; ``base`` comes before every path."""

    url: str
    host: str
    port: int
    tls: bool
    base: str = ""


@dataclass(frozen=True, slots=True)
class NeighbourSettings:
    """Where this bridge listens for its neighbours, host and port, and what they shall call (``host:port``)."""

    listen: tuple[str, int]
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything in bridge.toml, checked.

    Attributes:
        state_dir: Documents, keys, events and the control socket; nobody else may read it.
        events_days: How long acknowledged events are kept, in days.
        events_count: How many acknowledged events are kept at most.
        min_free_mb: Free disk space in megabytes under which old routine events make room.
        service: Where the service is; ``None`` for a bridge that is fed by hand.
        neighbours: Where it listens for its neighbours; ``None`` if it does not.
    """

    source: Path
    state_dir: Path
    ports: Mapping[str, PortSettings]
    control_socket: Path
    log_level: str = "info"
    events_days: int = 30
    events_count: int = 1_000_000
    min_free_mb: int = 32
    service: ServiceSettings | None = None
    neighbours: NeighbourSettings | None = None


class ConfigError(Exception):
    """The settings cannot be used; ``mistakes`` has one sentence for each reason, all of them at once."""

    def __init__(self, source: Path, mistakes: tuple[str, ...]) -> None:
        """Keep every sentence; the text is all of them, a line each."""
        self.mistakes = mistakes
        super().__init__("\n".join(f"{source}: {sentence}" for sentence in mistakes))


@dataclass(frozen=True, slots=True)
class _Number:
    """A whole number that a setting may hold."""

    default: int
    least: int
    most: int


_NUMBERS: Final = {
    "events_days": _Number(30, 1, 3650),
    "events_count": _Number(1_000_000, 1000, 10_000_000),
    "min_free_mb": _Number(32, 0, 1_000_000),
}
SETTINGS: Final = ("state_dir", "control_socket", "log_level", *_NUMBERS)
PORT_SETTINGS: Final = ("kind", "path", "baud", "reader", "checksum", "variant", "rts", "echo")
_WORDS: Final = {
    "checksum": (PortKind.EM4100, tuple(Checksum)),
    "variant": (PortKind.LCUS, tuple(VARIANTS)),
}
SERVICE_SETTINGS: Final = ("url",)
NEIGHBOUR_SETTINGS: Final = ("listen", "address")


def read_config(path: Path) -> Config:
    """Read bridge.toml. Relative paths in it start at its own directory.

    Raises:
        ConfigError: with a sentence for every mistake in the file.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        sentence = "there is no such file; `firmware-bridge enroll` writes one."
        raise ConfigError(path, (sentence,)) from error
    except OSError as error:
        raise ConfigError(path, (f"it cannot be read: {error.strerror}.",)) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(path, ("it is not TOML that settings are written in.",)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, (f"it is not TOML: {error}.",)) from error
    return config_of(table, path)


def config_of(table: Mapping[str, object], source: Path) -> Config:
    """Check a decoded file.

    Raises:
        ConfigError: with a sentence for every mistake in it.
    """
    mistakes: list[str] = []
    known = {*SETTINGS, "ports", "service", "neighbours"}
    mistakes += [_unknown(key, known) for key in table if key not in known]
    state_dir = _path(table, "state_dir", source.parent, mistakes)
    socket = _path(table, "control_socket", source.parent, mistakes, default=state_dir / "control.sock")
    if len(bytes(socket)) >= SOCKET_PATH_LIMIT:
        mistakes.append(
            f"control_socket: {socket} is longer than {SOCKET_PATH_LIMIT - 1} bytes; choose a shorter path."
        )
    level = table.get("log_level", "info")
    if level not in LOG_LEVELS:
        mistakes.append(f"log_level: {level!r} is not one of {', '.join(LOG_LEVELS)}.")
    numbers = {key: _number(table, key, limits, mistakes) for key, limits in _NUMBERS.items()}
    ports = dict(_ports(table.get("ports", {}), source.parent, mistakes))
    mistakes += _shared_paths(ports)
    service = _service(table.get("service"), mistakes)
    neighbours = _neighbours(table.get("neighbours"), mistakes)
    if mistakes:
        raise ConfigError(source, tuple(mistakes))
    return Config(source, state_dir, ports, socket, str(level), **numbers, service=service, neighbours=neighbours)


def service_at(url: str) -> ServiceSettings:
    """Read the address of a service, such as ``https://doors.example.org:8443``.

    Raises:
        ValueError: with one sentence: it is none, or it is not encrypted and leaves this machine.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    extra = parts.query or parts.fragment or parts.username is not None or parts.password is not None
    if parts.scheme not in {"http", "https"} or not host or extra or not url.isascii() or not url.isprintable():
        raise ValueError(f"{url!r} is not the address of a service; write it like https://doors.example.org:8443.")
    tls = parts.scheme == "https"
    if not tls and not _is_loopback(host):
        raise ValueError(f"{url} is not encrypted, and {host} is another machine; use https://.")
    return ServiceSettings(url, host, port or (443 if tls else 80), tls, parts.path.rstrip("/"))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _service(value: object, mistakes: list[str]) -> ServiceSettings | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        mistakes.append("service: it is not a table; write [service] and its settings below.")
        return None
    known = set(SERVICE_SETTINGS)
    mistakes += ["service." + _unknown(key, known) for key in value if key not in known]
    url = value.get("url")
    try:
        return service_at(url if isinstance(url, str) else "")
    except ValueError as error:
        mistakes.append(f"service.url: {error}")
        return None


def _neighbours(value: object, mistakes: list[str]) -> NeighbourSettings | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        mistakes.append("neighbours: it is not a table; write [neighbours] and its settings below.")
        return None
    known = set(NEIGHBOUR_SETTINGS)
    mistakes += ["neighbours." + _unknown(key, known) for key in value if key not in known]
    listen = _address(value.get("listen", ""), "listen", mistakes)
    address = value.get("address")
    if address is not None:
        _address(address, "address", mistakes)
    return None if listen is None else NeighbourSettings(listen, address)


def _address(value: object, key: str, mistakes: list[str]) -> tuple[str, int] | None:
    try:
        return read_address(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        mistakes.append(f"neighbours.{key}: {error}")
        return None


def _unknown(key: str, known: set[str]) -> str:
    return f"{key}: there is no such setting; there are {', '.join(sorted(known))}."


def _path(table: Mapping[str, object], key: str, start: Path, mistakes: list[str], default: Path | None = None) -> Path:
    value = table.get(key)
    if value is None and default is not None:
        return default
    if value is None:
        mistakes.append(f"{key}: it is missing; name the directory where the bridge keeps its state.")
        return start
    if not isinstance(value, str) or not value or "\0" in value:
        mistakes.append(f"{key}: {value!r} is not a path; write it in quotes.")
        return start
    return start / value


def _number(table: Mapping[str, object], key: str, limits: _Number, mistakes: list[str]) -> int:
    value = table.get(key, limits.default)
    if isinstance(value, bool) or not isinstance(value, int) or not limits.least <= value <= limits.most:
        mistakes.append(f"{key}: {value!r} is not a whole number from {limits.least} to {limits.most}.")
        return limits.default
    return value


def _ports(value: object, start: Path, mistakes: list[str]) -> Iterator[tuple[str, PortSettings]]:
    if not isinstance(value, dict):
        mistakes.append("ports: write each port as a table, such as [ports.A].")
        return
    for name, table in value.items():
        if isinstance(table, dict):
            yield name, _port(name, table, start, mistakes)
        else:
            mistakes.append(f"ports.{name}: it is not a table; write [ports.{name}] and its settings below.")


def _port(name: str, table: Mapping[str, object], start: Path, mistakes: list[str]) -> PortSettings:
    place = f"ports.{name}"
    known = set(PORT_SETTINGS)
    mistakes += [f"{place}." + _unknown(key, known) for key in table if key not in known]
    kind = next((known_kind for known_kind in PortKind if known_kind == table.get("kind")), None)
    if kind is None:
        mistakes.append(f"{place}.kind: {table.get('kind')!r} is not one of {', '.join(PortKind)}.")
        kind = PortKind.OSDP
    path = table.get("path")
    if not isinstance(path, str) or not path or "\0" in path:
        mistakes.append(f"{place}.path: {path!r} is not the path of a serial port, such as /dev/ttyUSB0.")
        path = ""
    baud = table.get("baud", 9600)
    if isinstance(baud, bool) or not isinstance(baud, int) or baud not in BAUD_RATES:
        rates = ", ".join(map(str, BAUD_RATES))
        mistakes.append(f"{place}.baud: {baud!r} is not one of {rates}; use the rate that the devices are set to.")
        baud = 9600
    reader = _reader(place, kind, table.get("reader"), mistakes)
    words = {key: _word(place, kind, key, table[key], mistakes) for key in _WORDS if key in table}
    rts = _choice(table, place, "rts", Rts.NONE, mistakes)
    options = LineOptions(rts, _choice(table, place, "echo", Echo.AUTO, mistakes))
    return PortSettings(name, kind, LinePath(str(start / path), options), baud, reader, **words)


def _choice(table: Mapping[str, object], place: str, key: str, default: _Choice, mistakes: list[str]) -> _Choice:
    value = table.get(key, default)
    for choice in type(default):
        if choice == value:
            return choice
    mistakes.append(f"{place}.{key}: {value!r} is not one of {', '.join(type(default))}.")
    return default


def _word(place: str, kind: PortKind, key: str, value: object, mistakes: list[str]) -> str:
    wanted, words = _WORDS[key]
    if kind is not wanted:
        mistakes.append(f"{place}.{key}: only a port of kind {wanted} has this setting.")
    elif value not in words:
        mistakes.append(f"{place}.{key}: {value!r} is not one of {', '.join(words)}.")
    return str(value)


def _reader(place: str, kind: PortKind, value: object, mistakes: list[str]) -> int | None:
    if kind not in LISTENING_KINDS:
        if value is not None:
            kinds = " and ".join(sorted(LISTENING_KINDS))
            mistakes.append(f"{place}.reader: only {kinds} name their reader here; Policy places all the others.")
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        mistakes.append(f"{place}.reader: {value!r} is not a reader's number; write the one that Policy uses.")
        return None
    return value


def _shared_paths(ports: Mapping[str, PortSettings]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, port in ports.items():
        other = seen.setdefault(port.path, name)
        if other != name:
            yield f"ports.{name}.path: {port.path} already belongs to ports.{other}; give each port its own device."
