"""The console's pages."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from access_control.web.pages import (
    alarm_inputs,
    audit,
    badges,
    bridges,
    calendar,
    devices,
    door,
    doors,
    fire_tests,
    groups,
    levels,
    operators,
    people,
    presence,
    replacement,
    schedules,
    settings,
    why,
)

CONSOLE: Final[tuple[Blueprint, ...]] = (
    people.blueprint,
    groups.blueprint,
    presence.blueprint,
    badges.blueprint,
    doors.blueprint,
    door.blueprint,
    devices.blueprint,
    alarm_inputs.blueprint,
    bridges.blueprint,
    replacement.blueprint,
    fire_tests.blueprint,
    levels.blueprint,
    schedules.blueprint,
    calendar.blueprint,
    operators.blueprint,
    settings.blueprint,
    audit.blueprint,
    why.blueprint,
)
