"""The console's pages."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from access_control.web.pages import calendar, levels, people, schedules

CONSOLE: Final[tuple[Blueprint, ...]] = (
    people.blueprint,
    levels.blueprint,
    schedules.blueprint,
    calendar.blueprint,
)
