"""What can be said of templates without showing them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

TEMPLATES = sorted(Path("access_control/web/templates").rglob("*.html"))
_REGION = re.compile(r'\b(?:panel|table)\("([^"]+)"')


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: path.relative_to("access_control/web/templates").as_posix()
)
def test_no_two_regions_of_a_page_have_one_name(template: Path) -> None:
    """Screen readers list panels and tables by their names, side by side."""
    names = Counter(_REGION.findall(template.read_text(encoding="utf-8")))
    assert [name for name, count in names.items() if count > 1] == []
