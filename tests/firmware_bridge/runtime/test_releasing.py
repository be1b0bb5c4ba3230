"""A single-use code at the bridge: its own doors, once, and nobody else's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from access_control.core.wire.directives import Authority, decode_directive, open_release, seal_directive
from access_control.core.wire.errors import RefusalCode, Refused
from access_control.core.wire.release_codes import code_digest, code_from
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.controller.commands import EndEmergency
from firmware_bridge.local.client import BridgeRefusedError
from firmware_bridge.runtime import releasing
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from tests.building.neighbours import key_of, uuid_of
from tests.building.processes import until
from tests.building.signed import DIGEST_KEY, DOCUMENT_KEY, DOORS, FRONT, OFFICE_DOOR, ROOM, SITE
from tests.building.town import Running, Town

CODES = [code_from(bytes([number] * 12)) for number in range(1, 11)]
WHY = "All clear here."


def start(town: Town, name: str = "b", *, codes: Collection[str] = CODES) -> Running:
    running = town.start(name)
    give_codes(running, codes)
    return running


def give_codes(running: Running, codes: Collection[str]) -> None:
    school = running.three.schools[running.name]
    draft = replace(school.draft(school.policies + 1), release_codes=[code_digest(DIGEST_KEY, code) for code in codes])
    running.apply(school.keys(), school.policy(draft=draft))


def lock_down(running: Running) -> str:
    with running.client() as client:
        return str(client.start_emergency("local:principal")["directive"])


def release(running: Running, code: str, doors: list[int] | None = None) -> dict[str, Any]:
    with running.client() as client:
        return client.release(code, doors, "local:caretaker", WHY)


def ruled(running: Running) -> set[int]:
    return {door["door"] for door in running.status()["doors"] if door["directives"]}


def test_a_code_ends_it_at_one_door_and_another_one_at_all(town: Town) -> None:
    b = start(town)
    directive = lock_down(b)
    answer = release(b, CODES[0].lower(), [OFFICE_DOOR])
    assert (answer["doors"], answer["directives"], answer["left"], answer["kept"]) == (
        [OFFICE_DOOR],
        [directive],
        9,
        True,
    )
    until(lambda: ruled(b) == {FRONT, ROOM}, "one door is free")
    assert release(b, CODES[1])["doors"] == [FRONT, ROOM]
    until(lambda: ruled(b) == set(), "all are free")
    first, second = b.told("SRP_LOCKDOWN_SCOPE_CHANGED", 2)
    assert (first["doors"], first["by"], first["reason"]) == (str(OFFICE_DOOR), "local:caretaker", WHY)
    assert first["second"] == f"code:{code_digest(DIGEST_KEY, CODES[0]).hex()}"
    assert second["doors"] == f"{FRONT},{ROOM}"
    assert b.status()["release_codes_left"] == 8


def test_a_code_is_good_once_also_after_a_restart_and_under_a_policy_that_still_names_it(town: Town) -> None:
    b = start(town)
    lock_down(b)
    release(b, CODES[0])
    lock_down(b)
    with pytest.raises(BridgeRefusedError, match="was used before"):
        release(b, CODES[0])
    town.stack.close()
    again = start(town)
    with pytest.raises(BridgeRefusedError, match="was used before"):
        release(again, CODES[0])
    assert ruled(again) == set(DOORS)
    assert len(again.told("RELEASE_CODE_WRONG", 2)) == 2


def test_a_code_stays_used_when_the_memory_was_lost(town: Town) -> None:
    b = start(town)
    lock_down(b)
    release(b, CODES[0])
    town.stack.close()
    memory = town.three.installations["b"].state / "memory.db"
    memory.write_bytes(b"damaged " * 1000)
    again = start(town)
    lock_down(again)
    with pytest.raises(BridgeRefusedError, match="was used before"):
        release(again, CODES[0])


def test_the_release_is_this_bridges_own_and_no_neighbour_takes_it(town: Town) -> None:
    b, c = start(town), town.introduced("c")
    b.apply(*town.three.documents("b"))
    directive = lock_down(b)
    until(lambda: c.emergencies() == [directive], "the neighbour has it")
    give_codes(b, CODES)
    release(b, CODES[0])
    ((sealed),) = b.bridge.documents.kept.sealed_releases.values()
    own = Authority({}, bridge=uuid_of("b"), own_key=key_of("b").public_bytes(), own_doors=frozenset(DOORS))
    assert open_release(sealed, own, site=SITE).doors == frozenset(DOORS)
    with pytest.raises(Refused) as refused:
        open_release(sealed, replace(own, own_doors=frozenset({FRONT})), site=SITE)
    assert refused.value.code is RefusalCode.NOT_ALLOWED
    assert c.ask(sealed) == "wrong_kind"
    with pytest.raises(BridgeRefusedError, match="only at its own doors"):
        c.apply(sealed)
    assert c.emergencies() == [directive]
    assert b.emergencies() == []


def test_wrong_codes_are_recorded_and_slowed_down(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releasing, "PAUSE_S", 0.5)
    b = start(town)
    lock_down(b)
    for number in range(releasing.MOST_WRONG):
        with pytest.raises(BridgeRefusedError, match="no code of this bridge"):
            release(b, code_from(bytes([20 + number] * 12)))
    with pytest.raises(BridgeRefusedError, match="Too many wrong codes"):
        release(b, code_from(bytes([31] * 12)))
    told = b.told("RELEASE_CODE_WRONG", releasing.MOST_WRONG)
    assert [event["by"] for event in told] == ["local:caretaker"] * releasing.MOST_WRONG
    assert ruled(b) == set(DOORS)

    def released() -> bool:
        try:
            return bool(release(b, CODES[0])["ok"])
        except BridgeRefusedError:
            return False

    until(released, "after the pause the right one is good")


def test_nothing_is_used_up_where_there_is_nothing_to_end(town: Town) -> None:
    b = start(town)
    with pytest.raises(BridgeRefusedError, match="No emergency is in force"):
        release(b, CODES[0])
    with pytest.raises(BridgeRefusedError, match="no door 77"):
        release(b, CODES[0], [77])
    assert b.status()["release_codes_left"] == 10


def test_a_full_disk_releases_nothing_and_uses_nothing_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    b = start(town)
    lock_down(b)

    def full(_self: BridgeMemory, name: str, _value: bytes) -> None:
        raise MemoryFullError(f"{name} takes nothing more. Make room on the disk.")

    with monkeypatch.context() as patch:
        patch.setattr(BridgeMemory, "keep_fact", full)
        with pytest.raises(BridgeRefusedError, match="Nothing was released"):
            release(b, CODES[0])
    assert ruled(b) == set(DOORS)
    assert release(b, CODES[0])["left"] == 9


def test_without_a_policy_there_are_no_codes(town: Town) -> None:
    b = town.start("b")
    with pytest.raises(BridgeRefusedError, match="no Policy yet"):
        release(b, CODES[0])
    assert b.status()["release_codes_left"] is None


def without_its_place(running: Running, door: int) -> None:
    """A newer Policy leaves one door out, and has the other ones in no scope any more."""
    school = running.three.schools[running.name]
    draft = school.draft(school.policies + 1)
    digests = [code_digest(DIGEST_KEY, code) for code in CODES]
    doors = [one for one in draft.doors if one.id != door]
    readers = [one for one in draft.readers if one.door != door]
    levels = [replace(one, grants={at: when for at, when in one.grants.items() if at != door}) for one in draft.levels]
    less = replace(draft, release_codes=digests, doors=doors, readers=readers, levels=levels, scopes={"building:1": []})
    running.apply(school.policy(draft=less))


def test_a_door_that_a_newer_policy_left_out_is_released_like_the_others(town: Town) -> None:
    b = start(town)
    school = b.three.schools["b"]
    draft = replace(school.draft(school.policies + 1), scopes={"building:1": DOORS})
    b.apply(school.policy(draft=draft))
    by_scope = replace(decode_directive(reread(school.directive()[1], kind=Kind.DIRECTIVE)), doors=frozenset())
    b.apply(seal_directive(replace(by_scope, scope="building:1"), DOCUMENT_KEY, site=SITE))
    without_its_place(b, OFFICE_DOOR)
    until(lambda: b.status()["policy"] == f"1/{school.policies}", "the controller has the newer Policy")
    assert ruled(b) == set(DOORS), "it loosens nothing"
    with b.client() as client:
        assert client.acknowledge(OFFICE_DOOR, "local:desk")["ok"], "it is a door of this bridge as long as it is held"
    assert release(b, CODES[0], [OFFICE_DOOR])["doors"] == [OFFICE_DOOR]
    until(lambda: ruled(b) == {FRONT, ROOM}, "that one is free")
    assert release(b, CODES[1])["doors"] == [FRONT, ROOM]
    until(lambda: ruled(b) == set(), "all are free")


def test_doors_in_and_out_of_the_policy_are_released_apart(town: Town) -> None:
    """The service believes a bridge about the doors that it has there, and about no others."""
    b = start(town)
    lock_down(b)
    without_its_place(b, OFFICE_DOOR)
    until(lambda: b.status()["policy"] == f"1/{b.three.schools['b'].policies}", "the controller has it")
    assert release(b, CODES[0])["doors"] == [FRONT, OFFICE_DOOR, ROOM]
    until(lambda: ruled(b) == set(), "all are free")
    releases = b.bridge.documents.kept.directives.releases.values()
    assert sorted(sorted(one.doors or ()) for one in releases) == [[FRONT, ROOM], [OFFICE_DOOR]]


def test_what_would_be_refused_uses_no_code_up(town: Town) -> None:
    b = start(town)
    lock_down(b)
    with b.client() as client, pytest.raises(BridgeRefusedError, match="stand for people at a reader"):
        client.release(CODES[0], None, "holder:5", WHY)
    with b.client() as client, pytest.raises(BridgeRefusedError, match="the code was not used"):
        client.release(CODES[0], None, f"code:{code_digest(DIGEST_KEY, CODES[0]).hex()}", WHY)
    assert ruled(b) == set(DOORS)
    assert release(b, CODES[0])["left"] == 9


def test_two_people_end_only_what_they_agreed_on_and_one_person_twice_ends_nothing(town: Town) -> None:
    b = start(town)
    first, later = lock_down(b), lock_down(b)
    two = EndEmergency(OFFICE_DOOR, 1, 2, frozenset({first}))
    releasing = b.bridge._desk.releasing  # type: ignore[union-attr]  # it runs
    assert releasing is not None
    assert releasing.release_by_two(replace(two, second=1))["code"] == "not_allowed"
    assert b.emergencies() == [first, later]
    assert releasing.release_by_two(two)["doors"] == [FRONT, OFFICE_DOOR, ROOM]
    until(lambda: b.emergencies() == [later], "the other goes on")
    assert releasing.release_by_two(two)["code"] == "nothing_to_end"
    assert releasing.release_by_two(replace(two, reader=99, directives=frozenset({later})))["code"] == "no_policy"
    refused = b.told("RELEASE_REFUSED", 3)
    assert [event["refusal"] for event in refused] == ["not_allowed", "nothing_to_end", "no_policy"]
    assert b.status()["release_codes_left"] == 10
