"""The Flask app: sessions, guard, headers, errors and the pages of :mod:`access_control.web.routes`."""

from __future__ import annotations

from typing import Final

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from access_control.web import answers, frame, guard, headers, logs, measures, sessions, taking, unfinished
from access_control.web import services as web_services
from access_control.web.routes import BLUEPRINTS, CSRF_EXEMPT
from access_control.web.services import Services

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_FIELD_BYTES: Final = 500_000


def make_app(services: Services) -> Flask:
    """The app over these services.

    Raises:
        RuntimeError: An endpoint names no permission.
    """
    app = Flask("access_control.web", static_folder="static", template_folder="templates")
    secure = services.config.public_url.startswith("https:")
    app.config.update(
        SECRET_KEY=services.session_secret,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_FIELD_BYTES,
        SESSION_COOKIE_NAME="__Host-session" if secure else "session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=sessions.IDLE,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page may lie open all day
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    web_services.install(app, services)
    logs.install(app)
    measures.install(app, services)
    sessions.install(app)
    app.before_request(
        lambda: guard.judge(app, sessions.find_actor)
    )  # before the check of forms, which needs a session
    protect = CSRFProtect(app)
    taking.install(app)
    answers.install(app)
    headers.install(app)
    frame.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
        if blueprint.name in CSRF_EXEMPT:
            protect.exempt(blueprint)
    guard.check_endpoints(app)
    unfinished.install(app, services.config.threads)
    return app
