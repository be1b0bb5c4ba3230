"""Logs are JSON, and secrets never get into one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, structlog
from access_control.web.logs import configure
configure("info")
structlog.get_logger("a").info("signed in", password="hunter2", operator="dana", Token="abc")
logging.getLogger("b").warning("from a library: %s", 7)
try:
    password = "hunter2"
    raise ValueError("no")
except ValueError:
    structlog.get_logger("a").exception("failed")
"""


def test_records_of_ours_and_of_libraries_are_json(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["signed in", "from a library: 7", "failed"]
    assert lines[0]["password"] == "left out"
    assert lines[0]["operator"] == "dana"
    assert "hunter2" not in done.stderr.replace('password = "hunter2"', "")
    assert "abc" not in done.stderr
    assert "ValueError: no" in lines[2]["exception"]
