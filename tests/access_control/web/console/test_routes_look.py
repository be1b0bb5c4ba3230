"""The console's pages in Chromium: axe in both themes, and nothing wider than a phone."""

from __future__ import annotations

from tests.access_control.web.conftest import Served
from tests.building.browser import LONG, Chrome, complaints, violations
from tests.building.console_school import FIRE_TEST, ConsoleSchool
from tests.building.tiny_school import BRIDGE, OPERATORS


def paths(school: ConsoleSchool) -> list[str]:
    operator = next(iter(OPERATORS.values()))[0]
    return [
        *("/people", f"/people/{school.person}", "/people/new", "/groups", f"/groups/{school.group}"),
        *("/doors", "/doors/1", "/doors/2", "/doors/new", "/doors/1/edit", f"/readers/{school.reader}"),
        *(
            "/boards",
            "/boards/1",
            "/inputs",
            "/inputs/1",
            "/inputs/new",
            "/bridges",
            f"/bridges/{BRIDGE}",
            "/levels",
            f"/levels/{school.level}",
        ),
        *("/schedules", f"/schedules/{school.arrival}", "/calendar", "/operators", f"/operators/{operator}"),
        *("/settings", "/audit", f"/badges/{school.badge}", "/why", f"/why?badge={school.badge}&door=3"),
        f"/why?event={school.event}",
        "/fire-tests",
        f"/fire-tests/{FIRE_TEST}",
    ]


def test_every_page_is_free_of_violations_in_both_themes(
    served: Served, chrome: Chrome, furnished: ConsoleSchool
) -> None:
    page = served.sign_in(chrome.page(), path=None)
    page.set_viewport_size({"width": 1280, "height": 900})
    found = {}
    for path in paths(furnished):
        page.goto(served.url + path)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            found[path, theme] = violations(page, colours_only=theme == "dark")
    assert {where: wrong for where, wrong in found.items() if wrong} == {}
    assert complaints(page) == []


def test_every_page_fits_a_phone(served: Served, chrome: Chrome, furnished: ConsoleSchool) -> None:
    page = served.sign_in(chrome.page(size="phone", theme="dark"), path=None)
    found = {}
    for path in paths(furnished):
        page.goto(served.url + path)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        found[path] = (max(0, wider), violations(page) if LONG else [])
    assert {where: wrong for where, wrong in found.items() if wrong != (0, [])} == {}


def test_a_refused_form_leads_to_its_field(served: Served, chrome: Chrome, furnished: ConsoleSchool) -> None:
    page = served.sign_in(chrome.page(), path="/doors/2/edit")
    page.get_by_label("Relay of the lock").fill("board 1.1")
    page.get_by_role("button", name="Save door").click()
    assert violations(page) == []
    page.locator(".summary a").first.click()
    assert page.evaluate("document.activeElement.id || location.hash.slice(1)") == "lock_output"
    assert furnished.person
