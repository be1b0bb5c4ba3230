"""The pages of the front desk."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from access_control.web.pages import banned, desk, visit_badges, visits

FRONT_DESK: Final[tuple[Blueprint, ...]] = (
    desk.blueprint,
    visits.blueprint,
    visit_badges.blueprint,
    banned.blueprint,
)
