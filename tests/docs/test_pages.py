"""Every page can be found, and every link leads somewhere."""

import re
import tomllib
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(#[^)\s]*)?\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str]]:
    """The pages and anchors of this repository that a page links to."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    found = [(m[1], (m[2] or "")[1:]) for m in LINK.finditer(text) if "://" not in m[1]]
    return [((page.parent / target).resolve() if target else page, anchor) for target, anchor in found]


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    plain = (
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(page.read_text())
    )
    return set(plain)


def test_every_link_leads_somewhere(pages: list[Path], root: Path) -> None:
    broken = [
        f"{page.relative_to(root)} -> {target.name}#{anchor}"
        for page in pages
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert not broken


def test_every_page_is_linked_from_the_readme_or_the_architecture(pages: list[Path], root: Path) -> None:
    linked = {target for start in ("README.md", "docs/architecture.md") for target, _ in links(root / start)}
    lost = [str(page.relative_to(root)) for page in pages if page not in linked and page.name != "README.md"]
    assert not lost


def test_the_readme_says_what_it_must(root: Path) -> None:
    said = " ".join((root / "README.md").read_text().split())
    for sentence in (
        "$ make demo",
        "$ make test",
        "not UL 294 listed",
        "must be hard-wired",
        "The local authority decides",
        "## What is real and what is simulated",
    ):
        assert sentence in said


def test_every_dependency_has_its_reason(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(need for extra in project["optional-dependencies"].values() for need in extra)]
    names = {re.split(r"[\[<>=]", need)[0] for need in asked} - {project["name"]}
    rows = re.findall(
        r"^\| `([\w-]+)` \| [^|]+ \| ([^|]{10,}) \|$", (root / "docs/dependencies.md").read_text(), re.MULTILINE
    )
    assert {name for name, _ in rows} == names


def test_every_extra_is_on_the_dependencies_page(root: Path) -> None:
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    page = (root / "docs/dependencies.md").read_text()
    assert [extra for extra in extras if f"(extra `{extra}`)" not in page] == []


def test_code_points_to_pages_that_are_there(root: Path) -> None:
    files = [
        path for package in ("access_control", "firmware_bridge", "bench") for path in (root / package).rglob("*.py")
    ]
    lost = {
        f"{path.relative_to(root)}: {name}"
        for path in files
        for name in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text())
        if not (root / name).is_file()
    }
    assert not lost
