"""Somebody signed in to the console of a service, without a browser; many may ask at once, each over its own line."""

from __future__ import annotations

import html
import http.client
import json
import re
import ssl
from contextlib import closing
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 60.0  # a bound on a loaded machine, not a measure
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ConsoleSession:
    """One session. ``cookie`` is what each request carries, ``token`` what each form does."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self.host, self.port, self._tls = parts.hostname or "", parts.port or 80, parts.scheme == "https"
        self.cookie = self.token = ""
        with closing(self.line()) as line:
            self._take(line, "GET", "/sign-in")
            status = self._take(line, "POST", "/sign-in", urlencode(self._form(login=login, password=password)))
            assert status in {302, 303}, f"signing in was answered with {status}"

    def line(self) -> http.client.HTTPConnection:
        """A connection that stays open; it closes with ``closing``."""
        if not self._tls:
            return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
        trusting = ssl._create_unverified_context()  # the certificate is the service's own, on loopback
        return http.client.HTTPSConnection(self.host, self.port, timeout=TIMEOUT_S, context=trusting)

    def get(self, line: http.client.HTTPConnection, path: str, *, signed_in: bool = True) -> Answer:
        line.request("GET", path, headers={"Cookie": self.cookie} if signed_in else {})
        return _answer(line)

    def post(self, line: http.client.HTTPConnection, path: str, **fields: object) -> Answer:
        """Send a form."""
        line.request("POST", path, urlencode(self._form(**fields)), self._headers("application/x-www-form-urlencoded"))
        return _answer(line)

    def post_json(self, line: http.client.HTTPConnection, path: str, value: object) -> Answer:
        """Send what a page's script sends."""
        headers = self._headers("application/json") | {"Accept": "application/json", "X-CSRFToken": self.token}
        line.request("POST", path, json.dumps(value), headers)
        return _answer(line)

    def _form(self, **fields: object) -> dict[str, str]:
        return {"csrf_token": self.token} | {name: str(value) for name, value in fields.items()}

    def _headers(self, kind: str) -> dict[str, str]:
        return {"Cookie": self.cookie, "Content-Type": kind, "Origin": self.url, "Referer": self.url + "/"}

    def _take(self, line: http.client.HTTPConnection, method: str, path: str, form: str | None = None) -> int:
        """A step of signing in: keep the cookie and the page's token."""
        line.request(method, path, form, self._headers("application/x-www-form-urlencoded"))
        answer = line.getresponse()
        body = answer.read()
        for text in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = "; ".join(f"{one.key}={one.coded_value}" for one in SimpleCookie(text).values())
        if found := _TOKEN.search(body):
            self.token = html.unescape(found[1].decode())
        elif answer.status in {302, 303}:
            page = self.get(line, "/me")
            found = _TOKEN.search(page.body)
            assert found is not None, page.body[:300]
            self.token = html.unescape(found[1].decode())
        return answer.status


def _answer(line: http.client.HTTPConnection) -> Answer:
    answer = line.getresponse()
    return Answer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
