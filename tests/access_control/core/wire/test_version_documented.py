"""The protocol page says what the code does: every code, kind, field, limit and letter."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from access_control.core.wire.actions import LIFETIMES, ActionRow
from access_control.core.wire.directives import DirectiveRow, ReleaseRow
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.event_words import EVENTS
from access_control.core.wire.events import EventRecord
from access_control.core.wire.keys import KeysRow
from access_control.core.wire.orders import OrdersRow
from access_control.core.wire.policy_payload import BoardRow, DoorRow, InputRow, PolicyPayload, ReaderRow
from access_control.core.wire.policy_people import CLASS_LETTERS, STATUS_LETTERS
from access_control.core.wire.signing import DOMAIN, LIMITS, Header, Kind
from access_control.core.wire.version import HISTORY


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "wire-protocol.md").read_text()


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The first table under a heading: first cell (without code marks) to the other cells."""
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line[:1] == "|"
    ]
    return {row[0].strip("` ").strip(): row[1:] for row in cells[2:]}


def words(names: Iterable[str]) -> set[str]:
    return {f"`{name}`" for name in names}


def test_every_refusal_code_is_explained(page: str) -> None:
    assert set(rows(page, "Refusal codes")) == set(RefusalCode)


def test_every_event_code_has_its_severity_and_words(page: str) -> None:
    found = {code: (cells[0], cells[1].strip(" |")) for code, cells in rows(page, "Events").items()}
    assert found == {code.value: (severity.value, said) for code, (severity, said) in EVENTS.items()}


def test_every_kind_has_its_limit(page: str) -> None:
    found = {kind: cells[2] for kind, cells in rows(page, "Documents").items()}
    sizes = {f"{n} MiB": n << 20 for n in (16, 64)} | {f"{n} KiB": n << 10 for n in (2, 4, 256)}
    assert {kind: sizes[size] for kind, size in found.items()} == {kind.value: LIMITS[kind] for kind in Kind}


def test_every_version_is_dated(page: str) -> None:
    found = {int(number): [cell.strip(" |") for cell in cells] for number, cells in rows(page, "Versions").items()}
    assert found == {version.number: [version.settled.isoformat(), version.change] for version in HISTORY}


def test_every_action_has_its_life(page: str) -> None:
    found = {kind: cells[1].strip(" |") for kind, cells in rows(page, "Actions").items()}
    lives = {"10 s": 10, "60 s": 60, "15 min": 900}
    assert {kind: lives[life] for kind, life in found.items()} == {
        kind.value: life.total_seconds() for kind, life in LIFETIMES.items()
    }


@pytest.mark.parametrize(
    "record",
    [
        *(
            PolicyPayload,
            DoorRow,
            ReaderRow,
            BoardRow,
            InputRow,
            OrdersRow,
            DirectiveRow,
            ReleaseRow,
            ActionRow,
            KeysRow,
        ),
        EventRecord,
    ],
)
def test_every_field_is_named(record: type[msgspec.Struct], page: str) -> None:
    named = set(re.findall(r"`[^`\n]+`", page))
    assert words(field.name for field in msgspec.structs.fields(record)) <= named


def test_the_header_and_what_is_signed_are_shown(page: str) -> None:
    order = '{"' + '":.*,"'.join(field.name for field in msgspec.structs.fields(Header)) + '":'
    assert re.search(order, page)
    assert f"`{DOMAIN.decode().strip()}`" in page


def test_every_letter_is_explained(page: str) -> None:
    flowing = " ".join(page.split())
    for table in (CLASS_LETTERS, STATUS_LETTERS):
        assert ", ".join(f"`{letter}` {meaning.value}" for meaning, letter in table.items()) in flowing
