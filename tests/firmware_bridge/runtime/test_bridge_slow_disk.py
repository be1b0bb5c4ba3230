"""A disk that hangs holds up neither an emergency, nor who hears of it, nor its end on the spot, nor Status."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from access_control.core.decision.model import AlarmInput, EmergencyAction, InputKind
from access_control.core.wire.directives import decode_directive, seal_directive
from access_control.core.wire.release_codes import code_digest
from access_control.core.wire.signing import Kind, reread
from firmware_bridge.clock import SystemClock
from firmware_bridge.controller.events import InputChanged, InputState
from firmware_bridge.local.client import BridgeRefusedError
from firmware_bridge.store.memory import EmergencyKind
from tests.building.hanging_disk import hanging
from tests.building.neighbours import key_of, uuid_of
from tests.building.processes import until
from tests.building.signed import DIGEST_KEY, DOCUMENT_KEY, DOORS, FRONT, OFFICE_DOOR, ROOM, SITE, point
from tests.building.town import Running, Town, sealed_by
from tests.firmware_bridge.runtime.test_releasing import CODES, release, ruled

SOON_S: Final = 1.0
BUTTON: Final = 3
PANIC: Final = AlarmInput(
    1, "Button", InputKind.PANIC, point(BUTTON), action=EmergencyAction.LOCKDOWN, scope="building:1"
)


def start(town: Town, name: str = "b") -> Running:
    """A bridge with codes, a panic button and a neighbour."""
    running = town.start(name)
    school = running.three.schools[name]
    draft = replace(
        school.draft(school.policies + 1),
        release_codes=[code_digest(DIGEST_KEY, code) for code in CODES],
        scopes={"building:1": DOORS},
        neighbour_keys={uuid_of("c"): (key_of("c").public_bytes(), ("site",))},
        neighbour_addresses={uuid_of("c"): running.three.installations["c"].address},
        inputs=[PANIC],
    )
    running.apply(school.keys(), school.policy(draft=draft), school.orders())
    press(running, InputState.NORMAL)
    return running


def press(running: Running, state: InputState = InputState.ACTIVE) -> None:
    running.emits[0](InputChanged(SystemClock().moment(), point(BUTTON), state))


def soon(do: Callable[[], Any], true: Callable[[], Any], what: str) -> None:
    """Do it on a thread of its own, as its own sender would, and see that it takes effect within a second."""
    began_s = SystemClock().monotonic_s()
    threading.Thread(target=do, daemon=True).start()
    until(true, what)
    assert SystemClock().monotonic_s() - began_s < SOON_S, what


def at_the_front(running: Running) -> tuple[str, bytes]:
    """A lockdown of the service that leaves the other doors alone."""
    _, sealed = running.three.schools[running.name].directive()
    directive = replace(decode_directive(reread(sealed, kind=Kind.DIRECTIVE)), doors=frozenset({FRONT}), scope="zone:1")
    return directive.id, seal_directive(directive, DOCUMENT_KEY, site=SITE)


def known(running: Running) -> set[str]:
    return set(running.bridge.documents.kept.directives.directives)


def test_while_the_copy_of_a_first_emergency_hangs_all_others_begin_and_end(town: Town) -> None:
    b = start(town)
    school = b.three.schools["b"]
    first, pushed = at_the_front(b)
    second, everywhere = school.directive()
    third, told = sealed_by(key_of("c"))
    with hanging(b.bridge) as disk:
        soon(lambda: b.apply(pushed), lambda: first in b.emergencies(), "the first emergency")
        disk.until_it_holds("memory.db")
        soon(lambda: press(b), lambda: len(b.emergencies()) == 2, "the panic button")
        soon(lambda: b.apply(everywhere), lambda: second in b.emergencies(), "a lockdown of the service")
        verdicts: list[str | None] = []
        soon(lambda: verdicts.append(b.ask(told)), lambda: third in b.emergencies(), "a neighbour's")
        until(lambda: verdicts == ["unkept"], "the neighbour tells it again")
        again: list[str | None] = []
        soon(lambda: again.append(b.ask(told)), lambda: again == ["unkept"], "it still is not on the disk")
        soon(lambda: release(b, CODES[0], [OFFICE_DOOR]), lambda: ruled(b) == {FRONT, ROOM}, "a code at one door")
        soon(lambda: release(b, CODES[1]), lambda: ruled(b) == set(), "a code at all")
        with pytest.raises(BridgeRefusedError, match="was used before"):
            release(b, CODES[1])
        assert b.status()["release_codes_left"] == 8
        assert disk.waiting, "and it hung all the time"
        before = known(b)
    assert len(before) == 4
    until(lambda: b.ask(told) == "held", "then it is on the disk")
    town.stack.close()
    after = town.start("b")
    assert known(after) == before
    assert ruled(after) == set()
    assert after.status()["release_codes_left"] == 8
    with pytest.raises(BridgeRefusedError, match="was used before"):
        release(after, CODES[0])


def test_while_a_policy_hangs_a_lockdown_begins_and_the_policy_loosens_nothing_of_it_after_a_restart(
    town: Town,
) -> None:
    b = start(town)
    school = b.three.schools["b"]
    before = b.status()["policy"]
    identity, lockdown = school.directive()
    with hanging(b.bridge) as disk:
        storing = threading.Thread(target=b.apply, args=(school.policy(),), daemon=True)
        storing.start()
        disk.until_it_holds("policy.doc.new")
        soon(lambda: b.apply(lockdown), lambda: ruled(b) == set(DOORS), "a lockdown of the service")
        assert b.status()["policy"] == before, "a Policy holds once it is stored"
    storing.join(30)
    until(lambda: b.status()["policy"] == f"1/{school.policies}", "the Policy is in force")
    assert [f"1/{policy.revision.n}" for policy, _ in b.bridge.documents.held.entries] == [before]
    town.stack.close()
    after = town.start("b")
    assert known(after) == {identity}
    assert [f"1/{policy.revision.n}" for policy, _ in after.bridge.documents.held.entries] == [before]


def test_a_single_unlock_that_cannot_be_noted_is_refused_and_keeps_no_lockdown_waiting(town: Town) -> None:
    b = start(town)
    school = b.three.schools["b"]
    action = school.unlock_once(OFFICE_DOOR, SystemClock().moment().at)
    _, lockdown = school.directive()
    with hanging(b.bridge) as disk:
        began_s = SystemClock().monotonic_s()
        with b.client() as client, pytest.raises(BridgeRefusedError, match="not carried out"):
            client.apply(action)
        assert SystemClock().monotonic_s() - began_s < SOON_S
        disk.until_it_holds("memory.db")
        soon(lambda: b.apply(lockdown), lambda: ruled(b) == set(DOORS), "a lockdown after it on the same line")
    with b.client() as client, pytest.raises(BridgeRefusedError):
        client.apply(action)


def test_status_is_told_while_the_disk_takes_neither_events_nor_copies(town: Town) -> None:
    b = start(town)
    _, lockdown = b.three.schools["b"].directive()
    with hanging(b.bridge, events=True) as disk:
        soon(lambda: b.apply(lockdown), lambda: ruled(b) == set(DOORS), "the lockdown is shown")
        disk.until_it_holds("memory.db")
        disk.until_it_holds("outbox.db")
        began_s = SystemClock().monotonic_s()
        status = b.status()
        assert SystemClock().monotonic_s() - began_s < SOON_S
        assert status["release_codes_left"] == 10
        until(lambda: b.status()["outbox"]["unkept"], "the disk is told as behind")
        assert [door["directives"] != [] for door in status["doors"]] == [True] * len(DOORS)


def test_an_emergency_is_told_and_can_be_ended_while_its_copy_waits(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_bridge.runtime.desk.KEEP_S", 0.0)
    c, b = town.introduced("c"), start(town)
    with hanging(b.bridge) as disk:
        with b.client() as client:
            answer = client.start_emergency("local:principal")
        assert not answer["kept"]
        directive = answer["directive"]
        until(lambda: c.emergencies() == [directive], "the neighbour has it")
        disk.until_it_holds("memory.db")
        assert release(b, CODES[0], [OFFICE_DOOR])["directives"] == [directive]
        until(lambda: OFFICE_DOOR not in ruled(b), "the office is free")
    until(lambda: b.bridge.documents._memory.emergencies(EmergencyKind.RELEASE), "then it is kept")
    assert b.bridge.documents._memory.emergencies(EmergencyKind.DIRECTIVE)


def test_while_the_disk_hangs_after_a_panic_button_everybody_is_told_and_no_pass_for_a_single_entry_is_taken(
    town: Town,
) -> None:
    b = start(town)
    assert "DISK" not in b.bridge.summary()
    with hanging(b.bridge) as disk:
        soon(lambda: press(b), lambda: len(b.emergencies()) == 1, "the lockdown")
        disk.until_it_holds("memory.db")
        until(lambda: b.status()["outbox"]["unkept"], "status says that it is not stored")
        until(lambda: not storing(b), "what must be stored first is refused")
        assert "THE DISK HAS NOT TAKEN ALL OF IT" in b.bridge.summary()
    until(lambda: storing(b), "the disk goes on")
    until(lambda: "DISK" not in b.bridge.summary(), "and that is told as well")


def storing(running: Running) -> bool:
    return running.bridge._loop._hands.controller._world.storing


def test_a_new_policy_asks_the_disk_for_no_key(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    b = start(town)
    read: list[str] = []
    real = Path.read_text

    def read_text(path: Path, *args: Any, **kwargs: Any) -> str:
        if threading.current_thread().name == "controller":
            read.append(path.name)
        return real(path, *args, **kwargs)

    exists = Path.exists

    def there(path: Path, *args: Any, **kwargs: Any) -> bool:
        if threading.current_thread().name == "controller":
            read.append(path.name)
        return exists(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(Path, "exists", there)
    school = b.three.schools["b"]
    b.apply(school.policy())
    until(lambda: b.status()["policy"] == f"1/{school.policies}", "the doors go by it")
    assert read == []
