"""``access-control demo`` passes its options on, and says how to get what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from access_control.cli import commands
from access_control.cli.demo import DEMO_STATE


def test_help_lists_the_demo_and_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(["demo", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(option in said for option in ("--check", "--fresh", "--state"))


def test_options_reach_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[Path, bool, bool]] = []

    def run(state: Path, *, check: bool, fresh: bool) -> int:
        asked.append((state, check, fresh))
        return 0

    monkeypatch.setattr("access_control.demo.start.run", run)
    assert commands.main(["demo", "--check", "--fresh", "--state", str(tmp_path)]) == 0
    assert commands.main(["demo"]) == 0
    assert asked == [(tmp_path, True, True), (DEMO_STATE, False, False)]
