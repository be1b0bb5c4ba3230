"""Makes the README's pictures from a running demo: ``make screenshots``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from access_control.demo.staging import Demo
from tests.building.browser import ARGUMENTS, find_chromium

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
LIMIT: Final = 300_000
SIZE: Final = (1440, 900)


def main() -> int:
    """Take every picture; 0 when all of them are there and small enough."""
    chromium = find_chromium()
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
        panel.wait_for_timeout(5000)  # every reader is there, every door proved
        self.present(panel, "Tom Alvarado", "103 Science lab")
        self.present(panel, "Ava Thornton", "21 Corridor to offices")
        self.keep(panel, "panel")
        self.live(console)
        self.desk()
        self.lockdown(console)

    def live(self, console: Page) -> None:
        """Every door, and what happened; then the explanation of the refusal."""
        console.goto(self._demo.programs.url)
        console.wait_for_timeout(3000)
        self.keep(console, "live")
        console.get_by_role("link", name="Why?").last.click()
        console.wait_for_timeout(500)
        self.keep(console, "why")

    def desk(self) -> None:
        """A visitor with a pass."""
        desk = self.signed_in("desk")
        desk.goto(self._demo.programs.url + "/desk?new=Maren Solberg")
        desk.get_by_label("Who is visited").fill("Hannah Whitfield")
        desk.get_by_label("Meeting").check()
        desk.get_by_role("button", name="Check in").last.click()
        desk.get_by_text("Show your pass at the vestibule").wait_for()
        self.keep(desk, "desk")

    def lockdown(self, console: Page) -> None:
        """Keep the control pressed; the board with every door's milliseconds, dark."""
        console.emulate_media(color_scheme="dark")
        box = console.locator("[data-place=rail] [data-press]").bounding_box()
        assert box is not None
        console.mouse.move(box["x"] + 20, box["y"] + 20)
        console.mouse.down()
        console.wait_for_url("**/emergency/*-*")
        console.mouse.up()
        console.wait_for_timeout(4000)
        self.keep(console, "lockdown")

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

    def keep(self, page: Page, name: str) -> None:
        """Save what is to be seen."""
        page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
