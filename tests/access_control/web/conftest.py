"""The service's pages over a tiny school, with a signed-in client for each role and a server for browsers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.serving import make_server

from access_control.clock import utc_now
from access_control.config import Config
from access_control.database.engine import Database
from access_control.people.actors import actor_of
from access_control.people.permissions import Role
from access_control.readers.keys import SchoolKeys, make_keys
from access_control.web import sessions
from access_control.web.services import EXTENSION, Services
from tests.building.templates import new_app
from tests.building.tiny_school import OPERATORS, make_school


@dataclass
class MovedClock:
    """The wall clock, moved on as far as a test says."""

    by: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.by

    def go_on(self, **how_far: float) -> None:
        self.by += timedelta(**how_far)


@pytest.fixture
def moved_clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def school_keys(tmp_path: Path) -> SchoolKeys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def services(database: Database, tmp_path: Path, moved_clock: MovedClock, school_keys: SchoolKeys) -> Services:
    with database.writing() as session:
        make_school(session)
    config = Config(state_dir=tmp_path, database_url=database.url)
    return Services(config=config, database=database, keys=school_keys, session_secret=b"s" * 32, clock=moved_clock)


@pytest.fixture
def app(services: Services) -> Flask:
    return new_app(services)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def signed_in(app: Flask) -> Callable[[Role], FlaskClient]:
    """``signed_in(Role.FRONT_DESK)``: a browser of somebody with that role; ``client.token`` goes into forms."""

    def enter(role: Role) -> FlaskClient:
        client = app.test_client()
        cookie, token = session_of(app, role)
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
        client.token = token  # type: ignore[attr-defined]  # what a page's form would carry
        return client

    return enter


@pytest.fixture
def desk(signed_in: Callable[[Role], FlaskClient]) -> FlaskClient:
    return signed_in(Role.FRONT_DESK)


@pytest.fixture
def administrator(signed_in: Callable[[Role], FlaskClient]) -> FlaskClient:
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def installer(signed_in: Callable[[Role], FlaskClient]) -> FlaskClient:
    return signed_in(Role.INSTALLER)


def session_of(app: Flask, role: Role) -> tuple[str, str]:
    """The session cookie of somebody with a role, and the token of their forms; no password is hashed for it."""
    services: Services = app.extensions[EXTENSION]
    with app.test_request_context("/"), services.database.reading() as rows:
        from flask import session
        from flask_wtf.csrf import generate_csrf

        at = services.clock()
        actor = actor_of(rows, OPERATORS[role][0], at)
        assert actor is not None
        sessions.enter(actor, at)
        token: str = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined] # the fixture sets it
        return serializer.dumps(dict(session)), token


@dataclass
class Served:
    """The app on a port of its own.

    Attributes:
        url: Without a slash at the end.
    """

    app: Flask
    url: str

    def sign_in(self, page: Page, role: Role = Role.ADMINISTRATOR, path: str | None = "/") -> Page:
        """Sign a browser in, and go to a path unless that is ``None``."""
        cookie, _ = session_of(self.app, role)
        name = self.app.config["SESSION_COOKIE_NAME"]
        page.context.add_cookies([{"name": name, "value": cookie, "url": self.url, "httpOnly": True}])
        if path is not None:
            page.goto(self.url + path)
        return page


@contextmanager
def serving(app: Flask) -> Iterator[Served]:
    """Serve an app from a thread."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of the threaded kind, which the types leave out
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Served(app, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def served(app: Flask) -> Iterator[Served]:
    """The app on a port; ``served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk")``."""
    with serving(app) as made:
        yield made
