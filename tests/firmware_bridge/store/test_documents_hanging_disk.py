"""What is in force and what is on the disk, while the disk hangs and after it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from access_control.core.decision.model import Revision
from firmware_bridge.store.applied import NotStoredError
from firmware_bridge.store.floors import floor_of
from firmware_bridge.store.handing_over import NOT_YET
from firmware_bridge.store.memory import MemoryFullError
from tests.building.clock import MONDAY
from tests.building.document_store import Store
from tests.building.hanging_disk import HangingDisk, hang
from tests.building.signed import BEN, FRONT, School, badge_digest


class Pile:
    """What is to be written, until the test has it written."""

    def __init__(self) -> None:
        self.writes: list[Callable[[], None]] = []

    def __call__(self, write: Callable[[], None]) -> str:
        self.writes.append(write)
        return NOT_YET


@pytest.fixture
def pile() -> Pile:
    return Pile()


@pytest.fixture
def later(ready: Store, pile: Pile) -> Store:
    """As ``ready``, and from now on the disk does not answer in time."""
    ready.hand_over = pile
    ready.restart()
    return ready


@pytest.fixture
def disk(later: Store, monkeypatch: pytest.MonkeyPatch) -> HangingDisk:
    return hang(later.place, later.memory, monkeypatch)


def test_a_write_that_comes_late_puts_nothing_older_in_place_of_what_is_newer(
    later: Store, pile: Pile, school: School
) -> None:
    assert later.apply(school.orders(2, revoked=[BEN])).unkept == NOT_YET
    assert later.apply(school.orders(3)).unkept == NOT_YET
    for write in reversed(pile.writes):
        write()
    later.restart()
    assert later.documents.orders().revision == Revision(1, 3)
    assert floor_of(later.memory, "orders") == Revision(1, 3)
    assert badge_digest(BEN) in later.documents.orders().revoked


def test_what_comes_while_the_orders_are_being_written_is_written_after_them(
    later: Store, pile: Pile, disk: HangingDisk, school: School
) -> None:
    later.apply(school.orders(2))
    first = threading.Thread(target=pile.writes[0], daemon=True)
    first.start()
    disk.until_it_holds("memory.db")
    identity, sealed = school.directive()
    assert later.apply(school.orders(3, directives=[sealed])).unkept == NOT_YET
    assert later.documents.orders().directives.in_force_at(FRONT, {})
    disk.go_on()
    first.join(30)
    assert later.apply(sealed).unkept == NOT_YET, "nobody may forget it yet"
    pile.writes[1]()
    assert later.apply(sealed).unkept == ""
    later.restart()
    assert later.documents.orders().revision == Revision(1, 3)
    assert identity in later.documents.orders().directives.directives


def test_orders_that_come_again_are_kept_only_once_they_are_on_the_disk(
    later: Store, pile: Pile, school: School
) -> None:
    orders = school.orders(2)
    later.apply(orders)
    assert later.apply(orders).unkept == NOT_YET
    pile.writes[0]()
    assert later.apply(orders).unkept == ""


def test_what_the_disk_does_not_take_is_owed_until_it_does(
    later: Store, pile: Pile, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, sealed = school.directive()
    later.apply(school.orders(2, directives=[sealed]))

    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", refuse)
        with pytest.raises(MemoryFullError, match="a restart would forget it"):
            pile.writes[0]()
    assert later.apply(sealed).unkept == NOT_YET
    pile.writes[0]()
    later.restart()
    assert identity in later.documents.orders().directives.directives


def test_an_action_whose_note_comes_too_late_is_not_carried_out_then_or_later(
    later: Store, pile: Pile, school: School
) -> None:
    action = school.unlock_once(FRONT, MONDAY)
    with pytest.raises(NotStoredError, match="not carried out"):
        later.apply(action)
    pile.writes[0]()
    assert later.announced == []
    later.restart()
    assert not later.memory.begin_action(_id_in(action), 0), "the note stays"


def _id_in(action: bytes) -> str:
    return action.split(b'"id":"')[1].split(b'"')[0].decode()


def test_a_policy_that_is_held_goes_from_the_disk_only_once_the_release_is_there(
    later: Store, pile: Pile, school: School
) -> None:
    identity, sealed = school.directive()
    later.apply(sealed)
    later.apply(school.policy(2))
    later.apply(school.release(identity))
    assert later.documents.held.entries == ()
    assert held_files(later.place) != []
    pile.writes[-1]()
    assert held_files(later.place) == []


def held_files(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "documents").glob("policy-held*"))
