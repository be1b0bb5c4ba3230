"""The pages."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pages(root: Path) -> list[Path]:
    """README, changelog and every page under docs/."""
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]
