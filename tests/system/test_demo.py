"""The demo as people start it: its steps by themselves, and the page on the real programs."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual.widgets import DataTable, OptionList, RichLog

from access_control.demo.building import NAMES
from access_control.demo.page import SchoolPage
from access_control.demo.people import called
from access_control.demo.running import RunningSchool
from access_control.demo.supervisor import Supervisor

LIMIT_S = 240


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    """Type ``access-control demo`` with some options, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "access_control", "demo", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=LIMIT_S,
    )


def programs_of(state: Path) -> list[str]:
    """What still runs with files in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            found += [" ".join(words)] if "firmware_bridge" in words and str(state) in " ".join(words) else []
    return found


def test_the_demos_steps_work_by_themselves(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    outcome = demo("--check", "--fresh", "--state", str(state))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    lines = outcome.stdout.splitlines()
    assert len(lines) >= 20
    assert all(line.startswith("✓ ") for line in lines), outcome.stdout
    assert "none lost, none doubled" in lines[-1]
    assert programs_of(state) == []
    assert not (state / "run").exists()


def test_the_page_on_the_real_programs(tmp_path: Path) -> None:
    async def use(school: RunningSchool) -> None:
        page = SchoolPage(school)
        async with page.run_test(size=(80, 24)) as pilot:

            async def seen(text: str) -> None:
                log, shown = "", list[str]()
                for _ in range(400):
                    log = "\n".join(line.text for line in page.query_one("#log", RichLog).lines)
                    table = page.query_one("#doors", DataTable)
                    shown = [str(cell) for key in table.rows for cell in table.get_row(key)]
                    if text in log.replace("\n", " ") or text in shown:
                        return
                    await pilot.pause(0.05)
                raise AssertionError(f"{text!r} was not seen in {log} or {shown}")

            await seen("● red")
            people = page.query_one("#people", OptionList)
            people.highlighted = people.get_option_index(str(called("Ava Thornton").ref))
            await pilot.press("p")
            await seen("Ava Thornton: Admitted.")
            await seen("□ unlocked")
            await pilot.press("l", "l")
            await seen("Lockdown began")
            for door, name in NAMES.items():
                await seen(f"Door {door} {name}: secured, proved after")
            people.highlighted = people.get_option_index(str(called("Liam Castellano").ref))
            await pilot.press("p")
            await seen("Liam Castellano: Lockdown:")
            await pilot.press("k")
            await seen("? unknown")
            await pilot.press("k")
            await seen("The bridge had stopped without warning")
            await pilot.press("p")
            await seen("■ secured")
            await pilot.press("r", "r")
            await seen("The Lockdown is released.")
            await pilot.press("q")

    with Supervisor(tmp_path / "demo") as supervisor:
        school = RunningSchool(supervisor)
        school.forget_old_news()
        asyncio.run(asyncio.wait_for(use(school), LIMIT_S))
    assert programs_of(tmp_path) == []


def test_an_emergency_outlives_the_demo_and_another_demo_has_to_wait(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    with Supervisor(state) as supervisor:
        RunningSchool(supervisor).start_lockdown()
        second = demo("--check", "--state", str(state))
        assert second.returncode == 1
        assert second.stderr.startswith("Another demo is using ")
    with Supervisor(state) as supervisor:
        school = RunningSchool(supervisor)
        assert {door["slot"] for door in school.status()["doors"]} == {"lockdown"}
        assert school.look().emergency.startswith("LOCKDOWN in force")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_the_demo_ends_its_programs(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "demo"
    command = [sys.executable, "-m", "access_control", "demo", "--check", "--state", str(state)]
    # Whoever runs these tests in the background ignores SIGINT, and a child would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        until = time.monotonic() + 60  # noqa: TID251 - a test's own patience
        while not programs_of(state) and time.monotonic() < until:  # noqa: TID251 - as above
            time.sleep(0.05)
        signal.signal(signal.SIGINT, before)
        running.send_signal(number)
        running.wait(60)
    for _ in range(400):
        if not programs_of(state):
            break
        time.sleep(0.05)
    assert programs_of(state) == []
    assert running.returncode in {1, -number}


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    outcome = demo("--state", str(tmp_path / "demo"))
    assert outcome.returncode == 1
    assert "make demo ARGS=--check" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("Chapter 1")
    outcome = demo("--check", "--fresh", "--state", str(tmp_path))
    assert outcome.returncode == 1
    assert "holds other things than a demo" in outcome.stderr
    assert os.listdir(tmp_path) == ["thesis.txt"]  # noqa: PTH208 - names only
