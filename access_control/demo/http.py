"""A browser without a screen: keeps cookies, sends the pages' own tokens with forms, and asks for JSON."""

from __future__ import annotations

import html
import json
import re
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit

from access_control.demo.errors import StageError

TIMEOUT_S: Final = 20.0
_TOKEN: Final = (
    re.compile(r'<meta name="csrf-token" content="([^"]+)"'),
    re.compile(r'name="csrf_token"[^>]*value="([^"]+)"'),
)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the service."""

    status: int
    url: str
    body: str

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            StageError: It is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise StageError(f"{self.url} answered {self.status}, and not with JSON: {self.body[:200]}") from error

    def text(self) -> str:
        """What can be read on the page: no tags, single spaces."""
        bare = re.sub(r"<(script|style|template)\b.*?</\1>", " ", self.body, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())

    def token(self) -> str:
        """The page's token against forged requests; empty when it has none."""
        for pattern in _TOKEN:
            if found := pattern.search(self.body):
                return html.unescape(found[1])
        return ""


class Browser:
    """One signed-in session."""

    def __init__(self, base: str) -> None:
        """``base`` is the service's address."""
        self.base = base
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._token = ""

    def get(self, path: str) -> Page:
        """Look at a page."""
        page = self._send(urllib.request.Request(self._url(path)))  # noqa: S310 - our own loopback address
        self._token = page.token() or self._token
        return page

    def post(self, path: str, **fields: object) -> Page:
        """Send a form, with the token of the page looked at last."""
        data = urlencode({"csrf_token": self._token, **{key: str(value) for key, value in fields.items()}}).encode()
        request = urllib.request.Request(self._url(path), data)  # noqa: S310 - as above
        return self._sent(request)

    def post_json(self, path: str, value: Mapping[str, object]) -> Page:
        """Send JSON as the pages' scripts do."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self._token}
        return self._sent(
            urllib.request.Request(self._url(path), json.dumps(value).encode(), headers)  # noqa: S310 - as above
        )

    def _sent(self, request: urllib.request.Request) -> Page:
        request.add_header("Referer", self.base + "/")
        request.add_header("Origin", self.base)
        page = self._send(request)
        self._token = page.token() or self._token
        return page

    def _url(self, path: str) -> str:
        return path if urlsplit(path).scheme else self.base + path

    def _send(self, request: urllib.request.Request) -> Page:
        try:
            with self._open.open(request, timeout=TIMEOUT_S) as answer:
                return Page(answer.status, answer.url, answer.read().decode())
        except HTTPError as error:
            with error:
                return Page(error.code, error.url or request.full_url, error.read().decode(errors="replace"))
        except (URLError, OSError) as error:
            raise StageError(f"The service does not answer at {request.full_url}: {error}.") from error
