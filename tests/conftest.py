"""What every test may ask for, and in which order tests run."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytest_plugins = ["tests.building.browser", "tests.building.databases"]

WHOLE_SCHOOLS = (
    "tests/browser/test_demo.py",
    "tests/system/test_dashboards.py",
    "tests/system/test_demo.py",
    "tests/system/test_demo_kill.py",
)
"""Tests that run a school's whole set of processes. Two of them at a time would starve each other."""
LONG = bool(int(os.environ.get("LONG", "0")))
_LONG_WORD = re.compile(r"""["']LONG["']|import .*\bLONG\b""")
"""How a module says that it has more to do with LONG=1."""
MORE_BY_PROFILE = "tests/access_control/core/wire/"
"""Where LONG=1 makes every property-based test try more examples."""
LONGEST_FIRST = ("tests/system/", "tests/browser/", "tests/access_control/web/")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this hook too, and would do so before they are there
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole schools stay on one worker and begin at once; what takes long comes before what is done in no time.

    A module's tests of pages stay on one worker, too: its browser is started once then. With LONG=1 only those tests
    run that have more to do then: `make test` has run all of them.
    """
    if LONG:
        config.hook.pytest_deselected(items=[item for item in items if not _has_more(item)])
        items[:] = [item for item in items if _has_more(item)]

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT).as_posix()
        if path in WHOLE_SCHOOLS:
            item.add_marker(pytest.mark.xdist_group("whole schools"))
            return 0
        if isinstance(item, pytest.Function) and "chromium_browser" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(path))
        return next((n for n, start in enumerate(LONGEST_FIRST, 1) if path.startswith(start)), len(LONGEST_FIRST) + 1)

    items.sort(key=place)


def _has_more(item: pytest.Item) -> bool:
    if _names_long(item.path) or "theme" in getattr(item, "fixturenames", ()):  # pages are looked at in more ways
        return True
    place = item.path.relative_to(ROOT).as_posix()
    return place.startswith(MORE_BY_PROFILE) and hasattr(getattr(item, "obj", None), "hypothesis")


@cache
def _names_long(path: Path) -> bool:
    return _LONG_WORD.search(path.read_text(encoding="utf-8")) is not None
