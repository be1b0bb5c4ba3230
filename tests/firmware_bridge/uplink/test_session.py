"""Sessions: one token for all, renewed in time, and a service that says no is not asked at every turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.wire.uplink import PREFIX, SessionRequest, session_message
from firmware_bridge.uplink.client import Ask, Line, Reply
from firmware_bridge.uplink.errors import NonsenseError, RefusedError
from firmware_bridge.uplink.pinning import ANY_KEY
from firmware_bridge.uplink.session import REFUSED_WAIT_S, SHARE, Session, answer_in, refusal_in
from tests.building.clock import SetClock
from tests.building.signed import BRIDGE
from tests.firmware_bridge.uplink.wicked import Wicked, reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.firmware_bridge.uplink.conftest import Script

UUID = "01939a5e-7c00-7000-8000-00000000000f"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
REFUSAL = reply(b'{"status":403,"code":"not_confirmed","detail":"Not confirmed yet.","action":"Confirm it."}', 403)


@pytest.fixture
def line(server: Wicked) -> Iterator[Line]:
    made = Line(server.service, lambda: ANY_KEY, SetClock())
    yield made
    made.drop()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def session(clock: SetClock) -> Session:
    return Session(BRIDGE, KEY, UUID, "boot", clock)


def opened(script: Script) -> int:
    return [path for path, _ in script.asked].count("session")


def test_it_signs_the_challenge_for_this_program(script: Script, line: Line, session: Session) -> None:
    assert session.token(line) == "t"
    (body,) = (body for path, body in script.asked if path == "session")
    said = msgspec.json.decode(body, type=SessionRequest)
    KEY.public_key().verify(bytes.fromhex(said.signature), session_message("c", UUID))
    assert (said.bridge, said.instance, said.boot) == (BRIDGE, UUID, "boot")


def test_a_token_serves_for_most_of_its_life_and_is_then_replaced(
    script: Script, line: Line, session: Session, clock: SetClock
) -> None:
    session.token(line)
    clock.go_on(300 * SHARE - 1)
    session.token(line)
    assert opened(script) == 1
    clock.go_on(2)
    session.token(line)
    assert opened(script) == 2


def test_after_a_no_it_waits_and_says_the_same(script: Script, line: Line, session: Session, clock: SetClock) -> None:
    script.instead = {"session": lambda _: REFUSAL}
    for _ in range(3):
        with pytest.raises(RefusedError, match="Not confirmed yet"):
            session.token(line)
    assert opened(script) == 1
    script.instead = {}
    clock.go_on(REFUSED_WAIT_S)
    assert session.token(line) == "t"


def test_a_session_that_is_over_twice_is_not_opened_for_ever(script: Script, line: Line, session: Session) -> None:
    over = reply(b'{"status":401,"code":"session_over"}', 401)
    script.instead = {"status": lambda _: over}
    assert session.ask(line, Ask("POST", PREFIX + "status", b"{}")).status == 401
    assert opened(script) == 2


def test_forgetting_an_older_token_keeps_the_new_one(script: Script, line: Line, session: Session) -> None:
    session.token(line)
    session.forget("an older one")
    session.token(line)
    assert opened(script) == 1


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[" * 9000, b'{"status":"x"}'])
def test_a_refusal_without_words_is_a_sentence_all_the_same(body: bytes) -> None:
    assert "answers 502 and does not say why" in str(refusal_in(Reply(502, body)))


def test_a_success_that_is_no_record_is_nonsense() -> None:
    with pytest.raises(NonsenseError):
        answer_in(Reply(200, b'{"status":1}'), SessionRequest)
