"""Reason codes are public: only ever added, all explained, in words that a school office understands."""

import re
from pathlib import Path

import pytest

from access_control.core.decision.reasons import BACNET, WORDS, Reason

JARGON = re.compile(
    r"\b(credential|policy|directive|digest|slot|reader id|null|uuid|signature|timestamp)\b", re.IGNORECASE
)


def test_no_code_was_ever_renamed_or_taken_away(request: pytest.FixtureRequest) -> None:
    released = (Path(request.path).parent / "released_reasons.txt").read_text().split()
    assert [reason.value for reason in Reason][: len(released)] == released, "codes are only added, at the end"


def test_a_code_is_its_own_name() -> None:
    assert all(reason.value == reason.name for reason in Reason)


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_words_without_jargon(reason: Reason) -> None:
    words = WORDS[reason]
    assert words[0].isupper()
    assert words.endswith(".")
    assert len(words) < 160
    assert not JARGON.search(words)
    assert "_" not in words


def test_no_two_reasons_sound_the_same() -> None:
    assert len(set(WORDS.values())) == len(Reason)


def documented(page: str) -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+|-) \| (.+) \|$", page, re.MULTILINE)
    return {code: (number, words) for code, number, words in rows}


def test_the_page_has_every_reason_with_its_number_and_words(root: Path) -> None:
    page = documented((root / "docs/decisions.md").read_text())
    expected = {reason.value: (str(BACNET.get(reason, "-")), WORDS[reason]) for reason in Reason}
    assert page == expected
