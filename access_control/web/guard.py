"""Who may reach what: every endpoint names exactly one permission, and is refused to whoever does not hold it.

An endpoint without a permission fails at start. Whether the permission holds *at this place* (a building, a zone) is
for the page to ask with :func:`require_at`, once it knows what the request is about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from flask import Flask, g, request

from access_control.config import is_loopback
from access_control.people.permissions import Actor, Permission, Place
from access_control.web.problems import Problem

View = TypeVar("View", bound=Callable[..., object])

OPEN: Final = frozenset({"static", "sign_in.show", "sign_in.enter", "health.health"})
"""Endpoints that everybody may reach."""

OPEN_PATHS: Final = ("/bridge/v1/",)
"""Below these the endpoints look after themselves: bridges sign."""

UNATTENDED: Final = frozenset({Permission.EMERGENCY_START})
"""Permissions that are judged by what is known in memory: nothing waits for the database."""

LOCAL: Final = frozenset({"metrics.metrics"})
"""Endpoints that a program on this machine may reach without signing in."""

_MARK: Final = "_permission"


def needs(permission: Permission) -> Callable[[View], View]:
    """Let a view be reached only by operators who hold a permission somewhere.

    Raises:
        TypeError: The view names one already.
    """

    def mark(view: View) -> View:
        if hasattr(view, _MARK):
            raise TypeError(f"{view!r} names two permissions; one endpoint has one")
        setattr(view, _MARK, permission)
        return view

    return mark


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """The permission that an endpoint names; ``None`` if everybody may reach it."""
    found: Permission | None = getattr(app.view_functions[endpoint], _MARK, None)
    return found


def check_endpoints(app: Flask) -> None:
    """See that every endpoint names its permission.

    Raises:
        RuntimeError: with every endpoint that does not, or that is open and names one all the same.
    """
    wrong = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if is_open(rule.endpoint, rule.rule) == (permission_of(app, rule.endpoint) is not None)
    ]
    if wrong:
        raise RuntimeError(f"these endpoints need @needs(Permission...), exactly one each: {sorted(set(wrong))}")


def is_open(endpoint: str, path: str) -> bool:
    """Whether everybody may reach it."""
    return endpoint in OPEN or path.startswith(OPEN_PATHS)


def actor() -> Actor:
    """Who makes this request.

    Raises:
        Problem: 401, nobody is signed in.
    """
    found = actor_or_none()
    if found is None:
        raise Problem(401)
    return found


def actor_or_none() -> Actor | None:
    """Who makes this request, if somebody is signed in."""
    found: Actor | None = g.get("actor")
    return found


def may(permission: Permission, place: Place | None = None) -> bool:
    """Whether whoever makes this request may do something; nobody may do anything."""
    found = actor_or_none()
    return found is not None and found.may(permission, place)


def require_at(place: Place, permission: Permission | None = None) -> None:
    """See that the endpoint's permission (or another) holds at a place.

    Raises:
        Problem: 403.
    """
    asked = permission or g.get("permission")
    if asked is None or not actor().may(asked, place):
        raise Problem(403)


def place_of(site: str, building: int | None = None, zone: int | None = None) -> Place:
    """Where something is; a zone is ignored where its building is not known."""
    return Place(site, building, None if building is None else zone)


def judge(app: Flask, find_actor: Callable[[], Actor | None]) -> None:
    """Judge this request, before anything else looks at it.

    Raises:
        Problem: 401 when nobody is signed in, 403 when the permission is not held.
    """
    permission = None if request.endpoint is None else permission_of(app, request.endpoint)
    g.permission = permission
    found = find_actor()
    g.actor = found  # also where there is no such page, which is then said within the frame
    if permission is None or (request.endpoint in LOCAL and _is_local()):
        return
    if found is None:
        raise Problem(401)
    if not found.may(permission):
        raise Problem(403)


def _is_local() -> bool:
    """Whether a program on this machine asks, and not through a proxy that stands before the service."""
    return is_loopback(request.remote_addr or "") and not any(
        name.lower() in {"forwarded", "via"} or name.lower().startswith("x-forwarded") for name, _ in request.headers
    )
