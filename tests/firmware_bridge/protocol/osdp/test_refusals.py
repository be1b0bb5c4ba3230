"""Every refusal code, what it means inside a session and in the clear. The table of docs/osdp.md."""

import pytest

from firmware_bridge.protocol.osdp.commands import AskLocalStatus, Command, Poll
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.refusals import Refusals, Remedy, remedy, words
from firmware_bridge.protocol.osdp.replies import Nak

AGAIN, SESSION, LATER, NEVER = Remedy.SAY_AGAIN, Remedy.NEW_SESSION, Remedy.LATER, Remedy.NEVER
TABLE = [
    (1, AGAIN, AGAIN, "not arrive whole"),
    (2, NEVER, AGAIN, "length"),
    (3, NEVER, SESSION, "does not know the command"),
    (4, SESSION, SESSION, "out of turn"),
    (5, NEVER, SESSION, "protected"),
    (6, SESSION, SESSION, "protection"),
    (7, NEVER, SESSION, "biometrics"),
    (8, NEVER, SESSION, "biometrics"),
    (9, LATER, SESSION, "just then"),
    (0, NEVER, SESSION, "its maker's own"),
    (200, NEVER, SESSION, "its maker's own"),
]


@pytest.mark.parametrize(("error", "sealed", "clear", "said"), TABLE)
def test_what_a_refusal_asks_for(error: int, sealed: Remedy, clear: Remedy, said: str) -> None:
    assert remedy(error, sealed=True) is sealed
    assert remedy(error, sealed=False) is clear
    assert words(Nak(error)).startswith(f"refusal {error}: ")
    assert said in words(Nak(error))


def judged(refusals: Refusals, question: Command, error: int, *, sealed: bool, again: int = 0) -> Remedy:
    exchange = Envelope(1).clear(question)
    exchange.again = again
    return refusals.judge(error, exchange, sealed=sealed)


@pytest.mark.parametrize(("sealed", "error"), [(True, 6), (False, 3), (False, 9)])
def test_a_command_costs_two_sessions_at_most_until_it_is_answered(sealed: bool, error: int) -> None:
    refusals = Refusals()
    assert [judged(refusals, AskLocalStatus(), error, sealed=sealed) for _ in range(4)] == [
        SESSION,
        SESSION,
        NEVER,
        NEVER,
    ]
    refusals.sessions.pop(AskLocalStatus.CODE)
    assert judged(refusals, AskLocalStatus(), error, sealed=sealed) is SESSION


def test_a_poll_that_is_refused_in_the_clear_always_shows_that_the_session_is_lost() -> None:
    refusals = Refusals()
    assert {judged(refusals, Poll(), 3, sealed=False) for _ in range(9)} == {SESSION}
    assert refusals.sessions == {}


@pytest.mark.parametrize(("sealed", "at_last"), [(True, LATER), (False, SESSION)])
def test_what_did_not_arrive_whole_is_said_three_times(sealed: bool, at_last: Remedy) -> None:
    refusals = Refusals()
    said = [judged(refusals, AskLocalStatus(), 1, sealed=sealed, again=again) for again in range(3)]
    assert said == [AGAIN, AGAIN, at_last]
