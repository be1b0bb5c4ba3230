"""Every page and API of the service. A new one adds its blueprint here."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from access_control.web.api import bridge
from access_control.web.console.routes import CONSOLE
from access_control.web.front_desk.routes import FRONT_DESK
from access_control.web.pages import emergency, events, health, incident, live, me, metrics, release, sign_in

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    sign_in.blueprint,
    health.blueprint,
    metrics.blueprint,
    live.blueprint,
    events.blueprint,
    me.blueprint,
    *FRONT_DESK,
    *CONSOLE,
    emergency.blueprint,
    incident.blueprint,
    release.blueprint,
    bridge.blueprint,
)

CSRF_EXEMPT: Final = frozenset({"bridge_api"})
"""Blueprints whose callers are no browsers and sign what they send."""
