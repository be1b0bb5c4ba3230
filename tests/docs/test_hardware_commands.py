"""The commissioning steps of the hardware page, typed one after the other at a simulated building with new readers."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.clock import SystemClock
from tests.building.processes import Process, Site, finished
from tests.building.signed import DOORS, Installation, School

PAGE = (Path(__file__).parents[2] / "docs" / "hardware.md").read_text()
TYPED = re.findall(r"^\$ firmware-bridge (.+)$", PAGE, re.MULTILINE)
SETTINGS = "/etc/firmware-bridge/bridge.toml"


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory with a path that is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="b-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def site(place: Path) -> Site:
    """Readers fresh from their boxes, and a bridge that is enrolled and has had no document yet."""
    installation = Installation(place)
    installation.install(commissioned=False)
    plan = installation.building()
    return Site(installation, replace(plan, readers=tuple(replace(reader, key=None) for reader in plan.readers)))


def served(site: Site) -> None:
    """What the school's service does while the bridge runs for the first time."""
    school = School(made_at=SystemClock().moment().at)
    site.apply(school.keys(), school.policy(), school.orders())


def test_the_steps_lead_to_secured_doors(site: Site) -> None:
    place = site.installation.place
    said: dict[str, list[str]] = defaultdict(list)
    bridges: list[Process] = []
    with site:
        for line in TYPED:
            words = shlex.split(line.replace(SETTINGS, str(site.installation.settings)))
            if words[0] == "run":
                bridges.append(site.start_bridge())
                served(site) if len(bridges) == 1 else site.wait_for_readers()
                continue
            if words[0] == "doctor":
                assert bridges[-1].stop() == 0, "the page says to stop it"
            done = finished(words, cwd=place)
            assert "Traceback" not in done.stderr
            assert words[0] == "doctor" or done.returncode == 0, (line, done.stdout, done.stderr)
            said[words[0]].append(done.stdout)
        assert bridges[-1].stop() == 0
    first, last = said["status"]
    assert "Policy none" not in first.splitlines()[0]
    assert not re.search(r"^reader .* secure\b", first, re.MULTILINE), "no reader has a key yet"
    assert len(re.findall(r"^reader .* secure\b", last, re.MULTILINE)) == len(DOORS)
    assert last.count("secured ") >= len(DOORS)
    (doctor,) = said["doctor"]
    assert doctor.count("is there; nobody has it.") == 2
    assert doctor.count("has no key, so no card is taken from it") == len(DOORS)
    assert said["lockdown"][0].endswith(f"All {len(DOORS)} doors are secured.\n")
