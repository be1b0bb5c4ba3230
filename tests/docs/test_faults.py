"""Each fault of the page has what doors do, what is read, and tests that are there."""

import ast
import re
from pathlib import Path

from access_control.core.decision.reasons import Reason
from access_control.core.wire.event_codes import EventCode
from tests.docs.test_promises import NAMED, names_in

FAULTS = (
    "Full disk",
    "Disk becomes read-only while it runs",
    "Disk is read-only at the start",
    "Disk that hangs",
    "Damaged Policy or Orders",
    "Damaged record of events",
    "Damaged memory of emergencies",
    "Damaged key or trust file",
    "Killed or without power",
    "Clock set, or jumping",
    "Summer time, leap day",
    "Serial adapter unplugged",
    "One reader dead, or half a bus",
    "Service slow or hanging",
    "Half-open connection",
    "Weeks without the service",
    "last week's backup",
    "Very old Policy",
    "Two bridges with one identity",
    "A bridge's machine is dead",
)
EXPECTING = {"pytest.raises", "until", "Playbook().run", "all_there"}
"""What a test calls instead of an assertion of its own."""


def rows(root: Path) -> list[list[str]]:
    """The cells of the page's table, without its head."""
    page, _ = (root / "docs/faults.md").read_text().split("## What was measured")
    lines = re.findall(r"^\| (.+) \|$", page, re.MULTILINE)
    return [line.split(" | ") for line in lines[1:]]


def test_every_fault_says_what_doors_do_what_is_read_and_what_shows_it(root: Path) -> None:
    for cells in rows(root):
        assert len(cells) == 4, cells[0]
        fault, doors, read, tests = cells
        assert doors.endswith("."), fault
        assert read, fault
        assert NAMED.search(tests), fault


def test_every_test_that_a_fault_names_exists(root: Path) -> None:
    lost = [
        f"{cells[0]}: {path}::{name}"
        for cells in rows(root)
        for path, name in NAMED.findall(cells[3])
        if not (root / path).is_file() or name not in names_in(root / path)
    ]
    assert not lost


def test_no_fault_that_was_thought_of_is_left_out(root: Path) -> None:
    named = [cells[0] for cells in rows(root)]
    assert [fault for fault in FAULTS if sum(fault in name for name in named) != 1] == []


def test_a_technician_reads_a_sentence_or_a_code_for_each_but_for_what_is_no_fault(root: Path) -> None:
    said = {fault: read for fault, _, read, _ in rows(root)}
    silent = [fault for fault, read in said.items() if len(read.split()) < 4]
    assert silent == ["Summer time, leap day, turn of the year"]


def test_no_test_on_the_page_is_skipped_or_empty(root: Path) -> None:
    named = {place for cells in rows(root) for place in NAMED.findall(cells[3])}
    assert [place for place in named if not asserts(root / place[0], place[1])] == []


def asserts(path: Path, name: str) -> bool:
    """Whether a test says anything that could be wrong, itself or by what it waits for and expects."""
    tree = ast.parse(path.read_text())
    (found,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)
    calls = {ast.unparse(node.func) for node in ast.walk(found) if isinstance(node, ast.Call)}
    marks = {ast.unparse(mark) for mark in found.decorator_list}
    speaks = any(isinstance(node, ast.Assert) for node in ast.walk(found)) or bool(calls & EXPECTING)
    return speaks and not any("skip" in mark for mark in marks)


def test_codes_on_the_page_are_codes_of_events_or_reasons(root: Path) -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", (root / "docs/faults.md").read_text()))
    assert named - {code.value for code in EventCode} - {reason.value for reason in Reason} == set()
