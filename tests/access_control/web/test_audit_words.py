"""Every deed that is recorded has words, and every subject a name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from access_control.audit.models import AuditRecord
from access_control.people.permissions import Role
from access_control.visitors.banned import BannedDetails, add_banned
from access_control.web.audit_words import DEEDS, GONE, Subject, deed, sentence, subjects
from access_control.web.services import Services
from tests.building.console_school import furnish
from tests.building.tiny_school import BRIDGE, OPERATORS, SITE

NAMED = re.compile(r"[a-z_]+\.[a-z_]+")
KINDS = (
    *(
        "badge",
        "banned",
        "board",
        "bridge",
        "building",
        "day_type",
        "directive",
        "door",
        "fire",
        "group",
        "input",
        "level",
    ),
    *("operator", "person", "reader", "schedule", "site", "visit", "zone"),
)
NO_DEEDS = {"url_for", "ForeignKey", "redirect"}


def recorded(root: Path) -> Iterator[str]:
    """The actions in every file that records any: its dotted strings, but for addresses and columns."""
    for file in sorted((root / "access_control").rglob("*.py")):
        text = file.read_text()
        if "audit.record import record" not in text:
            continue
        tree = ast.parse(text)
        others = {
            id(part)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in NO_DEEDS
            for part in ast.walk(call)
        }
        for part in ast.walk(tree):
            value = part.value if isinstance(part, ast.Constant) and id(part) not in others else None
            if isinstance(value, str) and NAMED.fullmatch(value):
                yield value


def test_every_action_has_words_and_there_are_none_for_what_nobody_does(root: Path) -> None:
    assert set(recorded(root)) == set(DEEDS)


def test_an_action_of_another_version_keeps_its_name() -> None:
    assert deed("moon.eaten", {}) == "moon.eaten"
    assert deed("badge.status", {"status": "lost"}) == "marked lost the badge"


def test_subjects_have_names_and_pages(services: Services) -> None:
    furnished = furnish(services.database, services.keys, services.clock())
    operator = OPERATORS[Role.FRONT_DESK]
    expected = {
        "door:4": Subject("8, Loading dock", "/doors/4"),
        f"person:{furnished.person}": Subject("Priya Nair", f"/people/{furnished.person}"),
        f"badge:{furnished.badge}": Subject("20381", f"/badges/{furnished.badge}"),
        f"operator:{operator[0]}": Subject(operator[2], f"/operators/{operator[0]}"),
        f"bridge:{BRIDGE}": Subject("Front bridge", f"/bridges/{BRIDGE}"),
        f"site:{SITE}": Subject("Maple Hollow Elementary School"),
        "calendar:2026-11-26": Subject("2026-11-26"),
        "door:99": Subject(GONE),
        "door:x": Subject(GONE),
        "visit:nobody": Subject(GONE),
        "bridge 1 silent": Subject(""),
    }
    with services.database.reading() as session:
        assert subjects(session, expected) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_subject_can_be_looked_up(services: Services, kind: str) -> None:
    with services.database.reading() as session:
        assert subjects(session, [f"{kind}:0"]) == {f"{kind}:0": Subject(GONE)}


def test_an_entry_of_the_banned_list_has_its_name(services: Services) -> None:
    with services.database.writing() as session:
        entry = add_banned(session, services.clock(), BannedDetails("Vic", "Hale", source="Court order"), by="cli")
        reference = f"banned:{entry.id}"
        assert subjects(session, [reference]) == {reference: Subject("Vic Hale", f"/desk/banned/{entry.id}")}


@pytest.mark.parametrize(("subject", "shown"), [("operator:1", ""), ("operator:2", "Dana")])
def test_who_signs_in_does_it_to_nobody_else(subject: str, shown: str) -> None:
    record = AuditRecord(actor="operator:1", action="operator.signed_in", subject=subject, facts={})
    assert sentence(record, Subject("Dana")) == ("signed in", Subject(shown))
