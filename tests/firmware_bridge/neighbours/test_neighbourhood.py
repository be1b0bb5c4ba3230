"""What bridges take from each other and what changes nothing, over real sockets and without a service."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from access_control.core.decision.model import EmergencyAction
from access_control.core.wire.neighbours import HELD, HERE, UNKEPT
from access_control.core.wire.signing import Kind, SigningKey, seal
from firmware_bridge.neighbours import judging
from firmware_bridge.store.memory import BridgeMemory, MemoryFullError
from tests.building.neighbours import key_of, uuid_of
from tests.building.processes import until
from tests.building.signed import ADA, FRONT, OTHER_SITE, ROSA, School, card, private
from tests.building.town import Running, Town, sealed_by, signed_again, told_anew, under_another_name


def test_what_one_raises_the_others_have_and_an_absent_one_gets_it_when_it_is_back(town: Town) -> None:
    a, b = town.introduced("a"), town.introduced("b")
    with a.client() as client:
        raised = client.start_emergency("local:principal")["directive"]
    until(lambda: b.emergencies() == [raised], "the neighbour has it")
    until(lambda: a.neighbour("b")["acknowledged"] == 1, "and has said so")
    assert a.neighbour("b")["waiting"] == 0
    assert (a.neighbour("c")["reachable"], a.neighbour("c")["waiting"]) == (False, 1)
    c = town.introduced("c")
    until(lambda: c.emergencies() == [raised], "the one that was away has it")
    until(lambda: a.neighbour("c")["reachable"] and not a.neighbour("c")["waiting"], "and has said so")
    assert [event["origin"] for event in c.told("SRP_LOCKDOWN_START")] == [f"bridge:{uuid_of('a')}"]


def test_a_directive_of_the_service_is_passed_on_when_the_service_is_gone(town: Town) -> None:
    a, b = town.introduced("a"), town.introduced("b")
    directive, sealed = School().directive()
    a.apply(sealed)
    until(lambda: b.emergencies() == [directive], "the neighbour has it")


def test_it_is_held_only_when_it_is_on_the_disk(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    b = town.introduced("b")
    directive, sealed = sealed_by(key_of("a"))

    def full(*_: object) -> None:
        raise MemoryFullError("It takes nothing more. Make room on the disk.")

    with monkeypatch.context() as patch:
        patch.setattr(BridgeMemory, "keep_emergency", full)
        assert [b.ask(sealed) for _ in range(3)] == [UNKEPT] * 3
        assert b.emergencies() == [directive], "it is in force all the same"
        assert b.ask(sealed) == UNKEPT
    until(lambda: b.ask(sealed) == HELD, "the bridge tries again by itself")
    town.stack.close()
    assert town.start("b").emergencies() == [directive]


def test_a_release_ends_the_telling_and_does_not_travel(town: Town) -> None:
    a, b = town.introduced("a"), town.introduced("b")
    directive, sealed = School().directive()
    a.apply(sealed)
    until(lambda: b.emergencies() == [directive], "the neighbour has it")
    a.apply(School().release(directive))
    until(lambda: a.neighbour("b")["acknowledged"] + a.neighbour("c")["waiting"] == 0, "nothing is told any more")
    assert a.emergencies() == []
    assert b.emergencies() == [directive]
    assert b.ask(School().release(directive)) == "wrong_kind"
    assert b.emergencies() == [directive]


def test_a_repetition_is_acknowledged_and_changes_nothing(town: Town) -> None:
    b = town.introduced("b")
    directive, sealed = sealed_by(key_of("a"))
    assert [b.ask(sealed) for _ in range(3)] == [HELD] * 3
    assert b.emergencies() == [directive]
    assert len(b.told("SRP_LOCKDOWN_START")) == 1
    assert b.events("DIRECTIVE_REFUSED") == []


def test_what_is_over_is_acknowledged_changes_nothing_and_is_one_event(town: Town) -> None:
    b = town.introduced("b")
    school = town.three.schools["b"]
    directive, recorded = sealed_by(key_of("a"))
    assert b.ask(recorded) == HELD
    b.apply(school.orders(releases=[school.release(directive)]))
    assert b.emergencies() == []
    assert [b.ask(recorded) for _ in range(3)] == [HELD] * 3
    assert b.emergencies() == []
    (event,) = b.told("DIRECTIVE_REFUSED")
    assert (event["refusal"], event["address"]) == ("over", "127.0.0.1")
    assert "is over here" in str(event["why"])


Forge = Callable[[], bytes]
STRANGER = SigningKey("01939a5e-7c00-7000-8000-0000000000ff", private("stranger"))


@pytest.mark.parametrize(
    ("code", "forge"),
    [
        ("unknown_key", lambda: sealed_by(STRANGER)[1]),
        ("bad_signature", lambda: sealed_by(under_another_name(STRANGER, "a"))[1]),
        ("bad_signature", lambda: sealed_by(key_of("a"))[1].replace(b'"lockdown"', b'"evacuate"')),
        ("not_allowed", lambda: sealed_by(key_of("a"), scope="building:2")[1]),
        ("not_allowed", lambda: sealed_by(key_of("a"), scope="doors")[1]),
        ("wrong_site", lambda: sealed_by(key_of("a"), site=OTHER_SITE)[1]),
        ("wrong_kind", lambda: School(bridge=uuid_of("b")).orders()),
        ("wrong_kind", lambda: School(bridge=uuid_of("b")).keys(2)),
        ("wrong_kind", lambda: b"nothing sealed at all"),
        ("bad_content", lambda: seal(Kind.DIRECTIVE, b"{}", key_of("a"), site=School().site, to="site")),
    ],
)
def test_what_is_not_genuine_changes_nothing_and_is_one_event(town: Town, code: str, forge: Forge) -> None:
    b = town.introduced("b")
    assert [b.ask(forge()) for _ in range(3)] == [code] * 3
    assert b.emergencies() == []
    (event,) = b.told("DIRECTIVE_REFUSED")
    assert (event["refusal"], event["address"]) == (code, "127.0.0.1")
    assert str(event["why"]).startswith("It came from 127.0.0.1.")


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", b"AC-TELL 1 " + b"0" * 32 + b" 9999\n", b"\0" * 5000],
    ids=["http", "big", "nul"],
)
def test_what_is_no_message_is_hung_up_on_and_is_one_event(town: Town, data: bytes) -> None:
    b = town.introduced("b")
    assert [b.send(data) for _ in range(3)] == [b""] * 3
    assert b.ask(b"") == HERE
    (event,) = b.told("NEIGHBOUR_NONSENSE")
    assert event["address"] == "127.0.0.1"


def test_a_revoked_bridge_is_dead_at_its_neighbours(town: Town) -> None:
    a, b = town.introduced("a"), town.introduced("b")
    until(lambda: b.neighbour("a")["reachable"], "they know each other")
    before, sealed_before = sealed_by(key_of("a"))
    assert b.ask(sealed_before) == HELD
    b.apply(*town.three.documents("b", revoked=["a"])[1:])
    assert b.ask(sealed_by(key_of("a"))[1]) == "unknown_key"
    assert b.emergencies() == [before], "what it raised while it was trusted goes on until somebody releases it"
    until(lambda: len(b.status()["neighbours"]["bridges"]) == 1, "it is not called any more")
    with a.client() as client:
        client.start_emergency("local:principal")
    until(lambda: a.neighbour("b")["trouble"], "it is told that it is not taken")
    assert "unknown_key" in a.neighbour("b")["trouble"]
    assert b.emergencies() == [before]


def test_a_neighbour_whose_key_was_stolen_cannot_fill_the_disk(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST_OF_ONE", 3)
    b = town.introduced("b")
    sealed = [sealed_by(key_of("a"))[1] for _ in range(4)]
    assert [b.ask(one) for one in sealed] == [HELD] * 3 + ["not_allowed"]
    assert b.ask(sealed[0]) == HELD
    assert b.ask(sealed_by(key_of("c"))[1]) == HELD


def kept_of(b: Running) -> int:
    """How many sealed directives it keeps."""
    return len(b.bridge.documents.kept.sealed_directives)


def test_what_is_told_under_the_name_of_an_emergency_that_is_over_is_not_kept(town: Town) -> None:
    b = town.introduced("b")
    school = town.three.schools["b"]
    id_, first = sealed_by(key_of("a"))
    assert b.ask(first) == HELD
    b.apply(school.orders(releases=[school.release(id_)]))
    assert [b.ask(told_anew(first, by=f"local:{n}", key=key_of("a"))) for n in range(20)] == [HELD] * 20
    forged = told_anew(first, by="local:forger", key=under_another_name(STRANGER, "a"))
    assert b.ask(forged) == "bad_signature"
    assert kept_of(b) == 1
    assert b.emergencies() == []
    assert sorted(str(event["refusal"]) for event in b.told("DIRECTIVE_REFUSED", 2)) == ["bad_signature", "over"]
    real, sealed = sealed_by(key_of("c"))
    assert b.ask(sealed) == HELD
    assert b.emergencies() == [real]


def test_variants_of_one_emergency_and_new_signatures_under_it_count_like_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "MOST_OF_ONE", 3)
    b = town.introduced("b")
    _, first = sealed_by(key_of("a"))
    assert [b.ask(signed_again(first, key_of("a"), seed)) for seed in range(4)] == [HELD] * 3 + ["not_allowed"]
    assert b.ask(told_anew(first, by="local:another", key=key_of("a"))) == "not_allowed"
    assert kept_of(b) == 3
    assert b.ask(sealed_by(key_of("c"))[1]) == HELD


def test_what_ended_before_a_machine_was_new_starts_nothing_there(town: Town) -> None:
    b = town.introduced("b")
    school = town.three.schools["b"]
    id_, recorded = sealed_by(key_of("a"), action=EmergencyAction.EVACUATE)
    b.apply(school.orders(releases=[school.release(id_)]))
    assert b.ask(recorded) == HELD
    assert b.emergencies() == []
    assert b.ask(sealed_by(key_of("a"))[1]) == HELD
    assert len(b.emergencies()) == 1


def test_a_bridge_without_settings_listens_to_nobody_and_still_tells(town: Town) -> None:
    settings = town.three.installations["a"].settings
    lines = settings.read_text().splitlines()
    settings.write_text("\n".join(line for line in lines if not line.startswith(("[neighbours]", "listen"))))
    a, b = town.introduced("a"), town.introduced("b")
    assert a.status()["neighbours"]["listening"] is None
    with a.client() as client:
        raised = client.start_emergency("local:principal")["directive"]
    until(lambda: b.emergencies() == [raised], "the neighbour has it")


def test_a_port_that_is_taken_stops_no_door_and_is_an_event(town: Town) -> None:
    b = town.introduced("b")
    settings = town.three.installations["a"].settings
    mine, theirs = (town.three.installations[name].address for name in "ab")
    settings.write_text(settings.read_text().replace(mine, theirs))
    a = town.introduced("a")
    until(lambda: a.events("NEIGHBOUR_PORT_TAKEN"), "it is told")
    shown = a.status()["neighbours"]
    assert shown["listening"] is None
    assert "cannot be used" in shown["trouble"]
    assert a.commands
    assert b.ask(b"") == HERE


def test_a_door_waits_for_nobody_however_the_neighbours_are(town: Town) -> None:
    def unlocked(door: int) -> bool:
        return any(one.energised and one.point.index == door - 1 for _, one in a.commands[before:])

    with socket.create_server(("127.0.0.1", town.three.installations["b"].port)):  # takes calls and answers none
        a = town.introduced("a")  # c is not there
        until(lambda: a.neighbour("b")["trouble"] and a.neighbour("c")["trouble"], "both were called in vain")
        before = len(a.commands)
        a.present(FRONT, card(ADA))
        until(lambda: unlocked(FRONT), "a badge opens its door")
        with a.client() as client:
            client.start_emergency("local:principal")
        until(lambda: a.neighbour("b")["waiting"] and a.neighbour("c")["waiting"], "both are to be told")
        before = len(a.commands)
        a.present(FRONT, card(ROSA))
        until(lambda: unlocked(FRONT), "a responder gets in, while nobody has acknowledged")
        assert a.neighbour("b")["waiting"] == a.neighbour("c")["waiting"] == 1
