"""Every page of the console over the demo's school: its bytes, what axe finds, and how soon Live answers a crowd.

The school has 600 people, 20 doors and a week of events; service, bridges and buildings run as in ``make demo``, with
the default number of threads. A page counts with what the service sends for it alone, before compression, without its
styles and scripts, which a browser keeps. Answers are timed with 64 streams of Live open in another process.
"""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

from access_control.clock import monotonic_s, utc_now
from access_control.config import Config
from access_control.database.ids import new_id
from access_control.demo.evidence import Evidence
from access_control.demo.frontdesk import FrontDesk
from access_control.demo.staging import Demo
from access_control.demo.switchboard import Switchboard
from access_control.readers.records import FireReportRow
from bench._pages_addresses import addresses
from bench.figures import Figure, percentile
from tests.building.browser import ARGUMENTS, find_chromium, violations
from tests.building.console_session import Answer, ConsoleSession

BYTES: Final = 100_000
STREAMS: Final = 64
ANSWER_S: Final = 0.1
ANSWERS: Final = 200
SIGN_IN: Final = "/sign-in"
THEMES: Final = ("light", "dark")
WHY: Final = "The measurement of the pages is over"
SETTLE_S: Final = 3.0
PAUSE_S: Final = 0.03
_pause = threading.Event()


def run() -> list[Figure]:
    """Measure; about four minutes, most of them for axe. ``BENCH_ANSWERS`` sets how many answers are timed."""
    os.environ["AC_THREADS"] = str(Config(Path(), "").threads)  # the demo's service inherits it
    folder = Path(tempfile.mkdtemp(prefix="p-"))
    try:
        with Demo(folder) as demo:
            told = Evidence(demo)
            directive = _prepare(told)
            sizes, documents = _sizes(demo, told)
            found = _axe(told, documents)
            _tidy(told, directive)
            return [*_size_figures(sizes), *found, *_crowd(told)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ["AC_THREADS"]


def _prepare(told: Evidence) -> str:
    """What makes pages full: a fire, a drill, somebody who may not come in, a door that was opened by hand."""
    _burn(told)
    told.admin.get("/doors/1")
    told.admin.post("/doors/1/release", **{"release-why": "To measure its page"})
    told.admin.get("/desk/banned/new")
    told.admin.post("/desk/banned", given_name="Nobody", family_name="Inparticular", note="Made up to be measured")
    FrontDesk(told.desk, told.demo.school).check_in("Ann", "Example", host="Hannah Whitfield", reason="To be measured")
    told.admin.get("/")
    wanted = {"id": new_id(utc_now()), "action": "lockdown", "scope": "site", "drill": True}
    page = told.admin.post_json("/emergency/start", wanted)
    if page.status not in {201, 202}:
        raise RuntimeError(f"The drill was answered with {page.status}: {page.text()[:300]}")
    return str(wanted["id"])


def _burn(told: Evidence) -> None:
    """A fire alarm for a moment: its report is a page."""
    switches = Switchboard(told.demo.deeds, told.demo.programs)

    def reported() -> bool:
        with told.demo.school.database.reading() as session:
            return session.scalar(select(FireReportRow.id).limit(1)) is not None

    switches.press("fire-main", on=True)
    told.wait("the fire alarm's report", reported)
    switches.press("fire-main", on=False)


def _tidy(told: Evidence, directive: str) -> None:
    told.admin.get(f"/emergency/{directive}")
    form = {"id": new_id(utc_now()), "directive": directive, "part": "all", "why": WHY}
    told.admin.post("/emergency/release", **form, password=told.demo.accounts["admin"].password)
    told.rest(SETTLE_S)


def _sizes(demo: Demo, told: Evidence) -> tuple[dict[str, int], dict[str, str]]:
    """The largest answer of each page, and the address of each that is a whole document."""
    with demo.school.database.reading() as session:
        asked = addresses(session)
    sizes: dict[str, int] = {}
    documents: dict[str, str] = {}
    console = _session(told)
    with closing(console.line()) as line:
        for path, several in asked.items():
            for address in several:
                answer = console.get(line, address, signed_in=path != SIGN_IN)
                if answer.status != 200:
                    raise RuntimeError(f"{address} was answered with {answer.status}: {answer.body[:300]!r}")
                if len(answer.body) > sizes.get(path, -1):
                    sizes[path] = len(answer.body)
                    if "text/html" in answer.kind and b"<html" in answer.body[:500]:
                        documents[path] = address
    return sizes, documents


def _size_figures(sizes: Mapping[str, int]) -> list[Figure]:
    largest = max(sizes.values())
    head = [
        Figure("page_bytes_largest", f"{len(sizes)} pages", largest, "B", "limit", largest / BYTES),
    ]
    return head + [Figure("page_bytes", path, size, "B", "limit", size / BYTES) for path, size in sizes.items()]


def _axe(told: Evidence, documents: Mapping[str, str]) -> list[Figure]:
    """What axe finds on each page in both themes; each finding goes to standard error."""
    figures = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for theme in THEMES:
            context = chromium.new_context(
                viewport={"width": 1440, "height": 900}, color_scheme="dark" if theme == "dark" else "light"
            )
            page = context.new_page()
            page.goto(told.demo.programs.url + SIGN_IN)
            wrong = _found(page, f"{theme} {SIGN_IN}")
            _sign_in(told, page)
            for path in documents.keys() - {SIGN_IN}:
                page.goto(told.demo.programs.url + documents[path])
                wrong += _found(page, f"{theme} {path}")
            figures.append(Figure("axe_violations", f"{len(documents)} pages {theme}", wrong, ""))
            context.close()
        chromium.close()
    return [Figure("axe_violations", "all", sum(one.value for one in figures), "", at_most=0), *figures]


def _found(page: Page, where: str) -> int:
    found = violations(page)
    for line in found:
        print(f"pages {where}: {line}", file=sys.stderr)
    return len(found)


def _sign_in(told: Evidence, page: Page) -> None:
    page.locator("[name=login]").fill("admin")
    page.locator("[name=password]").fill(told.demo.accounts["admin"].password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(told.demo.programs.url + "/")


def _session(told: Evidence) -> ConsoleSession:
    return ConsoleSession(told.demo.programs.url, "admin", told.demo.accounts["admin"].password)


def _crowd(told: Evidence) -> list[Figure]:
    """How soon answers come with many dashboards open, and without any."""
    count = int(os.environ.get("BENCH_ANSWERS", str(ANSWERS)))
    console = _session(told)
    alone = _timed(count, lambda line: console.get(line, "/"), console)
    with _streams(console):
        told.rest(SETTLE_S)
        live = _timed(count, lambda line: console.get(line, "/"), console)
        posted = _timed(count // 2, lambda line: console.post(line, "/me/settings", theme="system"), console)
    figures = []
    for name, times in (("live_answer", live), ("live_post", posted)):
        for share, mark in ((0.99, "p99"), (0.5, "p50")):
            value = percentile(times, share)
            case = f"{STREAMS} streams"
            figures.append(Figure(f"{name}_{mark}_s", case, value, "s", "limit", value / ANSWER_S))
    figures.append(Figure("live_answer_p99_s", "no streams", percentile(alone, 0.99), "s"))
    return figures


def _timed(count: int, ask: Callable[[http.client.HTTPConnection], Answer], console: ConsoleSession) -> list[float]:
    times = []
    with closing(console.line()) as line:
        for _ in range(count):
            began_s = monotonic_s()
            answer = ask(line)
            times.append(monotonic_s() - began_s)
            if answer.status not in {200, 303}:
                raise RuntimeError(f"Somebody was answered with {answer.status}: {answer.body[:300]!r}")
            _pause.wait(PAUSE_S)
    return times


@contextmanager
def _streams(console: ConsoleSession) -> Iterator[None]:
    """Open dashboards in another process for as long as it lasts; each must have been told something."""
    command = [sys.executable, "-m", "bench._pages_streams", str(console.port), str(STREAMS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(console.cookie + "\n")
        process.stdin.flush()
        opened = int(process.stdout.readline())
        yield
        said, _ = process.communicate(timeout=30.0)
    if opened != STREAMS or int(said) == 0:
        raise RuntimeError(f"{opened} of {STREAMS} streams were opened, and one gave {said.strip()} bytes.")
