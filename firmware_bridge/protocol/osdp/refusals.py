"""What to do about a refusal (NAK). docs/osdp.md has the same as a table.

No refusal of one command takes a peripheral off-line that answers the others, nor makes its session anew for ever.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from firmware_bridge.protocol.osdp.commands import Poll
from firmware_bridge.protocol.osdp.exchange import Exchange
from firmware_bridge.protocol.osdp.frames import Packet
from firmware_bridge.protocol.osdp.replies import Nak, NakCode

SAID_AGAIN: Final = 3
"""How often the same question is said again in a row because it did not arrive whole."""
SESSIONS_FOR_ONE: Final = 2
"""How many new sessions one command may cost before it is taken as refused."""
LATER_AT_MOST: Final = 3
"""How often a question that could not be answered just then is asked again in one session."""


class Remedy(Enum):
    """What a refusal asks for."""

    SAY_AGAIN = "say_again"
    NEW_SESSION = "new_session"
    LATER = "later"
    NEVER = "never"


_SEALED: Final = {
    NakCode.CHECK: Remedy.SAY_AGAIN,
    NakCode.SEQUENCE: Remedy.NEW_SESSION,
    NakCode.SECURITY_NOT_MET: Remedy.NEW_SESSION,
    NakCode.UNABLE: Remedy.LATER,
}
_CLEAR: Final = {NakCode.CHECK: Remedy.SAY_AGAIN, NakCode.LENGTH: Remedy.SAY_AGAIN}
_WORDS: Final = {
    NakCode.CHECK: "it did not arrive whole",
    NakCode.LENGTH: "it has not the length that it expects",
    NakCode.UNKNOWN_COMMAND: "it does not know the command",
    NakCode.SEQUENCE: "it came out of turn",
    NakCode.NO_SECURE_CHANNEL: "it does not take it protected",
    NakCode.SECURITY_NOT_MET: "it wants other protection",
    NakCode.BIOMETRIC_TYPE: "it does not know that kind of biometrics",
    NakCode.BIOMETRIC_FORMAT: "it does not know that format of biometrics",
    NakCode.UNABLE: "it could not do it just then",
}


def remedy(error: int, *, sealed: bool) -> Remedy:
    """What to do about refusal ``error`` in a session.

    Inside the session its MAC is right, so it is the device's own word about this command. In the clear it says at most
    that bytes were damaged on the way; anything else there means that the device has lost the session.
    """
    known = NakCode(error) if error in set(NakCode) else None
    if sealed:
        return Remedy.NEVER if known is None else _SEALED.get(known, Remedy.NEVER)
    return Remedy.NEW_SESSION if known is None else _CLEAR.get(known, Remedy.NEW_SESSION)


class Refusals:
    """What refusals have cost one peripheral, so that none costs sessions for ever, whoever says it.

    Attributes:
        sessions: How many sessions each command has cost since it was last answered otherwise, by its code.
    """

    def __init__(self) -> None:
        """Nothing was refused yet."""
        self.sessions: dict[int, int] = {}

    def judge(self, error: int, exchange: Exchange, *, sealed: bool) -> Remedy:
        """What to do about the refusal of this question, which counts as done by that.

        A poll that is refused in the clear shows that the session is lost; of any other command that is believed only
        so often.
        """
        what = remedy(error, sealed=sealed)
        if what is Remedy.SAY_AGAIN:
            if exchange.again + 1 < SAID_AGAIN:
                return what
            what = Remedy.LATER if sealed else Remedy.NEW_SESSION
        if what is not Remedy.NEW_SESSION or (isinstance(exchange.message, Poll) and not sealed):
            return what
        code = exchange.message.CODE
        cost = self.sessions.get(code, 0)
        if cost >= SESSIONS_FOR_ONE:
            return Remedy.NEVER
        self.sessions[code] = cost + 1
        return what


def plain_nak(packet: Packet) -> bool:
    """Whether it is a refusal in the clear, which anybody on the line could have said."""
    return packet.code == Nak.CODE and not packet.security


def words(nak: Nak) -> str:
    """The refusal for people: its number, and what it means."""
    meaning = _WORDS.get(NakCode(nak.error)) if nak.error in set(NakCode) else "a reason of its maker's own"
    return f"refusal {nak.error}: {meaning}"
