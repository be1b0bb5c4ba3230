"""``access-control explain``: the answer of a door's bridge, rule by rule, without the pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from access_control.cli.commands import main
from access_control.clock import utc_now
from access_control.core.decision.model import BadgeStatus, DoorClass, HolderClass
from access_control.people.cardholders import PersonDetails, add_person
from access_control.readers.badges import BadgeForm, issue_badge
from access_control.readers.door_readers import ReaderForm, add_reader
from access_control.readers.doors import DoorForm, add_door
from access_control.readers.keys import load_keys
from access_control.readers.models import Badge
from access_control.readers.publishing import publish_stale
from access_control.readers.revocations import set_badge_status
from access_control.readers.site import add_building
from tests.building.databases import new_sqlite, opened
from tests.building.published import LiveSchool, go_live, later
from tests.building.sites import AT, BY

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def line(tmp_path: Path) -> list[str]:
    """A school with door 1 and Priya Nair's badge 12345; the options that name its settings."""
    url = new_sqlite(tmp_path)
    (tmp_path / "service.toml").write_text(f'state_dir = "."\ndatabase_url = "{url}"\n')
    tmp_path.chmod(0o700)
    with opened(url) as database:
        live = go_live(database, tmp_path)
        with live.writing() as session:
            add_reader(session, AT, ReaderForm(live.door, "Outside", "usb1", 1, ("H10301",)), BY)
            add_door(session, AT, live.school.door("2", 1, name="Boiler room"), BY)
        publish_stale(database, live.keys, later(1))
        _lend(live)
    return ["--at", "2026-11-23T10:00", "--config", str(tmp_path / "service.toml")]


def _lend(live: LiveSchool) -> None:
    """Two people of one name, one of them with a badge of the same number but another facility; someone without."""
    made = [("Ava", "Thornton"), ("Ava", "Thorne"), ("Bo", "Lee")]
    with live.writing() as session:
        people = [add_person(session, AT, PersonDetails(*name, HolderClass.STAFF), by="cli") for name in made]
        issue_badge(session, AT, people[0].ref, BadgeForm("H10301", "777", "17"), BY)
        issue_badge(session, AT, people[1].ref, BadgeForm("H10301", "777", "18"), BY)


def ask(capsys: Captured, *words: str) -> tuple[int, Sequence[str], str]:
    code = main(["explain", *words])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


@pytest.mark.parametrize("who", ["12345", "h10301:17:12345", "nair pri", " 12345 "])
def test_a_badge_is_admitted_and_every_rule_is_a_line(line: list[str], capsys: Captured, who: str) -> None:
    code, said, _ = ask(capsys, who, "1", *line)
    assert code == 0
    assert said[0] == "Priya Nair, badge H10301:17:12345, at door 1, Door 1, 2026-11-23 10:00:"
    assert said[1].startswith("Admitted: ")
    assert said[1].endswith("(ACCESS_GRANTED)")
    assert all("passed" in one for one in said[2:-2])
    assert any(
        one.startswith("  19 passed    Does an access level open this door now? [levels Everywhere") for one in said
    )
    assert said[-2] == "The bridge has not reported yet, so its clock counts as not trusted."
    assert said[-1].startswith("Decided on Policy ")


def test_a_lost_badge_stops_at_its_rule_and_later_ones_are_not_asked(
    line: list[str], tmp_path: Path, capsys: Captured
) -> None:
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database, database.writing() as session:
        badge = session.query(Badge).filter_by(number="12345").one()
        keys = load_keys(tmp_path / "keys")
        set_badge_status(
            session, keys, later(2), badge_id=badge.id, status=BadgeStatus.LOST, version=badge.version, by=BY
        )
    code, said, _ = ask(capsys, "12345", "1", *line)
    assert code == 0
    assert said[1].endswith("(DENIED_LOST)")
    (stopped,) = [one for one in said if "STOPPED" in one]
    assert "Was the badge not reported dead?" in stopped
    assert not any("access level" in one for one in said)


def test_the_time_is_the_schools_and_past_the_horizon_only_always_counts(line: list[str], capsys: Captured) -> None:
    code, said, _ = ask(capsys, "12345", "1", "--at", "2026-11-23T16:00+00:00", *line[2:])
    assert (code, said[0].rpartition(", ")[2]) == (0, "2026-11-23 10:00:")
    before = utc_now().year
    _, said, _ = ask(capsys, "12345", "1", *line[2:])
    assert int(said[0].rpartition(", ")[2][:4]) in {before, before + 1}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("99999", "1"), "There is no badge and nobody called “99999”."),
        ((" ", "1"), "Whose badge? Type the number printed on it, or a name."),
        (("777", "1"), "Several badges have the number 777. Say which: H10301:17:777, H10301:18:777."),
        (("Ava", "1"), "Several people are called so. Give more of the name, or a badge's number: Ava Thorne, Ava"),
        (("Bo Lee", "1"), "Bo Lee has no badge."),
        (("12345", "12"), "There is no door 12. Use the number on its frame."),
        (("12345", "1", "--building", "9"), "There is no door 1 in building 9."),
        (("12345", "2"), "Door 2 has no reader that takes cards."),
        (("12345", "1", "--at", "tomorrow"), "“tomorrow” is no day and time. Write it as 2026-11-23T07:30."),
        (("12345", "1", "--at", "0001-01-01"), "“0001-01-01” is no day and time."),
    ],
)
def test_what_is_missing_is_a_sentence(
    line: list[str], capsys: Captured, words: tuple[str, ...], sentence: str
) -> None:
    options = line[2:] if "--at" in words else line
    code, said, error = ask(capsys, *words, *options)
    assert (code, said) == (1, [])
    assert error.startswith(sentence)


def test_a_number_that_two_buildings_use_needs_the_building(line: list[str], tmp_path: Path, capsys: Captured) -> None:
    with opened(f"sqlite:///{tmp_path / 'school.db'}") as database, database.writing() as session:
        gym = add_building(session, AT, "Gym").id
        add_door(session, AT, DoorForm(gym, "1", "Gym door", DoorClass.INTERIOR, "board 1.4"), BY)
    assert "Say which with --building: 1 Main building, 2 Gym." in ask(capsys, "12345", "1", *line)[2]
    assert ask(capsys, "12345", "1", "--building", "1", *line)[0] == 0
    assert "Door 1 has no reader" in ask(capsys, "12345", "1", "--building", "2", *line)[2]


def test_without_keys_or_school_it_says_what_to_do(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "service.toml").write_text(f'state_dir = "."\ndatabase_url = "{new_sqlite(tmp_path)}"\n')
    tmp_path.chmod(0o700)
    code, _, error = ask(capsys, "1", "1", "--config", str(tmp_path / "service.toml"))
    assert code == 1
    assert "keys" in error
