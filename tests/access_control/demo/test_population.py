"""Six hundred people, each with a card that a reader can hand over."""

from collections import Counter

import pytest

from access_control.core.credentials.formats import FORMATS, decode
from access_control.core.decision.model import BadgeStatus, HolderClass
from access_control.demo.plan import FORMATS as TAKEN
from access_control.demo.population import GRADES, PEOPLE, STRANGER, Group, bits_of, called, everybody


def test_there_are_six_hundred_and_they_are_numbered() -> None:
    assert [character.ref for character in everybody()] == list(range(1, PEOPLE + 1))
    assert len({character.name for character in everybody()}) == PEOPLE


def test_all_kinds_of_people_are_there() -> None:
    groups = Counter(character.group for character in everybody())
    assert all(groups[group] for group in Group)
    assert all(groups[grade] > 150 for grade in GRADES)
    assert {c.holder_class for c in everybody()} >= {HolderClass.STUDENT, HolderClass.STAFF, HolderClass.RESPONDER}


def test_every_badge_is_a_card_that_the_readers_take() -> None:
    assert len({character.badge.key for character in everybody()}) == PEOPLE
    assert {character.badge.format for character in everybody()} == set(TAKEN)
    for character in everybody():
        assert decode(FORMATS[character.badge.format], bits_of(character.badge)) == character.badge


def test_nobody_has_the_strangers_card() -> None:
    assert STRANGER.key not in {character.badge.key for character in everybody()}


def test_some_badges_do_not_work() -> None:
    assert called("Kira Donnelly").status is BadgeStatus.LOST
    assert Counter(c.status for c in everybody())[BadgeStatus.ACTIVE] < PEOPLE


def test_responders_cards_cannot_be_copied() -> None:
    assert {c.badge.format for c in everybody() if c.holder_class is HolderClass.RESPONDER} == {"C1k35s"}


def test_nobody_else_is_called() -> None:
    with pytest.raises(KeyError):
        called("Nobody")
