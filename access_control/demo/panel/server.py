"""Serves the panel on loopback: two pages, their looks, and a few JSON questions; everything needs the panel's token.

What is posted also needs proof that a page of the panel sent it: a header that only its scripts can set, or the secret
that is in its forms. The console is another port of the same host, so that a cookie's ``SameSite`` would not do.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import parse_qs, urlsplit

from access_control.demo.errors import StageError
from access_control.typed_numbers import number_or_none

HERE: Final = Path(__file__).parent / "static"
LOOKS: Final = Path(__file__).parents[2] / "web" / "static" / "css"
COOKIE: Final = "demo_panel"
HEADER: Final = "X-Panel"
LOOK_S: Final = 0.05
MAX_BODY: Final = 4 * 1024 * 1024
MAX_FORM: Final = 4096
SECRET_BYTES: Final = 16
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
TYPES: Final = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript"}


class Faults(Protocol):
    """What the page of faults asks for."""

    def html(self, csrf: str) -> str:
        """The page, with the secret for its forms."""
        ...

    def state(self) -> Mapping[str, Any]:
        """What changes on it."""
        ...

    def do(self, fields: Mapping[str, str]) -> str:
        """Do what a form asks for; one sentence about it.

        Raises:
            StageError: It cannot be done.
        """
        ...


class Answers(Protocol):
    """What the page asks for."""

    @property
    def faults(self) -> Faults:
        """The other page."""
        ...

    def state(self, after: int) -> Mapping[str, Any]:
        """Everything that the page shows now; of the feed what is newer than ``after``."""
        ...

    def people(self, text: str) -> list[Mapping[str, Any]]:
        """People whose name has ``text`` in it."""
        ...

    def do(self, asked: bytes) -> str:
        """Do something; one sentence about it.

        Raises:
            StageError: It cannot be done.
        """
        ...


class Panel:
    """The server in a thread of its own; use it as a context manager."""

    def __init__(self, port: int, token: str, answers: Answers) -> None:
        """Take the port.

        Raises:
            OSError: It is taken.
        """

        class Handler(_Handler):
            panel_token = token
            panel_csrf = secrets.token_urlsafe(SECRET_BYTES)
            panel_answers = answers

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/?token={token}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(LOOK_S,), name="panel", daemon=True)

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    panel_token = ""
    panel_csrf = ""
    panel_answers: Answers
    protocol_version = "HTTP/1.0"  # a connection for each request, so that none outlives the panel
    server_version = "panel"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        asked = parse_qs(where.query)
        if not self._addressed_here():
            self._send(HTTPStatus.FORBIDDEN, b"Open the panel at the address that the demo printed.\n")
        elif where.path == "/" and self._is_token(asked.get("token", [""])[0]):
            self._welcome()
        elif not self._known():
            self._send(
                HTTPStatus.FORBIDDEN, b"Open the panel with the link that the demo printed, or from the console.\n"
            )
        elif where.path == "/state":
            self._json(self.panel_answers.state(_whole(asked.get("after", ["0"])[0])))
        elif where.path == "/people":
            self._json(self.panel_answers.people(asked.get("q", [""])[0]))
        elif where.path == "/faults":
            self._send(HTTPStatus.OK, self.panel_answers.faults.html(self.panel_csrf).encode(), TYPES[".html"])
        elif where.path == "/faults/state":
            self._json(self.panel_answers.faults.state())
        else:
            self._file(where.path)

    def do_POST(self) -> None:
        length = _whole(self.headers.get("Content-Length", ""))
        if not (self._addressed_here() and self._known()):
            self._refuse()
        elif self.path == "/press" and 0 < length <= MAX_FORM:
            self._press(_fields(self.rfile.read(length)))
        elif not self.headers.get(HEADER):
            self._refuse()
        elif self.path != "/do" or not 0 < length <= MAX_BODY:
            self._send(HTTPStatus.BAD_REQUEST, b"This is nothing that the panel does.\n")
        else:
            body = self.rfile.read(length)
            self._json(_outcome(lambda: self.panel_answers.do(body)))

    def _press(self, fields: dict[str, str]) -> None:
        """A form of the page of faults: its script asks for JSON, the browser itself for the page again."""
        if not _same(fields.pop("csrf", ""), self.panel_csrf):
            self._refuse()
            return
        outcome = _outcome(lambda: self.panel_answers.faults.do(fields))
        if self.headers.get("Accept") == "application/json":
            self._json(outcome)
        else:
            self._redirect("/faults")

    def _refuse(self) -> None:
        self._send(HTTPStatus.FORBIDDEN, b"This page is no longer good. Load it again.\n")

    def _addressed_here(self) -> bool:
        """Whether the browser means this server by name: else another name leads here, and its page asks."""
        name = self.headers.get("Host", "").rpartition(":")[0]
        return name in {"127.0.0.1", "localhost"}

    def _is_token(self, text: str) -> bool:
        return _same(text, self.panel_token)

    def _known(self) -> bool:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _welcome(self) -> None:
        """Keep the token out of the address bar."""
        self._redirect("/", f"{COOKIE}={self.panel_token}; Path=/; HttpOnly; SameSite=Lax")

    def _redirect(self, path: str, cookie: str = "") -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", path)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()

    def _file(self, path: str) -> None:
        name = "panel.html" if path == "/" else path.lstrip("/")
        folder = LOOKS if name.startswith("css/") else HERE
        file = folder / name.removeprefix("css/")
        if "/" in name.removeprefix("css/") or file.suffix not in TYPES or not file.is_file():
            self._send(HTTPStatus.NOT_FOUND, b"There is no such page.\n")
        else:
            self._send(HTTPStatus.OK, file.read_bytes(), TYPES[file.suffix])

    def _json(self, value: object) -> None:
        self._send(HTTPStatus.OK, json.dumps(value).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing: the address holds the token."""


def _whole(text: str) -> int:
    return number_or_none(text) or 0


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), secret.encode())


def _fields(body: bytes) -> dict[str, str]:
    """A form's fields, the first of each; of bytes that are no form, none."""
    try:
        return {name: values[0] for name, values in parse_qs(body.decode("ascii"), max_num_fields=8).items()}
    except ValueError:
        return {}


def _outcome(do: Callable[[], str]) -> dict[str, object]:
    try:
        return {"ok": True, "sentence": do()}
    except StageError as error:
        return {"ok": False, "sentence": str(error)}
