"""A test is found where its code is: the same path under ``tests/``."""

import ast
from pathlib import Path

PACKAGES = ("access_control", "firmware_bridge")
PURE = ("access_control/core", "firmware_bridge/controller", "firmware_bridge/protocol")


def code_of(test: Path) -> Path:
    """Where the code of ``tests/a/b/test_c.py`` is: ``a/b/c.py``."""
    return Path(*test.parts[1:-1]) / f"{test.stem.removeprefix('test_')}.py"


def only_declares(path: Path) -> bool:
    """Whether a file has no code that could go wrong: enums, records and types without a method."""
    tree = ast.parse(path.read_text())
    return not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


def test_every_test_file_has_its_code_file(python_files: list[Path], root: Path) -> None:
    tests = [path.relative_to(root) for path in python_files if path.name.startswith("test_")]
    lost = [
        str(test)
        for test in tests
        if test.parts[1] in PACKAGES
        and not (root / code_of(test)).is_file()
        and not (root / code_of(test).with_suffix("")).is_dir()
        and not any((root / code_of(test)).parent.glob(f"{longest_prefix(test, root)}.py"))
    ]
    assert not lost, f"name these after the code that they test (test_CODE.py or test_CODE_about.py): {lost}"


def longest_prefix(test: Path, root: Path) -> str:
    """``slots`` for ``test_slots_playbook.py`` where there is a ``slots.py``: two files may test it."""
    words = test.stem.removeprefix("test_").split("_")
    folder = (root / code_of(test)).parent
    names = ["_".join(words[:n]) for n in range(len(words) - 1, 0, -1)]
    return next((name for name in names if (folder / f"{name}.py").is_file()), "-")


def test_every_code_file_of_the_pure_packages_has_its_tests(python_files: list[Path], root: Path) -> None:
    bare = [
        str(code)
        for path in python_files
        if str(code := path.relative_to(root)).startswith(PURE)
        and path.name != "__init__.py"
        and not only_declares(path)
        and not any((root / "tests" / code.parent).glob(f"test_{code.stem}*.py"))
    ]
    assert not bare, f"these have no tests under tests/: {bare}"


def test_tests_are_not_packages(python_files: list[Path], root: Path) -> None:
    found = [
        str(p.relative_to(root)) for p in python_files if p.name == "__init__.py" and (root / "tests") in p.parents
    ]
    assert not found
