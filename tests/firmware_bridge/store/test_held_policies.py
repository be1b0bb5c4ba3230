"""What a newer Policy took the place of during an emergency is there after a restart, and gone after the release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from access_control.core.decision.emergency import Directive
from access_control.core.decision.model import EmergencyAction, Timetable
from access_control.core.wire.directives import decode_directive, seal_directive
from access_control.core.wire.policy import Level
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.store.applied import NotStoredError
from firmware_bridge.store.documents import Documents
from firmware_bridge.store.held_policies import MOST
from firmware_bridge.store.keys import KeyStore
from firmware_bridge.store.memory import BridgeMemory
from firmware_bridge.store.shelf import Shelf
from tests.building.clock import MONDAY
from tests.building.signed import DIGEST_KEY, DOORS, FRONT, TRUST, School, secret


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


def elsewhere(school: School) -> tuple[str, bytes]:
    """A lockdown of a building in which this bridge has no door."""
    id_, sealed = school.directive()
    made = replace(decode_directive(reread(sealed, kind=Kind.DIRECTIVE)), scope="building:2", doors=frozenset({99}))
    return id_, seal_directive(made, school.key, site=school.site)


def test_for_a_lockdown_of_another_building_nothing_is_held(bridge: Bridge) -> None:
    bridge.apply(elsewhere(bridge.school)[1], bridge.school.policy())
    assert bridge.files() == []


def test_a_lockdown_of_another_building_that_goes_on_keeps_nothing_held(bridge: Bridge) -> None:
    directive, sealed = bridge.school.directive()
    bridge.apply(elsewhere(bridge.school)[1], sealed, bridge.school.policy())
    bridge.restart()
    assert [n for n, _ in bridge.held()] == [1]
    bridge.apply(bridge.school.release(directive))
    assert (bridge.held(), bridge.files()) == ([], [])


def test_a_policy_is_held_for_a_door_that_the_newer_one_leaves_out(bridge: Bridge) -> None:
    id_, sealed = bridge.school.directive()
    made = replace(decode_directive(reread(sealed, kind=Kind.DIRECTIVE)), doors=frozenset({FRONT}))
    draft = bridge.school.draft(2)
    without = replace(
        draft,
        doors=[door for door in draft.doors if door.id != FRONT],
        readers=[reader for reader in draft.readers if reader.door != FRONT],
        levels=[Level(1, dict.fromkeys((door for door in DOORS if door != FRONT), Timetable(always=True))), Level(2)],
    )
    bridge.apply(seal_directive(made, bridge.school.key, site=bridge.school.site))
    bridge.apply(bridge.school.policy(draft=without), bridge.school.policy(draft=without))
    bridge.apply(elsewhere(bridge.school)[1])
    assert bridge.held() == [(n, frozenset({id_})) for n in (1, 2)]


def pressed(bridge: Bridge) -> Directive:
    """What a panic button of this bridge raises."""
    return Directive(
        id="0193a000-0000-7000-8000-0000000000d1",
        action=EmergencyAction.LOCKDOWN,
        scope="site",
        doors=frozenset(DOORS),
        origin=f"bridge:{bridge.documents.trust.bridge}",
        by="input:1",
        drill=False,
        started_at=MONDAY,
    )


def test_a_policy_that_comes_while_a_press_is_being_recorded_takes_nothing_from_the_one_it_was_decided_by(
    bridge: Bridge,
) -> None:
    directive = pressed(bridge)
    decided_by = bridge.documents.policy
    bridge.apply(bridge.school.policy())  # the doors' thread waits for the press's event
    bridge.documents.raise_directive(directive, decided_by)()
    expected = [(1, frozenset({directive.id}))]
    assert bridge.held() == expected
    bridge.restart()
    assert bridge.held() == expected
    bridge.apply(bridge.school.policy())
    assert bridge.held() == [*expected, (2, frozenset({directive.id}))]


def test_while_the_disk_does_not_hold_that_policy_no_newer_one_is_taken(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    directive = pressed(bridge)
    decided_by = bridge.documents.policy
    bridge.apply(bridge.school.policy())
    keep = bridge.documents.raise_directive(directive, decided_by)
    put = Shelf.put

    def refuse(shelf: Shelf, content: bytes) -> None:
        if "held" in shelf.newest.name:
            raise OSError(28, "No space left on device")
        put(shelf, content)

    newest = bridge.school.policy()
    with monkeypatch.context() as full:
        full.setattr(Shelf, "put", refuse)
        with pytest.raises(NotStoredError):
            keep()
        with pytest.raises(NotStoredError):
            bridge.apply(newest)
    bridge.apply(newest)
    assert bridge.held() == [(1, frozenset({directive.id})), (2, frozenset({directive.id}))]


def test_a_press_under_the_policy_in_force_holds_nothing_before_a_newer_one_comes(bridge: Bridge) -> None:
    bridge.apply(bridge.school.policy())
    bridge.documents.raise_directive(pressed(bridge), bridge.documents.policy)()
    assert bridge.held() == []
