"""What may be asked of ``python -m bench``; measuring itself is no test."""

from __future__ import annotations

import json

import pytest

from bench import faults, latency, outbox
from bench.__main__ import main, names
from bench._bus_rig import Case
from bench.figures import Figure, summary, table
from bench.latency import CARDS, Measured, _card_figures, at_most, effort, limits


def test_every_measurement_of_the_design_is_there() -> None:
    assert {"decision", "faults", "fuzz", "latency", "lockdown", "outbox", "policy", "soak"} <= set(names())


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["latency", "--cases", "9600x5"], "latency has no case 9600x5. It has: 9600x1, "),
        (["policy", "--cases", "9600x8"], "policy has no case 9600x8. It has: none."),
        (["speed"], "There is no measurement called speed."),
    ],
)
def test_what_is_not_there_is_a_sentence(asked: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked) == 2
    assert sentence in capsys.readouterr().err


def test_no_case_means_nothing_is_measured_by_mistake() -> None:
    assert latency.run([]) == []
    assert faults.run([]) == []


def test_one_case_can_be_had_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert effort().whole_bridge
    assert effort().cards == CARDS
    monkeypatch.setenv("BENCH_QUICK", "1")
    assert not effort().whole_bridge
    assert effort().cards < CARDS
    monkeypatch.setenv("BENCH_CARDS", "7")
    assert effort().cards == 7


def test_a_line_says_what_was_measured_and_beside_what(capsys: pytest.CaptureFixture[str]) -> None:
    ours = Measured(cards=[0.02, 0.03], lockdowns=[0.04])
    theirs = Measured(cards=[0.04, 0.06], lockdowns=[0.032])
    case = Case(115200, 8)
    figures = _card_figures("115200x8", ours, theirs, limits(case, board=False), at_most(case))

    assert [(f.name, f.against) for f in figures if f.name.startswith("lockdown")] == [
        ("lockdown_of_line_p50", "wire"),
        ("lockdown_of_line_p50", "libosdp"),
        ("lockdown_of_line_longest", "wire"),
    ]
    assert "lockdown_of_line_p50 40.0 ms, 1.22 of the wire's 32.8, 1.25 of libosdp's 32.0" in capsys.readouterr().err


def test_limits_are_those_that_were_measured() -> None:
    """Milliseconds: the middle card, the unluckiest, and a whole line locked, with the pauses of the standard."""
    for case, middle, longest, lockdown in (
        (Case(9600, 8), 195, 324, 393),
        (Case(38400, 16), 81, 146, 196),
        (Case(115200, 4), 11, 16, 16),
    ):
        least = limits(case, board=False)
        assert least.lockdown * 1e3 == pytest.approx(lockdown, rel=0.05)
        assert least.middle * 1e3 == pytest.approx(middle, rel=0.05)
        assert least.longest * 1e3 == pytest.approx(longest, rel=0.05)


def test_every_speed_and_number_of_readers_is_measured_on_boards_as_well() -> None:
    names = {f"{baud}x{readers}" for baud in (9600, 38400, 115200) for readers in (1, 4, 8, 16)}
    assert set(latency.CASE_NAMES) == names | {f"{name} board" for name in names}
    assert {f"{baud}x8" for baud in (9600, 38400, 115200)} <= set(faults.CASE_NAMES)


def test_what_exceeds_its_limit_is_marked_and_counted() -> None:
    figures = [
        Figure("card", "a", 0.2, "s", "wire", 1.21, at_most=1.2),
        Figure("card", "b", 0.2, "s", "wire", 1.2, at_most=1.2),
        Figure("memory", "c", 5.0, "B", "limit", 1.01),
        Figure("events_lost", "d", 0, "", at_most=0),
        Figure("cards", "e", 7, ""),
        Figure("card", "f", 0.2, "s", "libosdp", 3.0),
    ]
    marks = [line.split()[-1] for line in table(figures).splitlines()[1:]]
    assert marks == ["missed", "within", "missed", "within", "7", "3"]
    assert summary(figures) == "Figures that have a limit: 4, within it: 2, missed: 2 (card a, memory c)."
    assert summary(figures[3:]) == "Figures that have a limit: 1, within it: 1."
    assert figures[0].as_json() | {"at_most": 1.2, "within": False} == figures[0].as_json()
    assert "within" not in figures[4].as_json()


def test_a_missed_limit_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(outbox, "run", lambda: [Figure("append", "x", 2.0, "s", "limit", 2.0)])
    assert main(["outbox"]) == 0
    assert "missed: 1 (append x)." in capsys.readouterr().out
    assert main(["outbox", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["figures"][0]["within"] is False
    assert "missed: 1 (append x)." in said.err
