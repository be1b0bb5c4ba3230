"""The front desk's pages as the check uses them: the form for a check-in, the pass on the page, and the sign-out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from access_control.demo.errors import StageError
from access_control.demo.http import Browser, Page
from access_control.demo.making import School, pass_of
from access_control.web.front_desk.codes import code_picture


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor on site. ``text`` is what stands in the pass's code."""

    visit: str
    text: str = field(repr=False)


class FrontDesk:
    """Somebody at the desk."""

    def __init__(self, browser: Browser, school: School) -> None:
        """``browser`` is signed in as the front desk."""
        self._browser = browser
        self._school = school

    def check_in(self, given: str, family: str, *, host: str, reason: str) -> Guest:
        """Check a visitor in who was not expected; the page must show the code of the pass.

        Raises:
            StageError: The desk's page did not take it, or shows another code.
        """
        name = f"{given} {family}"
        self._browser.get(f"/desk?new={quote(name)}")
        page = self._browser.post(
            "/desk/check-in",
            visit=str(uuid.uuid4()),
            given_name=given,
            family_name=family,
            category="visitor",
            host=host,
            reason="other",
            note=reason,
            stay=60,
        )
        visit = _visit(page)
        text = pass_of(self._school, visit)
        if code_picture(text).path not in page.body:
            raise StageError(f"The page of {name}'s visit does not show the code of the pass.")
        return Guest(visit, text)

    def sign_out(self, guest: Guest) -> None:
        """Sign a visitor out.

        Raises:
            StageError: The desk's page did not take it.
        """
        self._browser.get(f"/visits/{guest.visit}")
        page = self._browser.post(f"/visits/{guest.visit}/sign-out")
        if page.status != 200:
            raise StageError(f"Signing out was answered with {page.status}: {page.text()[:300]}")


def _visit(page: Page) -> str:
    """The visit that a check-in led to.

    Raises:
        StageError: It led elsewhere.
    """
    first, _, visit = urlsplit(page.url).path.strip("/").partition("/")
    if page.status != 200 or first != "visits":
        raise StageError(f"The check-in was answered with {page.status}: {page.text()[:300]}")
    return visit
