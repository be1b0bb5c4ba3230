"""Makes the README's pictures from a running demo: ``make screenshots``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from access_control.demo.staging import Demo
from tests.building.browser import ARGUMENTS

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
LIMIT: Final = 300_000
SIZE: Final = (1280, 800)
PHONE: Final = (390, 844)


def main() -> int:
    """Take every picture; 0 when all of them are there and small enough."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no Chromium here, so no pictures can be taken.", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder) / "demo") as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        Pictures(demo, browser).take()
        browser.close()
    large = [file.name for file in IMAGES.glob("*.png") if file.stat().st_size >= LIMIT]
    if large:
        print(f"Too large: {', '.join(large)}.", file=sys.stderr)
    return 1 if large else 0


class Pictures:
    """Goes through the demo with a camera."""

    def __init__(self, demo: Demo, browser: Browser) -> None:
        """The demo runs."""
        self._demo = demo
        self._browser = browser

    def take(self) -> None:
        """Every picture, in an order in which one thing leads to the next."""
        console = self.signed_in("admin")
        panel = self.page("light")
        panel.goto(self._demo.panel_url)
        self.present(panel, "Tom Alvarado", "103 Science lab")
        self.present(panel, "Ava Thornton", "21 Corridor to offices")
        self.keep(panel, "panel")
        console.goto(self._demo.programs.url)
        console.wait_for_timeout(1500)
        self.keep(console, "live")

    def page(self, theme: str, size: tuple[int, int] = SIZE) -> Page:
        """A window."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-US",
        )
        return context.new_page()

    def signed_in(self, login: str, theme: str = "light") -> Page:
        """A window in which somebody is signed in."""
        page = self.page(theme)
        page.goto(self._demo.programs.url + "/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", self._demo.accounts[login].password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def present(self, panel: Page, person: str, door: str) -> None:
        """Hold somebody's card to a door in the panel."""
        panel.get_by_label("Name").fill(person)
        panel.get_by_role("button", name=person).click()
        panel.get_by_role("button", name=door).click()
        panel.get_by_role("button", name="Present the card").click()
        panel.wait_for_timeout(2500)

    def keep(self, page: Page, name: str, ready: Callable[[], None] = lambda: None) -> None:
        """Save what is to be seen."""
        ready()
        page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
