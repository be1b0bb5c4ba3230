"""What the machine decides about the service: a TOML file and the environment become one frozen :class:`Config`.

Everything that a school may change is a row of the database. docs/settings.md lists every setting of this file.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from access_control.typed_numbers import number_or_none

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
PREFIX: Final = "AC_"
FILE_VARIABLE: Final = "AC_CONFIG"
DEFAULT_FILE: Final = Path("service.toml")


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting of the service, checked.

    Attributes:
        state_dir: Keys, certificates and, unless ``database_url`` says otherwise, the database; nobody else reads it.
        database_url: As :func:`access_control.database.engine.open_database` takes it; may hold a password.
        tls: Whether it speaks https; only on loopback may it not.
        public_url: What people type and bridges call, without a slash at the end.
        workers: Processes; one on SQLite.
        threads: In each worker: 16 at least for requests, one for each bridge, the rest for live pages.
    """

    state_dir: Path
    database_url: str = field(repr=False)
    listen_host: str = "127.0.0.1"
    listen_port: int = 8000
    tls: bool = False
    public_url: str = "http://127.0.0.1:8000"
    workers: int = 1
    threads: int = 128
    log_level: str = "info"


class ConfigError(Exception):
    """The settings cannot be used; ``mistakes`` has one sentence for each reason, all of them at once."""

    def __init__(self, source: str, mistakes: tuple[str, ...]) -> None:
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
    "listen_port": _Number(8000, 1, 65535),
    "workers": _Number(1, 1, 64),
    "threads": _Number(128, 20, 2000),
}
SETTINGS: Final = ("state_dir", "database_url", "listen_host", "tls", "public_url", "log_level", *_NUMBERS)


def read_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read the settings: the file, and over it variables such as ``AC_LISTEN_PORT``.

    Without a path, ``AC_CONFIG`` names the file, and else it is ``service.toml`` in the current directory if there is
    one. Relative paths start at the file's directory.

    Raises:
        ConfigError: with a sentence for every mistake in both.
    """
    named = path or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    source = named or DEFAULT_FILE
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if named is not None:
            raise ConfigError(str(source), ("there is no such file; docs/settings.md shows one.",)) from error
        table = {}
    except OSError as error:
        raise ConfigError(str(source), (f"it cannot be read: {error.strerror}.",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(source), (f"it is not TOML: {error}.",)) from error
    return config_of(table, environment, source)


def config_of(table: Mapping[str, object], environment: Mapping[str, str], source: Path) -> Config:
    """Check decoded settings.

    Raises:
        ConfigError: with a sentence for every mistake in them.
    """
    mistakes = [_unknown(key, key) for key in table if key not in SETTINGS]
    values = dict(table)
    for name, text in environment.items():
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            key = name.removeprefix(PREFIX).lower()
            if key in SETTINGS:
                values[key] = _typed(key, text)
            else:
                mistakes.append(_unknown(name, key))
    state_dir = _path(values, source.parent.absolute(), mistakes)
    host = _text(values, "listen_host", "127.0.0.1", mistakes)
    numbers = {key: _number(values, key, limits, mistakes) for key, limits in _NUMBERS.items()}
    tls = _tls(values, host, mistakes)
    database_url = _text(values, "database_url", f"sqlite:///{state_dir / 'school.db'}", mistakes)
    if database_url.startswith("sqlite") and numbers["workers"] > 1:
        mistakes.append("workers: SQLite serves one; leave it at 1, or use PostgreSQL.")
    public_url = _public_url(values, host, numbers["listen_port"], mistakes, tls=tls)
    level = _text(values, "log_level", "info", mistakes)
    if level not in LOG_LEVELS:
        mistakes.append(f"log_level: {level!r} is not one of {', '.join(LOG_LEVELS)}.")
    if mistakes:
        raise ConfigError(str(source), tuple(mistakes))
    return Config(
        state_dir=state_dir,
        database_url=database_url,
        listen_host=host,
        tls=tls,
        public_url=public_url,
        log_level=level,
        **numbers,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _unknown(shown: str, key: str) -> str:
    known = ", ".join(sorted(SETTINGS))
    return f"{shown}: there is no setting {key}; there are {known}."


def _typed(key: str, text: str) -> object:
    """A variable as the file would have it; what does not fit is left for the check to refuse."""
    if key in _NUMBERS and (number := number_or_none(text)) is not None:
        return number
    if key == "tls":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    return text


def _path(values: Mapping[str, object], start: Path, mistakes: list[str]) -> Path:
    value = values.get("state_dir")
    if value is None:
        mistakes.append("state_dir: it is missing; name the directory where the service keeps keys and database.")
        return start
    if not isinstance(value, str) or not value or "\0" in value:
        mistakes.append(f"state_dir: {value!r} is not a path; write it in quotes.")
        return start
    return start / value


def _text(values: Mapping[str, object], key: str, default: str, mistakes: list[str]) -> str:
    value = values.get(key, default)
    if not isinstance(value, str) or not value or "\0" in value or value != value.strip():
        shown = "what it says" if key == "database_url" else repr(value)  # it may hold a password
        mistakes.append(f"{key}: {shown} is not text; write it in quotes, without spaces around it.")
        return default
    return value


def _number(values: Mapping[str, object], key: str, limits: _Number, mistakes: list[str]) -> int:
    value = values.get(key, limits.default)
    if isinstance(value, bool) or not isinstance(value, int) or not limits.least <= value <= limits.most:
        mistakes.append(f"{key}: {value!r} is not a whole number from {limits.least} to {limits.most}.")
        return limits.default
    return value


def _tls(values: Mapping[str, object], host: str, mistakes: list[str]) -> bool:
    value = values.get("tls", not is_loopback(host))
    if not isinstance(value, bool):
        mistakes.append(f"tls: {value!r} is neither true nor false.")
        return True
    if not value and not is_loopback(host):
        mistakes.append(f"tls: without it passwords cross the network in the clear; {host} is not this machine alone.")
    return value


def _public_url(values: Mapping[str, object], host: str, port: int, mistakes: list[str], *, tls: bool) -> str:
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    default = f"{'https' if tls else 'http'}://{shown}:{port}"
    text = _text(values, "public_url", default, mistakes).rstrip("/")
    try:
        parts = urlsplit(text)
        proper = bool(parts.hostname) and parts.scheme in {"http", "https"} and not (parts.query or parts.fragment)
        outside = not is_loopback(parts.hostname or "")
        _ = parts.port
    except ValueError:
        proper = outside = False
    if not proper:
        mistakes.append(f"public_url: {text!r} is not an address such as https://doors.school.example.")
    elif outside and text.startswith("http:"):
        mistakes.append(f"public_url: {text} is not safe outside this machine; use https.")
    return text
