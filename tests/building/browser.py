"""Debian's Chromium for tests of pages, and axe to judge them.

Where there is no Chromium the tests say loudly that they were skipped; under CI that is a failure instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
WIDTHS: Final = {"desktop": (1440, 900), "narrow": (1100, 800), "phone": (390, 844)}
Theme: TypeAlias = Literal["light", "dark"]
PATIENCE_MS: Final = 30_000  # a bound on a loaded machine, not a measure
LONG: Final = bool(int(os.environ.get("LONG", "0")))
LOOKS: Final[list[tuple[Theme, str]]] = (
    [(theme, size) for theme in ("light", "dark") for size in WIDTHS]
    if LONG
    else [("light", "desktop"), ("dark", "phone")]
)
"""What a page is looked at in: both themes, the widest and the narrowest; every pair of them in ``make test-long``."""
looks: Final = pytest.mark.parametrize(("theme", "size"), LOOKS)
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS: Final = ["color-contrast", "link-in-text-block"]
_AXE: Final = Axe()


@dataclass
class Chrome:
    """A running browser; every page it opens is watched for errors in the console and refused by the CSP."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, *, theme: Theme = "light", size: str = "desktop", **more: Any) -> BrowserContext:
        """A browser of its own: cookies and all."""
        width, height = WIDTHS[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            has_touch=size == "phone",
            locale="en-US",
            ignore_https_errors=True,
            **more,
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        return context

    def page(self, *, theme: Theme = "light", size: str = "desktop", **more: Any) -> Page:
        """A page in a browser of its own; :func:`complaints` has what its console said."""
        page = self.context(theme=theme, size=size, **more).new_page()
        watch(page)
        return page


_SAID: dict[int, list[str]] = {}


def watch(page: Page) -> None:
    """Keep what the page's console complains of."""
    said = _SAID.setdefault(id(page), [])

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: said.append(str(error)))


def complaints(page: Page) -> list[str]:
    """Errors and warnings of a watched page's console, refusals by the Content-Security-Policy among them."""
    return _SAID[id(page)]


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """What axe finds wrong with the page as it is now, a line each; empty is what we want.

    Args:
        colours_only: The page was looked at in the other theme already, and only colours differ.
    """
    page.wait_for_load_state("load")  # words are there before the style sheets, of which most rules are about
    rules = {"type": "rule", "values": COLOURS} if colours_only and not LONG else {"type": "tag", "values": RULES}
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(_AXE.axe_script)
    # Only what is wrong comes back: the places that are right are many, and each would be described.
    found = page.evaluate("(options) => axe.run(document, options)", {"runOnly": rules, "resultTypes": ["violations"]})
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]
    ]


def find_chromium() -> str | None:
    """Where Chromium is; Debian's headless build, if it is there, draws the same pages with a third less of work."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def chromium_path() -> str:
    """Where Chromium is; skips the test, or under CI fails it, where there is none."""
    path = find_chromium()
    if path is None:
        sentence = "NO CHROMIUM FOUND: tests of pages did not run. Do 'apt install chromium-headless-shell'."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module: Playwright's event loop must not outlive it."""
    path = chromium_path()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def chrome(chromium_browser: Browser) -> Iterator[Chrome]:
    """The browser; its pages are closed after the test."""
    chrome = Chrome(chromium_browser)
    with ExitStack() as closing:
        closing.callback(_SAID.clear)
        yield chrome
        for context in chrome.contexts:
            context.close()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """:func:`violations`, for tests that would rather be handed it."""
    return violations
