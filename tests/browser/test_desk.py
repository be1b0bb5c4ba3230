"""The front desk by keyboard and wedge scanner, in a browser, and judged by axe."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.directives import seal_directive
from access_control.database.ids import new_id
from access_control.people.permissions import Role
from access_control.readers.orders import add_directive
from access_control.visitors.models import VisitState
from access_control.visitors.passes import pass_text
from access_control.visitors.visits import get_visit, sign_out
from access_control.web.services import Services
from tests.access_control.web.conftest import Served
from tests.building.browser import PATIENCE_MS, Chrome, Theme, complaints, looks, violations
from tests.building.tiny_school import SITE
from tests.building.visits import DeskSchool, furnish_desk


@pytest.fixture
def school(services: Services) -> DeskSchool:
    return furnish_desk(services.database, services.keys, services.clock(), school=False)


def start_secure(school: DeskSchool, at: datetime) -> None:
    by = school.principal.reference
    secure = Directive(
        new_id(at), EmergencyAction.SECURE, "site", frozenset(), "service", by, drill=False, started_at=at
    )
    with school.database.writing() as session:
        sealed = seal_directive(secure, school.keys.document, site=SITE)
        add_directive(session, school.keys, at, secure, [sealed], by_name="A. Rivera")


def _came_before(school: DeskSchool, services: Services) -> None:
    visit_id = school.check_in("Tomasz", "Zieliński", services.clock() - timedelta(hours=3))
    with school.database.writing() as session:
        sign_out(session, school.keys, services.clock() - timedelta(hours=2), visit_id, by=school.clerk)


def test_a_returning_visitor_is_checked_in_with_two_presses_after_the_first_letters(
    chrome: Chrome, served: Served, services: Services, school: DeskSchool
) -> None:
    _came_before(school, services)
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("zie")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Check in", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Show your pass at the vestibule")).to_be_visible()
    expect(page.get_by_role("img", name="The pass of Tomasz Zieliński")).to_be_visible()
    assert complaints(page) == []


@pytest.mark.usefixtures("school")
def test_somebody_new_is_checked_in_without_leaving_the_keys(chrome: Chrome, served: Served) -> None:
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("Maria Lopez")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Check in somebody new")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#family_name")).to_have_value("Lopez")
    expect(page.locator("#host")).to_be_focused()
    page.goto(served.url + "/desk?new=")
    expect(page.locator("#given_name")).to_be_focused()


def test_while_check_in_is_closed_nothing_offers_it(
    chrome: Chrome, served: Served, services: Services, school: DeskSchool
) -> None:
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk")
    offer = page.get_by_role("link", name="Check in somebody new")
    expect(offer).to_be_visible()
    start_secure(school, services.clock())
    for path in ("/desk", "/desk?q=nobody"):
        page.goto(served.url + path)
        expect(page.get_by_text("Check-in is closed just now.")).to_be_visible()
        expect(offer).to_have_count(0)


def test_a_scanner_types_anywhere_and_leads_to_the_visit(
    chrome: Chrome, served: Served, services: Services, school: DeskSchool
) -> None:
    expected, here = school.expect("Ana", "Silva", services.clock()), school.check_in("Bo", "Lund", services.clock())
    with school.database.reading() as session:
        invitation = f"SAC/V/{get_visit(session, expected).invitation}"
        text = pass_text(session, school.keys, get_visit(session, here).passes[0])
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk?tab=on_site")
    page.get_by_role("button", name="Sign out Bo Lund").focus()  # Enter here would sign out; the scan must not
    page.keyboard.type(invitation)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check in Ana Silva")).to_be_visible()
    page.wait_for_load_state("load")  # the page's script is there; what comes before it is refused by the service
    page.locator("#destination").focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bo Lund")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).last.click()
    expect(page.get_by_text("Bo Lund is signed out")).to_be_visible()
    with school.database.reading() as session:
        assert get_visit(session, here).state is VisitState.SIGNED_OUT


def test_what_others_do_appears_by_itself_but_not_under_the_pointer(
    chrome: Chrome, served: Served, services: Services, school: DeskSchool
) -> None:
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk?tab=on_site")
    expect(page.get_by_text("No visitor is on site.")).to_be_visible()
    school.check_in("Ana", "Silva", services.clock())
    expect(page.get_by_text("Ana Silva, badge 0001")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("Ana Silva, badge 0001").hover()
    school.check_in("Bo", "Lund", services.clock())
    more = page.get_by_role("button", name="The list has changed. Show it")
    expect(more).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Bo Lund")).to_have_count(0)
    more.click()
    expect(page.get_by_text("Bo Lund, badge 0002")).to_be_visible()


def test_a_host_is_chosen_among_staff_by_keyboard(chrome: Chrome, served: Served, school: DeskSchool) -> None:
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/desk?new=maria lopez")
    page.locator("#host").fill("")
    page.locator("#host").press_sequentially("gra")
    expect(page.locator(".options [role=option]:visible")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#host")).to_have_value("Graciela Lund")
    page.get_by_text("Volunteering").check()
    page.get_by_role("button", name="Check in", exact=True).click()
    expect(page.get_by_role("heading", name="Maria Lopez")).to_be_visible()
    with school.database.reading() as session:
        assert get_visit(session, page.url.rpartition("/")[2]).host_ref is not None


@looks
def test_axe_finds_nothing(
    chrome: Chrome, served: Served, services: Services, school: DeskSchool, theme: Theme, size: str
) -> None:
    at = services.clock()
    school.expect("Elena", "Marsh", at)
    late, held = school.check_in("Ray", "Dunn", at - timedelta(hours=2)), school.check_in("Vic", "Hale", at)
    here = school.check_in("José", "Núñez", at)
    page = chrome.page(theme=theme, size=size)
    paths = ("/desk", "/desk?tab=on_site", "/desk?q=nu", "/desk?new=A B", f"/visits/{here}", f"/visits/{late}")
    desk = [(Role.FRONT_DESK, path) for path in (*paths, f"/visits/{held}", "/desk/expect")]
    office = [
        (Role.ADMINISTRATOR, path) for path in (f"/visits/{held}", "/desk/banned", f"/desk/banned/{school.banned}")
    ]
    for role, path in (*desk, *office, (Role.FRONT_DESK, f"/visits/{here}/badge")):
        served.sign_in(page, role, path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert complaints(page) == []
