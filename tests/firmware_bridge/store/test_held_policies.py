"""What a newer Policy took the place of during an emergency is there after a restart, and gone after the release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from firmware_bridge.store.documents import Documents, NotStoredError
from firmware_bridge.store.held_policies import MOST
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.memory import BridgeMemory
from firmware_bridge.store.shelf import Shelf
from tests.building.clock import MONDAY
from tests.building.signed import DIGEST_KEY, TRUST, School, secret


@dataclass
class Bridge:
    """The documents of a bridge, as a restart finds them."""

    place: Path
    school: School

    def start(self) -> None:
        keys = KeyStore(self.place / "keys").create(digest=DIGEST_KEY, signing=secret("bridge"))
        self.memory = BridgeMemory(self.place, MONDAY)
        self.documents = Documents(self.place / "documents", TRUST, keys, self.memory)
        self.findings = [finding.sentence for finding in self.documents.load(MONDAY)]

    def restart(self) -> None:
        self.memory.close()
        self.start()

    def apply(self, *sealed: bytes) -> None:
        for data in sealed:
            self.documents.apply(data, MONDAY, clock_trusted=True, announce=lambda _: None)

    def held(self) -> list[tuple[int, frozenset[str]]]:
        return [(policy.revision.n, ids) for policy, ids in self.documents.held.entries]

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.place / "documents").glob("policy-held*"))


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    school = School()
    opened = Bridge(tmp_path, school)
    opened.start()
    opened.apply(school.keys(), school.policy(), school.orders())
    yield opened
    opened.memory.close()


def test_without_an_emergency_nothing_is_held(bridge: Bridge) -> None:
    bridge.apply(bridge.school.policy())
    assert (bridge.held(), bridge.files()) == ([], [])


def test_a_policy_that_goes_during_a_lockdown_is_there_after_a_restart_until_the_release(bridge: Bridge) -> None:
    directive, sealed = bridge.school.directive()
    bridge.apply(sealed, bridge.school.policy(), bridge.school.policy())
    for _ in range(2):
        assert bridge.held() == [(1, frozenset({directive})), (2, frozenset({directive}))]
        bridge.restart()
    bridge.apply(bridge.school.release(directive))
    assert (bridge.held(), bridge.files()) == ([], [])
    bridge.restart()
    assert (bridge.held(), bridge.findings) == ([], [])


def test_a_crash_before_the_new_policy_is_stored_holds_nothing_twice(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    directive, sealed = bridge.school.directive()
    bridge.apply(sealed)
    newest = bridge.school.policy()
    put = Shelf.put

    def crash(shelf: Shelf, content: bytes) -> None:
        if shelf.newest.name == "policy.doc":
            raise OSError(5, "gone")
        put(shelf, content)

    monkeypatch.setattr(Shelf, "put", crash)
    with pytest.raises(NotStoredError):
        bridge.apply(newest)
    monkeypatch.undo()
    bridge.restart()
    assert bridge.documents.policy is not None
    assert bridge.documents.policy.revision.n == 1
    bridge.apply(newest)
    assert bridge.held() == [(1, frozenset({directive}))]


def test_a_policy_that_cannot_be_held_keeps_the_new_one_out(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge.apply(bridge.school.directive()[1])

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Shelf, "put", refuse)
    with pytest.raises(NotStoredError, match="Make room"):
        bridge.apply(bridge.school.policy())
    assert bridge.documents.policy is not None
    assert bridge.documents.policy.revision.n == 1


@pytest.mark.parametrize("damage", [b"", b"no checksum"])
def test_a_damaged_copy_is_told_and_the_newest_policy_serves(bridge: Bridge, damage: bytes) -> None:
    bridge.apply(bridge.school.directive()[1], bridge.school.policy())
    (bridge.place / "documents" / "policy-held-0.doc").write_bytes(damage)
    bridge.restart()
    assert bridge.held() == []
    (told,) = bridge.findings
    assert told.endswith("A newer Policy may apply as it is during this emergency.")
    assert bridge.documents.policy is not None


def test_a_copy_without_its_line_of_directives_is_damaged(bridge: Bridge) -> None:
    bridge.apply(bridge.school.directive()[1], bridge.school.policy())
    Shelf(bridge.place / "documents", "policy-held-0").put(b"d1")
    bridge.restart()
    assert len(bridge.findings) == 1


def test_of_very_many_policies_the_oldest_stay(bridge: Bridge) -> None:
    bridge.apply(bridge.school.directive()[1])
    for _ in range(MOST + 2):
        bridge.apply(bridge.school.policy())
    assert [n for n, _ in bridge.held()] == list(range(1, MOST + 1))


def test_orders_with_the_release_let_go_too(bridge: Bridge) -> None:
    directive, sealed = bridge.school.directive()
    bridge.apply(sealed, bridge.school.policy())
    bridge.school.made_at += timedelta(seconds=1)
    bridge.apply(bridge.school.orders(9, releases=[bridge.school.release(directive)]))
    assert bridge.files() == []
