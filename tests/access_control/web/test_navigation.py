"""The menu shows pages that exist, to those who may see them."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from access_control.web.navigation import SECTIONS


def menu(page: str) -> list[str]:
    return re.findall(r'<li><a href="([^"]+)" data-key', page)


def test_every_entry_leads_to_a_page_that_opens(administrator: FlaskClient) -> None:
    paths = menu(administrator.get("/").text)
    assert "/" in paths
    for path in paths:
        assert administrator.get(path).status_code == 200, path


def test_installers_see_no_people(installer: FlaskClient, administrator: FlaskClient) -> None:
    assert "/people" in menu(administrator.get("/").text)
    assert "/people" not in menu(installer.get("/").text)


def test_the_page_that_is_open_is_marked(desk: FlaskClient) -> None:
    page = desk.get("/me").text
    assert re.search(r'href="/me"[^>]*aria-current="page"', page) or 'aria-current="page"' in page


def test_keys_are_not_used_twice(app: Flask) -> None:
    del app
    keys = [section.key for section in SECTIONS]
    assert len(set(keys)) == len(keys)


def test_records_of_emergencies_and_drills_are_found_in_the_menu(desk: FlaskClient) -> None:
    assert "/emergency/" in menu(desk.get("/").text)


def test_a_page_below_a_section_marks_the_section(administrator: FlaskClient) -> None:
    page = administrator.get("/groups").text
    assert re.search(r'<li><a href="/people" data-key="p" aria-current="page"', page)
