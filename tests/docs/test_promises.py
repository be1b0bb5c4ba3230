"""Each promise names the tests that would fail if it were broken, and they are there."""

import ast
import re
from pathlib import Path

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises(root: Path) -> dict[int, str]:
    """The text under each numbered promise."""
    parts = re.split(r"^## (\d)\. ", (root / "docs/promises.md").read_text(), flags=re.MULTILINE)[1:]
    return {int(number): text for number, text in zip(parts[::2], parts[1::2], strict=True)}


def names_in(path: Path) -> set[str]:
    """Tests and test classes of a file; state machines of Hypothesis are assigned to a name."""
    tree = ast.parse(path.read_text())
    named = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    assigned = {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    return {name for name in named | assigned if name.startswith(("test_", "Test"))}


def test_there_are_seven(root: Path) -> None:
    assert sorted(promises(root)) == [1, 2, 3, 4, 5, 6, 7]


def test_every_test_that_a_promise_names_exists(root: Path) -> None:
    lost = [
        f"promise {number}: {path}::{name}"
        for number, text in promises(root).items()
        for path, name in NAMED.findall(text)
        if not (root / path).is_file() or name not in names_in(root / path)
    ]
    assert not lost


def test_each_promise_has_tests_or_says_that_it_has_none_yet(root: Path) -> None:
    for number, text in promises(root).items():
        assert NAMED.search(text) or "Nothing of it is built yet" in text, number


def test_each_promise_says_what_is_not_covered(root: Path) -> None:
    silent = [number for number, text in promises(root).items() if "**Not yet covered:**" not in text]
    assert not silent


def test_the_page_names_no_test_twice_under_one_promise(root: Path) -> None:
    for number, text in promises(root).items():
        named = NAMED.findall(text)
        assert len(named) == len(set(named)), number
