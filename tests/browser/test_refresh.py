"""Parts that the server makes anew stay true under whoever stands in them with the keys."""

from __future__ import annotations

from typing import Any

from flask import Flask
from playwright.sync_api import expect

from access_control.people.permissions import Role
from access_control.web.services import EXTENSION, Services
from tests.access_control.web.conftest import Served
from tests.building.bridge_words import door_said, speak
from tests.building.browser import Chrome, complaints


def said(app: Flask, *doors: dict[str, Any]) -> None:
    services: Services = app.extensions[EXTENSION]
    with services.database.writing() as session:
        speak(session, services.clock(), *doors)


def test_a_door_in_the_list_changes_under_the_focus_which_stays(chrome: Chrome, served: Served, app: Flask) -> None:
    said(app)
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/doors")
    row = page.locator("tr", has=page.locator('td a[href="/doors/4"]'))
    expect(row.locator(".word")).to_have_text("Secured")
    row.locator("td a").focus()
    said(app, door_said(4, position="open", alarm="held", security="not_secure"))
    expect(row.locator(".word")).to_have_text("Propped open")
    expect(row.locator("td a")).to_be_focused()
    assert complaints(page) == []


def test_a_door_that_no_longer_answers_here_is_not_shown_as_secured(chrome: Chrome, served: Served, app: Flask) -> None:
    said(app)
    page = served.sign_in(chrome.page(), Role.FRONT_DESK, "/doors")
    part = page.locator("[data-refresh]")
    tag = part.locator(".tag").first
    expect(tag).to_have_css("border-top-style", "solid")
    page.route("**/doors/part", lambda route: route.abort())
    expect(part).to_have_class("not-trusted")
    expect(tag).to_have_css("border-top-style", "dashed")
    expect(tag).to_have_attribute("data-state", "secured")  # as last known: drawn as unknown, and the word says "was"
    page.unroute("**/doors/part")
    expect(part).not_to_have_class("not-trusted")
