"""Every refusal code, what it means inside a session and in the clear. The table of docs/osdp.md."""

import pytest

from firmware_bridge.protocol.osdp.refusals import Remedy, remedy, words
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
