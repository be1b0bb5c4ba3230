"""Nothing of the machine it was made on gets into the repository."""

import re
from pathlib import Path

# A letter in brackets here and there, so that this file does not find itself.
OF_ONE_MACHINE = re.compile(
    r"/(wor[k]|roo[t]|hom[e]/\w+|User[s]/\w+)/|index-ur[l]|pyp[i]\.org|pythonhoste[d]\.org|find-link[s]|/simpl[e]/",
    re.IGNORECASE,
)


def test_no_path_of_a_machine_and_no_address_of_a_registry(tracked: list[Path], root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()[:80]}"
        for path in tracked
        if path.suffix not in {".png", ".ico", ".woff2", ".ttf"}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if OF_ONE_MACHINE.search(line)
    ]
    assert not found


def test_no_secret_is_kept(tracked: list[Path], root: Path) -> None:
    begins = "-----BEGIN " + "PRIVATE KEY"
    found = [str(path.relative_to(root)) for path in tracked if begins in path.read_text(errors="replace")]
    assert not found


def test_no_large_file_is_kept(tracked: list[Path], root: Path) -> None:
    large = {str(p.relative_to(root)): p.stat().st_size for p in tracked if p.stat().st_size > 500_000}
    assert not large
