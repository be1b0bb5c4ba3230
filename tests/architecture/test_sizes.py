"""Code stays small enough to read, and says what it is by its name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 50
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
LEFT_OPEN = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_every_file_is_under_400_lines(python_files: list[Path], root: Path) -> None:
    long = {str(p.relative_to(root)): n for p in python_files if (n := len(p.read_text().splitlines())) >= FILE_LINES}
    assert not long, f"split these by what they are about: {long}"


def test_every_function_is_under_50_lines(python_files: list[Path], root: Path) -> None:
    long = {
        f"{path.relative_to(root)}:{node.lineno} {node.name}": length
        for path in python_files
        for node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) >= FUNCTION_LINES
    }
    assert not long, f"name the parts: {long}"


def test_no_file_or_folder_has_a_name_that_says_nothing(python_files: list[Path], root: Path) -> None:
    empty = [
        str(path.relative_to(root))
        for path in python_files
        if any(word in EMPTY_NAMES for part in path.relative_to(root).with_suffix("").parts for word in part.split("_"))
    ]
    assert not empty, f"name these after what they hold: {empty}"


def test_no_class_or_function_has_a_name_that_says_nothing(python_files: list[Path], root: Path) -> None:
    names = re.compile(
        r"^(class|def) +_?(\w*(Utils?|Helpers?|Manager|Misc)\b|(utils?|helpers?|common|misc)\b)", re.MULTILINE
    )
    empty = [
        f"{path.relative_to(root)}: {m.group(0)}" for path in python_files for m in names.finditer(path.read_text())
    ]
    assert not empty, f"name these after what they do: {empty}"


def test_nothing_is_left_open(tracked: list[Path], root: Path) -> None:
    texts = [path for path in tracked if path.suffix in {".py", ".md", ".toml", ""} and path.name != "LICENSE"]
    left = [
        f"{path.relative_to(root)}:{number}"
        for path in texts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if LEFT_OPEN.search(line)
    ]
    assert not left, f"do it, or say in the docs that it is not done: {left}"


def test_every_opt_out_has_its_reason(python_files: list[Path], root: Path) -> None:
    opt_out = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
    with_reason = re.compile(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[\w, -]+\])\s+(-|#)\s*\w+")
    bare = [
        f"{path.relative_to(root)}:{number}"
        for path in python_files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if opt_out.search(line) and not with_reason.search(line) and "re.compile" not in line
    ]
    assert not bare, f"say why on the line: {bare}"
