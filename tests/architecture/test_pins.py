"""Every environment is the same: each thing installed is pinned, and each pin is one line."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

OWN = "school-access-control"
OF_THE_ENVIRONMENT = {"pip", "setuptools", "wheel"}  # a virtual environment may bring these with it; no build uses them


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(root: Path) -> dict[str, str]:
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    return {canonical(line.partition("==")[0]): line.partition("==")[2] for line in lines}


def test_each_line_is_a_name_and_a_version_in_order(root: Path) -> None:
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.+!]*", line)] == []
    names = [canonical(line.partition("==")[0]) for line in lines]
    assert names == sorted(set(names))


def test_everything_installed_is_pinned(root: Path) -> None:
    installed = {canonical(d.metadata["Name"]): d.version for d in distributions() if d.metadata["Name"]}
    unpinned = {
        name: version
        for name, version in installed.items()
        if name not in OF_THE_ENVIRONMENT | {OWN} and pins(root).get(name) != version
    }
    assert not unpinned, f"constraints.txt says otherwise: {unpinned}"


def test_what_builds_the_package_is_pinned_too(root: Path) -> None:
    needs = tomllib.loads((root / "pyproject.toml").read_text())["build-system"]["requires"]
    names = {canonical(re.match(r"[\w.-]+", need).group()) for need in needs}  # type: ignore[union-attr] # else it fails
    assert names <= set(pins(root))
    assert "PIP_CONSTRAINT=constraints.txt" in (root / "Makefile").read_text()
