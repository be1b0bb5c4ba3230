"""The demo as people start it: its steps by themselves, and that everything it starts ends with it."""

import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from access_control.demo.check_cards import Cards
from access_control.demo.check_lockdown import Lockdown
from access_control.demo.evidence import Evidence
from access_control.demo.staging import Demo
from tests.building.running_demo import none_left, programs_of, running_demo

LIMIT_S = 400
LONG = bool(int(os.environ.get("LONG", "0")))


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    """Type ``access-control demo`` with some options."""
    return subprocess.run(
        [sys.executable, "-m", "access_control", "demo", *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "DEMO_CHECK_SLOWNESS": "10"},  # the machine is shared with other tests
        timeout=LIMIT_S,
    )


def test_the_demos_steps_work_by_themselves(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    outcome = demo("--check", "--fresh", "--state", str(state))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    lines = outcome.stdout.splitlines()
    assert len(lines) >= 30
    assert all(line.startswith("✓ ") for line in lines), outcome.stdout
    assert "all at the service, each once" in lines[-1]
    assert none_left(state)
    assert not (state / "run").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM] if LONG else [signal.SIGKILL])
def test_whatever_ends_the_demo_ends_its_programs(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "demo"
    with running_demo(state) as running:
        assert len(programs_of(state)) >= 5
        running.process.send_signal(number)
        running.process.wait(60)
        assert none_left(state)
    assert running.process.returncode in {0, -number}


def test_it_says_where_to_look_and_how_to_sign_in(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo") as running:
        assert set(running.passwords) == {"desk", "admin", "installer"}
        for url in (running.console + "/sign-in", running.panel):
            with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(url, timeout=30) as page:
                assert page.status == 200


def test_the_services_plug_is_pulled_and_plugged_in_again_from_the_panel(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    with running_demo(state) as running:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        browser.open(running.panel, timeout=30).close()
        page = running.panel.partition("?")[0]
        with browser.open(page + "faults", timeout=30) as answer:
            (secret,) = set(re.findall(r'name="csrf" value="([^"]+)"', answer.read().decode()))

        def press(**fields: str) -> str:
            body = urllib.parse.urlencode({"csrf": secret, **fields}).encode()
            with browser.open(page + "press", body, timeout=90) as shown:
                return str(shown.read().decode())

        pulled = press(switch="service_gone-service 1")
        assert re.search(r'<button id="service_gone-service"[^>]*aria-pressed="true"', pulled)
        # Reset: the kernel still takes a killed worker's port away.
        with pytest.raises(OSError, match=r"refused|reset"):
            urllib.request.urlopen(running.console + "/health", timeout=30)
        assert len(programs_of(state)) == 4  # bridges and simulators go on
        mended = press(mend="1")
        assert "Everything is good again" in mended
        assert 'aria-pressed="true"' not in mended
        with urllib.request.urlopen(running.console + "/health", timeout=30) as health:
            assert health.status == 200


def test_an_emergency_outlives_the_demo_and_another_demo_has_to_wait(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    with Demo(state) as first:
        evidence = Evidence(first)
        Cards(evidence).everything_is_connected()
        Lockdown(evidence).begins()
        second = demo("--check", "--state", str(state))
        assert second.returncode == 1
        assert second.stderr.startswith("Another demo is using ")
    with Demo(state) as again:
        evidence = Evidence(again)
        lockdown = Lockdown(evidence)
        Cards(evidence).everything_is_connected()
        lockdown.locked_down_everywhere()
        lockdown.student_is_refused()
        assert lockdown.end_what_is_in_force() == 1


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("Chapter 1")
    outcome = demo("--check", "--fresh", "--state", str(tmp_path))
    assert outcome.returncode == 1
    assert "holds other things than a demo" in outcome.stderr
    assert os.listdir(tmp_path) == ["thesis.txt"]  # noqa: PTH208 - names only
