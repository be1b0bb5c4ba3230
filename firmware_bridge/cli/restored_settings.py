"""What a new machine takes of the settings that a dead one had sealed: serial ports and the like, written anew.

Never where the state is kept and where the service is: the machine that is set up here decides that. Whoever made the
copy must not choose which folder is written to, or with whom this bridge speaks.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from firmware_bridge.config import NEIGHBOUR_SETTINGS, PORT_SETTINGS, ConfigError, config_of

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_PLAIN: Final = ("log_level", "events_days", "events_count", "min_free_mb")


def settings_from(old: str, url: str, source: Path) -> str | None:
    """The text of new settings with what may be taken of old ones; ``None`` if they cannot be used.

    Args:
        old: The settings of the machine that died, as it had sealed them.
        url: Where the service is, as was typed here.
        source: Which file is to be written; relative paths start beside it.
    """
    try:
        wanted = _taken(tomllib.loads(old), url)
        text = "".join(_lines(wanted))
        config_of(wanted, source)
        return text if tomllib.loads(text) == wanted else None
    except (tomllib.TOMLDecodeError, ConfigError, TypeError, AttributeError):
        return None


def agreed(path: Path, text: str) -> bool:
    """Show settings before they are written; at a terminal somebody has to say yes."""
    print(f"The settings of the old machine, for {path}:\n\n{text}")
    if not sys.stdin.isatty():
        return True
    print("Write them? Type yes, or anything else for an example instead: ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


def _taken(old: Mapping[str, Any], url: str) -> dict[str, Any]:
    """A table with nothing but known settings of plain kinds."""
    taken: dict[str, Any] = {"state_dir": "state"} | {key: old[key] for key in _PLAIN if key in old}
    taken["service"] = {"url": url}
    if old.get("neighbours"):
        taken["neighbours"] = {key: old["neighbours"][key] for key in NEIGHBOUR_SETTINGS if key in old["neighbours"]}
    if old.get("ports"):
        taken["ports"] = {
            name: {key: port[key] for key in PORT_SETTINGS if key in port} for name, port in old["ports"].items()
        }
    return taken


def _lines(table: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """A table as TOML; a terminal shows every sign of it as it is.

    Raises:
        TypeError: There is something in it that no setting is.
    """
    if place and not all(isinstance(value, dict) for value in table.values()):
        yield f"\n[{place}]\n"
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{_name(key)} = {_quoted(value) if isinstance(value, str) else _number(value)}\n"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{place}.{_name(key)}" if place else _name(key))


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _number(value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return str(value)


def _quoted(text: str) -> str:
    if not text.isprintable():
        raise TypeError(text)
    return json.dumps(text, ensure_ascii=False)
