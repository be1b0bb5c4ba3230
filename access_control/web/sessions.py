"""Sessions: a signed cookie that names an operator, ends after 12 h without a request, and dies with the session salt.

Flask-Login keeps the name in the cookie; who that is and what they may comes from :class:`KnownActors`.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

import flask_login
from flask import Flask, Response, current_app, g, request, session

from access_control.people.permissions import Actor
from access_control.web.guard import UNATTENDED, View
from access_control.web.services import Services, current

IDLE: Final = timedelta(hours=12)
_REFRESH: Final = timedelta(minutes=1)
_SEEN: Final = "seen"
_PARTS: Final = ":"
_LOOKING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LEAVING: Final = frozenset({"sign_in.leave", "sign_in.enter"})
"""Endpoints that change nothing but this browser's cookie, or ask for the password themselves."""


_BY_ITSELF: Final = "_by_itself"


def by_itself(view: View) -> View:
    """Mark a view that pages ask for by themselves: that keeps nobody signed in, whatever comes of it."""
    setattr(view, _BY_ITSELF, True)
    return view


def is_by_itself(app: Flask, endpoint: str | None) -> bool:
    """Whether pages ask for an endpoint by themselves."""
    return bool(getattr(app.view_functions.get(endpoint or ""), _BY_ITSELF, False))


class SignedIn:
    """An operator as Flask-Login wants one."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        """What the cookie holds: the operator, and a digest of their salt."""
        return f"{self.actor.id}{_PARTS}{_salt_digest(self.actor)}"


def install(app: Flask) -> None:
    """Keep sessions in an app."""
    manager = flask_login.LoginManager(app)
    manager.session_protection = None  # the cookie is signed; a laptop may change networks
    manager.user_loader(_load)
    app.after_request(_stay)


def enter(actor: Actor, at: datetime) -> None:
    """Sign an operator in on this browser; nothing of an earlier session is left."""
    session.clear()
    session.permanent = True
    services = current()
    # The same for each of an operator's sessions: a form that was open when one ended can be sent in the next.
    session["csrf_token"] = _csrf_secret(services, actor)
    session[_SEEN] = _seconds(at)
    services.actors.remember(actor.id, actor, at)
    flask_login.login_user(SignedIn(actor))
    g.actor = actor


def leave() -> None:
    """Sign whoever is signed in out on this browser."""
    flask_login.logout_user()
    session.clear()
    g.actor = None


def find_actor() -> Actor | None:
    """Who the cookie of this request names, if their session has not ended.

    Raises:
        DatabaseError: The database does not answer, and this operator was not seen lately.
    """
    user = flask_login.current_user
    return user.actor if user.is_authenticated else None


def operator_of_cookie() -> str | None:
    """The operator whom the cookie names, also when the session has ended."""
    found = session.get("_user_id")
    return found.partition(_PARTS)[0] if isinstance(found, str) else None


def _load(user_id: str) -> SignedIn | None:
    services = current()
    at = services.clock()
    seen = session.get(_SEEN)
    if not isinstance(seen, int) or at - datetime.fromtimestamp(seen, UTC) >= IDLE:
        return None
    operator_id, _, digest = user_id.partition(_PARTS)
    unattended = g.get("permission") in UNATTENDED
    if unattended or request.method in _LOOKING or request.endpoint in _LEAVING:
        actor = services.actors.get(services.database, operator_id, at, patient=not unattended)
    else:
        actor = services.actors.get_anew(services.database, operator_id, at)
    if actor is None or not hmac.compare_digest(digest, _salt_digest(actor)):
        return None
    return SignedIn(actor)


def _stay(response: Response) -> Response:
    """Note that somebody used the session, at most once a minute; what a page asks by itself does not count."""
    if g.get("actor") is None or is_by_itself(current_app, request.endpoint):
        return response
    at = _seconds(current().clock())
    seen = session.get(_SEEN)
    if isinstance(seen, int) and at - seen >= _REFRESH.total_seconds():
        session[_SEEN] = at
    return response


def _csrf_secret(services: Services, actor: Actor) -> str:
    return hmac.new(services.session_secret, f"form {actor.id} {actor.session_salt}".encode(), "sha256").hexdigest()


def _salt_digest(actor: Actor) -> str:
    return hashlib.sha256(f"session {actor.session_salt}".encode()).hexdigest()[:32]


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
