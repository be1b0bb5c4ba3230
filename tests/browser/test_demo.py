"""A newcomer's first quarter of an hour, in a browser: the demo's six steps on its console and its panel."""

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from access_control.demo.plan import BRIDGE_NAMES, DOORS
from tests.building.browser import Chrome, complaints, violations
from tests.building.running_demo import RunningDemo, running_demo

WAIT_MS = 60_000
DEATH = re.compile(r"Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|network error", re.IGNORECASE)
"""What Chromium itself says when a server goes away, which one step is about."""


def signed_in(chrome: Chrome, demo: RunningDemo, login: str) -> Page:
    page = chrome.page()
    page.set_default_timeout(WAIT_MS)
    page.goto(demo.console + "/sign-in")
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(demo.passwords[login])
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("sign-in"), timeout=WAIT_MS)
    return page


class Panel:
    """The panel, as somebody uses it."""

    def __init__(self, chrome: Chrome, demo: RunningDemo) -> None:
        self.page = chrome.page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.goto(demo.panel)
        self.feed = self.page.locator("#feed")
        self.said = self.page.get_by_role("status")

    def present(self, person: str, door: str) -> None:
        self.page.get_by_label("Name").fill(person)
        self.page.get_by_role("button", name=person).click()
        self.page.get_by_role("button", name=door).click()
        self.page.get_by_role("button", name="Present the card").click()
        expect(self.said).to_contain_text("A card is presented to the reader")

    def show_pass(self, text: str) -> None:
        self.page.get_by_label("Or the text of a pass").fill(text)
        self.page.get_by_role("button", name="Show the pass", exact=True).click()
        expect(self.said).to_contain_text("A pass is shown")

    def program(self, what: str) -> None:
        self.page.get_by_role("button", name=what, exact=True).click()
        expect(self.said).to_contain_text("service", timeout=WAIT_MS)

    def now(self, door: str) -> Locator:
        return self.page.get_by_role("button", name=door)


@contextmanager
def patience() -> Iterator[None]:
    """The machine may be busy; what is looked for has a minute."""
    expect.set_options(timeout=WAIT_MS)
    try:
        yield
    finally:
        expect.set_options(timeout=5000)


def code_on(page: Page) -> str:
    """Read the code that a visitor would hold to the scanner off the screen."""
    picture = page.locator("svg.code").first.screenshot()
    with Image.open(io.BytesIO(picture)) as opened:
        grey = opened.convert("L").resize((opened.width * 2, opened.height * 2))
        found = zxingcpp.read_barcodes(grey, text_mode=zxingcpp.TextMode.Plain)
    assert len(found) == 1
    return str(found[0].text)


def reload_until(page: Page, url: str, text: str) -> None:
    """The log is a page that stands still; look again until what the bridges kept has arrived."""
    for _ in range(60):
        page.goto(url)
        if text in (page.locator("main").text_content() or ""):
            return
        time.sleep(1)
    raise AssertionError(f"{text} is not on {url}")


def check_in(desk: Page, demo: RunningDemo, name: str) -> str:
    desk.goto(f"{demo.console}/desk?new={name}")
    desk.get_by_label("Who is visited").fill("Hannah Whitfield")
    desk.get_by_label("Meeting").check()
    desk.get_by_role("button", name="Check in").last.click()
    expect(desk.get_by_text("Show your pass at the vestibule")).to_be_visible()
    return code_on(desk)


def look_around(admin: Page) -> None:
    """1. Every door is live, in words and shapes, with the age of its proof."""
    expect(admin.get_by_role("heading", name=f"{len(DOORS) - 2} of {len(DOORS)} doors secured")).to_be_visible()
    expect(admin.locator("[data-door] .age").first).to_contain_text("proved")
    assert violations(admin) == []


def present_cards(admin: Page, panel: Panel) -> None:
    """2. A card is presented; one without rights is refused, and Why? explains it."""
    panel.present("Tom Alvarado", "103 Science lab")
    expect(panel.feed).to_contain_text("The reader shows green.")
    expect(panel.feed).to_contain_text("The person is in.")
    expect(admin.locator("main")).to_contain_text("Tom Alvarado")
    panel.present("Ava Thornton", "21 Corridor to offices")
    expect(panel.feed).to_contain_text("Nobody gets in")
    expect(admin.locator("main")).to_contain_text("Ava Thornton")
    admin.get_by_role("link", name="Why?").last.click()
    expect(admin.locator("main")).to_contain_text("access levels do not include this door")
    assert violations(admin) == []


def receive_visitors(admin: Page, desk: Page, panel: Panel, demo: RunningDemo) -> None:
    """3. A visitor is checked in, the pass opens the vestibule, and after the sign-out it opens nothing."""
    used = check_in(desk, demo, "Maren Solberg")
    panel.show_pass(used)
    expect(panel.feed.get_by_text("The person is in.")).to_have_count(2)
    desk.get_by_role("button", name="Sign out", exact=True).last.click()
    unused = check_in(desk, demo, "Ivo Brandt")
    desk.get_by_role("button", name="Sign out", exact=True).last.click()
    time.sleep(3)
    for text in (used, unused):
        panel.show_pass(text)
        time.sleep(6)
    admin.goto(demo.console + "/events")
    expect(admin.get_by_text("has signed out").first).to_be_visible()


def lock_down(admin: Page, panel: Panel, demo: RunningDemo) -> None:
    """4. The control is kept pressed; every door confirms, and leaving is possible."""
    admin.goto(demo.console + "/")
    box = admin.locator("[data-place=rail] [data-press]").bounding_box()
    assert box is not None
    admin.mouse.move(box["x"] + 20, box["y"] + 20)
    admin.mouse.down()
    expect(admin).to_have_url(re.compile(r"/emergency/[0-9a-f-]{36}"))
    admin.mouse.up()
    expect(admin.locator("#cells .cell[data-result=secured]")).to_have_count(len(DOORS))
    expect(admin.locator("#cells .cell-word").first).to_contain_text(" ms")
    assert violations(admin) == []
    panel.present("Ava Thornton", "101 Room 101")
    expect(panel.feed.get_by_text("Nobody gets in")).to_have_count(4)
    panel.present("Grace Lindqvist", "101 Room 101")
    expect(panel.feed.get_by_text("The person is in.")).to_have_count(3)
    panel.now("21 Corridor to offices").click()
    panel.page.get_by_role("button", name="Leave from inside").click()
    expect(panel.feed).to_contain_text("Somebody has left.")


def go_without_the_service(admin: Page, panel: Panel, demo: RunningDemo) -> None:
    """5. The service is stopped: the screen says so, the lockdown goes on, and nothing is lost afterwards."""
    incident = admin.url
    panel.program("Stop: Service")
    expect(admin.locator("#stale")).to_be_visible()
    panel.present("Liam Castellano", "102 Room 102")
    expect(panel.feed.get_by_text("Nobody gets in")).to_have_count(5)
    panel.program("Start: Service")
    reload_until(admin, demo.console + "/events", "Liam Castellano")
    admin.goto(incident)
    admin.get_by_label("Reason, in your words").fill("All clear, it was a demonstration")
    admin.get_by_label("Your password").fill(demo.passwords["admin"])
    admin.get_by_role("button", name="Release lockdown").click()
    expect(admin.locator("#incident")).to_have_attribute("data-ended", "yes")


def lose_a_badge(admin: Page, panel: Panel, demo: RunningDemo) -> None:
    """6. A badge is lost, and the page names the bridges that confirmed it."""
    admin.goto(demo.console + "/people?q=Liam+Castellano")
    admin.get_by_role("link", name="Liam Castellano").first.click()
    admin.locator("a[href^='/badges/']").first.click()
    admin.get_by_role("button", name="Lost").click()
    for name in BRIDGE_NAMES.values():
        expect(admin.locator("main")).to_contain_text(name)
    panel.present("Liam Castellano", "203 Art studio")
    expect(panel.feed.get_by_text("Nobody gets in")).to_have_count(6)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    with running_demo(tmp_path / "demo") as running, patience():
        yield running


def test_a_newcomer_goes_through_the_six_steps(chrome: Chrome, demo: RunningDemo) -> None:
    admin, desk, panel = signed_in(chrome, demo, "admin"), signed_in(chrome, demo, "desk"), Panel(chrome, demo)
    look_around(admin)
    present_cards(admin, panel)
    receive_visitors(admin, desk, panel, demo)
    lock_down(admin, panel, demo)
    go_without_the_service(admin, panel, demo)
    lose_a_badge(admin, panel, demo)
    for page in (desk, panel.page):
        assert [said for said in complaints(page) if not DEATH.search(said)] == []
