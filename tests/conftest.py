"""What every test may ask for, and in which order tests run."""

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
LONGEST_FIRST = ("tests/system/", "tests/browser/", "tests/access_control/web/")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole schools stay on one worker and begin at once; what takes long comes before what is done in no time.

    A module's tests of pages stay on one worker, too: its browser is started once then.
    """

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT).as_posix()
        if path in WHOLE_SCHOOLS:
            item.add_marker(pytest.mark.xdist_group("whole schools"))
            return 0
        if isinstance(item, pytest.Function) and "chromium_browser" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(path))
        return next((n for n, start in enumerate(LONGEST_FIRST, 1) if path.startswith(start)), len(LONGEST_FIRST) + 1)

    items.sort(key=place)
