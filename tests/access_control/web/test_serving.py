"""``access-control serve`` as a process: what it refuses, what it serves, and how it ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from access_control.clock import monotonic_s, utc_now
from access_control.config import Config
from access_control.people.permissions import Role
from access_control.readers.keys import make_keys
from access_control.readers.models import Site
from access_control.web import tls
from access_control.web.app import make_app
from access_control.web.serving import ServeError, look_before, make_services
from tests.access_control.web.conftest import session_of
from tests.building.databases import new_sqlite, opened
from tests.building.ports import free_port
from tests.building.tiny_school import make_school

PATIENCE_S = 60.0


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A real school's settings: a migrated database, keys, a port of its own."""
    url = new_sqlite(tmp_path)
    settings = tmp_path / "service.toml"
    settings.write_text(f'state_dir = "{tmp_path}"\nlisten_port = {free_port()}\ndatabase_url = "{url}"\n')
    with opened(url) as database, database.writing() as session:
        make_school(session)
    stamp(url)
    make_keys(tmp_path / "keys")
    return Config(state_dir=tmp_path, database_url=url, listen_port=int(settings.read_text().split()[5]))


def stamp(url: str, version: str | None = None) -> None:
    """Mark a database as one of this version, or of another."""
    import sqlite3
    from contextlib import closing

    from access_control.database.schema import head

    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as rows, rows:
        rows.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
        rows.execute("DELETE FROM alembic_version")
        rows.execute("INSERT INTO alembic_version VALUES (?)", (version or head(),))


@contextmanager
def serving(config: Config, context: ssl.SSLContext | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The service as a process, once it answers."""
    log = (config.state_dir / "serve.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "access_control", "serve", "--config", str(config.state_dir / "service.toml")],
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        until = monotonic_s() + PATIENCE_S
        while ask(config, "/health", context=context) != 200:
            assert process.poll() is None, (config.state_dir / "serve.log").read_text()
            assert monotonic_s() < until, (config.state_dir / "serve.log").read_text()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE_S)
        log.close()


def line_to(config: Config, context: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
    if context is not None:
        return http.client.HTTPSConnection("localhost", config.listen_port, timeout=PATIENCE_S, context=context)
    return http.client.HTTPConnection("127.0.0.1", config.listen_port, timeout=PATIENCE_S)


def ask(config: Config, path: str, cookie: str = "", context: ssl.SSLContext | None = None) -> int | None:
    line = line_to(config, context)
    try:
        line.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        return line.getresponse().status
    except OSError:
        return None
    finally:
        line.close()


def cookie_for(config: Config, role: Role) -> str:
    services = make_services(config)
    try:
        app = make_app(services)
        return f"{app.config['SESSION_COOKIE_NAME']}={session_of(app, role)[0]}"
    finally:
        services.database.close()


def test_it_serves_and_ends_although_a_stream_is_open(config: Config) -> None:
    cookie = cookie_for(config, Role.FRONT_DESK)
    line = line_to(config)
    with serving(config) as process:
        assert ask(config, "/") == 401
        assert ask(config, "/", cookie) == 200
        line.request("GET", "/live/stream", headers={"Cookie": cookie})
        answer = line.getresponse()
        assert answer.status == 200
        assert b"retry" in answer.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        answer.close()
    line.close()


def test_64_open_screens_leave_requests_alone(config: Config) -> None:
    cookie = cookie_for(config, Role.FRONT_DESK)
    with serving(config), ExitStack() as screens:
        for _ in range(64):
            line = line_to(config)
            screens.callback(line.close)
            line.request("GET", "/live/stream", headers={"Cookie": cookie})
            answer = line.getresponse()
            screens.callback(answer.close)
            assert answer.status == 200
            assert b"retry" in answer.readline()
        assert [ask(config, "/", cookie) for _ in range(5)] == [200] * 5
        assert ask(config, "/health") == 200


def test_screens_beyond_the_threads_are_told_to_poll(config: Config) -> None:
    cookie = cookie_for(config, Role.FRONT_DESK)
    settings = config.state_dir / "service.toml"
    settings.write_text(settings.read_text() + "threads = 21\n")  # a bridge, two to come, 16 for requests: 2 are left
    with serving(config), ExitStack() as screens:
        statuses = []
        for _ in range(4):
            line = line_to(config)
            screens.callback(line.close)
            line.request("GET", "/live/stream", headers={"Cookie": cookie})
            answer = line.getresponse()
            screens.callback(answer.close)
            statuses.append(answer.status)
        assert statuses == [200, 200, 503, 503]
        assert ask(config, "/live/state.json", cookie) == 200


def test_bodies_that_never_end_keep_nobody_out(config: Config) -> None:
    settings = config.state_dir / "service.toml"
    settings.write_text(settings.read_text() + "threads = 24\n")
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    endless = (head + b"Content-Length: 5000\r\n\r\nlogin=", head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nlogin\r\n")
    with serving(config), ExitStack() as slow:
        for number in range(60):
            line = slow.enter_context(socket.create_connection(("127.0.0.1", config.listen_port)))
            line.sendall(endless[number % 2])
        assert [ask(config, "/health") for _ in range(5)] == [200] * 5


def test_a_killed_service_leaves_the_port_free(config: Config) -> None:
    with serving(config) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)
    until = monotonic_s() + PATIENCE_S
    while ask(config, "/health") is not None:
        assert monotonic_s() < until
    with serving(config):
        assert ask(config, "/health") == 200


def test_https_with_the_schools_own_authority(config: Config) -> None:
    settings = config.state_dir / "service.toml"
    settings.write_text(settings.read_text() + 'tls = true\npublic_url = "https://localhost"\n')
    files = tls.make(config.state_dir, ["localhost"], utc_now())
    trusting = ssl.create_default_context(cafile=files.authority)
    with serving(config, trusting):
        assert ask(config, "/health", context=trusting) == 200
        with pytest.raises(ssl.SSLError):
            raise_for(config, ssl.create_default_context())


def raise_for(config: Config, context: ssl.SSLContext) -> None:
    line = line_to(config, context)
    try:
        line.request("GET", "/health")
    finally:
        line.close()


def refused(config: Config) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "access_control", "serve", "--config", str(config.state_dir / "service.toml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_that_is_taken_is_named(config: Config) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.listen_port))
        other.listen()
        assert f"Port {config.listen_port} on 127.0.0.1 cannot be used" in refused(config)


def test_a_newer_database_is_refused(config: Config) -> None:
    stamp(config.database_url, "9999")
    assert "newer than this program" in refused(config)


def test_the_demos_database_is_refused(config: Config) -> None:
    mark(config, demo=True)
    with pytest.raises(ServeError, match="belongs to the demo"):
        look_before(config, demo=False)
    look_before(config, demo=True)
    mark(config, demo=False)
    with pytest.raises(ServeError, match="no demo mark"):
        look_before(config, demo=True)


def mark(config: Config, *, demo: bool) -> None:
    with opened(config.database_url) as database, database.writing() as session:
        session.query(Site).one().demo = demo


def test_keys_that_are_gone_are_not_made_anew(config: Config) -> None:
    (config.state_dir / "keys").rename(config.state_dir / "away")
    with pytest.raises(ServeError, match="keys"):
        look_before(config, demo=False)


def test_without_a_certificate_it_says_how_to_make_one(config: Config) -> None:
    config = Config(**{**{name: getattr(config, name) for name in config.__dataclass_fields__}, "tls": True})
    with pytest.raises(ServeError, match="access-control tls make"):
        look_before(config, demo=False)


def test_sqlite_has_one_worker(config: Config) -> None:
    config = Config(**{**{name: getattr(config, name) for name in config.__dataclass_fields__}, "workers": 2})
    with pytest.raises(ServeError, match="one worker"):
        look_before(config, demo=False)
