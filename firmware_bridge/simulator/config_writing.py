"""A building's records as a file that :func:`firmware_bridge.simulator.config_file.read_building` reads."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path

from access_control.core.decision.model import Point
from firmware_bridge.simulator.config import BuildingConfig
from firmware_bridge.simulator.relay_log import Json


def write_building(building: BuildingConfig, path: Path) -> None:
    """Write a building as JSON; ``path`` must end in ``.json``."""
    table = _plain(building)
    assert isinstance(table, dict)
    table["lines"] = {line.name: _line(_plain(line)) for line in building.lines}
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def _line(row: Json) -> Json:
    assert isinstance(row, dict)
    grain_s = row.pop("grain_s")
    assert isinstance(grain_s, float)
    return {key: value for key, value in row.items() if key != "name"} | {"grain_ms": max(1, round(grain_s * 1000))}


def _plain(value: object) -> Json:
    if isinstance(value, (Point, Path)):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        members = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(member) for name, member in members if member is not None}
    assert isinstance(value, (str, int, float, bool))
    return value
