"""Every answer tells the browser what to refuse."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("path", ["/", "/me", "/sign-in", "/nowhere", "/health", "/static/css/tokens.css"])
def test_headers_of(desk: FlaskClient, path: str) -> None:
    with desk.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    if not path.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/me"])
def test_pages_carry_nothing_inline(desk: FlaskClient, path: str) -> None:
    page = desk.get(path).text
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')
    assert len(page) < 100_000
