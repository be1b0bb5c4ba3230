"""The session with the service: the bridge signs a challenge and gets a token for some minutes, for all its threads."""

from __future__ import annotations

import threading
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access_control.core.wire.errors import Refused
from access_control.core.wire.strict import Record, read_record, write_record
from access_control.core.wire.uplink import (
    MOST_BYTES,
    PREFIX,
    ChallengeAnswer,
    ChallengeRequest,
    Problem,
    SessionAnswer,
    SessionRequest,
    session_message,
)
from firmware_bridge.clock import Clock
from firmware_bridge.uplink.client import Ask, Line, Reply
from firmware_bridge.uplink.errors import NonsenseError, RefusedError, UplinkError

REFUSED_WAIT_S: Final = 3.0  # so long nobody tries again after a session was not given
SHARE: Final = 0.8  # of its life after which a token is replaced
_Answer = TypeVar("_Answer", bound=Record)
_problem: msgspec.json.Decoder[Problem] = msgspec.json.Decoder(Problem)


def refusal_in(reply: Reply) -> RefusedError:
    """What an answer that is no success says."""
    try:
        return RefusedError(_problem.decode(reply.body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        detail = f"The service answers {reply.status} and does not say why."
        return RefusedError(Problem(reply.status, "unexplained", detail))


def answer_in(reply: Reply, record: type[_Answer]) -> _Answer:
    """The record that an answer holds.

    Raises:
        RefusedError: The service said no.
        NonsenseError: It is no such record.
    """
    if reply.status != 200:
        raise refusal_in(reply)
    try:
        return read_record(reply.body, record, "answer of the service", limit=MOST_BYTES)
    except Refused as error:
        raise NonsenseError(error.sentence) from error


class Session:
    """Opens sessions and hands out their tokens. Every method may be called from any thread."""

    def __init__(self, bridge: str, key: Ed25519PrivateKey, instance: str, boot: str, clock: Clock) -> None:
        """``instance`` tells this program from a copy of it elsewhere; ``boot`` names the machine's boot."""
        self._bridge = bridge
        self._key = key
        self._instance = instance
        self._boot = boot[:64]
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until_s = 0.0
        self._failure: UplinkError | None = None
        self._again_s = 0.0

    def ask(self, line: Line, ask: Ask) -> Reply:
        """Ask within the session; a session that is over is opened anew, once.

        Raises:
            UplinkError: There is no answer, or no session to be had.
        """
        token = self._good(line)
        reply = line.ask(_with(ask, token))
        if reply.status != 401:
            return reply
        self.forget(token)
        return line.ask(_with(ask, self._good(line)))

    def tell(self, line: Line, path: str, said: Record, record: type[_Answer]) -> _Answer:
        """Send a record and take one.

        Raises:
            UplinkError: See :meth:`ask`; also when the service says no.
        """
        return answer_in(self.ask(line, Ask("POST", PREFIX + path, write_record(said))), record)

    def token(self, line: Line) -> str:
        """A token that is good now.

        Raises:
            UplinkError: None is to be had.
        """
        return self._good(line)

    def forget(self, token: str) -> None:
        """The service takes this token no more."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _good(self, line: Line) -> str:
        with self._lock:
            now_s = self._clock.monotonic_s()
            if self._token and now_s < self._until_s:
                return self._token
            if self._failure is not None and now_s < self._again_s:
                raise self._failure
            try:
                opened = self._open(line)
            except UplinkError as error:
                refused = isinstance(error, RefusedError)
                self._failure, self._again_s = error, now_s + (REFUSED_WAIT_S if refused else 0.5)
                raise
            self._failure = None
            self._token, self._until_s = opened.token, now_s + opened.expires_in_s * SHARE
            return self._token

    def _open(self, line: Line) -> SessionAnswer:
        request = write_record(ChallengeRequest(self._bridge))
        challenge = answer_in(line.ask(Ask("POST", PREFIX + "challenge", request)), ChallengeAnswer).challenge
        signature = self._key.sign(session_message(challenge, self._instance)).hex()
        said = SessionRequest(self._bridge, challenge, signature, self._instance, self._boot)
        return answer_in(line.ask(Ask("POST", PREFIX + "session", write_record(said))), SessionAnswer)


def _with(ask: Ask, token: str) -> Ask:
    return Ask(ask.method, ask.path, ask.body, token, ask.limit, ask.within_s)
