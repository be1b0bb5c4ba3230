"""Talks to a running bridge through its control socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from access_control.core.decision.model import EmergencyAction
from firmware_bridge.local.address import connected_to
from firmware_bridge.local.requests import (
    MAX_ANSWER,
    AcceptClock,
    AcknowledgeAlarm,
    AnyRequest,
    ApplyDocument,
    AskStatus,
    AskWiring,
    Follow,
    Monitor,
    ReleaseHere,
    ResetFire,
    SelfTest,
    StartEmergency,
    write_request,
)


class BridgeUnreachableError(Exception):
    """No bridge answers there; the text is one plain sentence."""


class BridgeRefusedError(Exception):
    """The bridge said no; the text is its sentence and ``code`` its reason."""

    def __init__(self, code: str, sentence: str) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.code = code


class LocalClient:
    """One connection. Methods wait for the answer."""

    def __init__(self, path: Path, timeout_s: float = 10.0) -> None:
        """Connect.

        Raises:
            BridgeUnreachableError: No bridge runs there.
        """
        self._path = path
        self._waiting = bytearray()
        try:
            self._socket = connected_to(path, timeout_s)
        except OSError as error:
            text = f"No bridge answers at {path}; start it with `firmware-bridge run`."
            raise BridgeUnreachableError(text) from error

    def status(self) -> dict[str, Any]:
        """Everything the bridge knows: the value of ``status`` in its answer."""
        found: dict[str, Any] = self._ask(AskStatus())["status"]
        return found

    def start_emergency(
        self, by: str, action: EmergencyAction = EmergencyAction.LOCKDOWN, scope: str = "site", *, drill: bool = False
    ) -> dict[str, Any]:
        """Raise an emergency; the answer has the ``directive``'s id and whether it is ``kept`` on disk."""
        return self._ask(StartEmergency(by=by, action=action, scope=scope, drill=drill))

    def apply(self, document: bytes) -> dict[str, Any]:
        """Hand over a sealed document; the answer has its ``kind`` and one ``sentence``.

        Raises:
            BridgeRefusedError: It was not taken.
        """
        return self._ask(ApplyDocument(document=document))

    def acknowledge(self, door: int, by: str) -> dict[str, Any]:
        """Say that a person saw a door's alarm."""
        return self._ask(AcknowledgeAlarm(door=door, by=by))

    def reset_fire(self, door: int, by: str) -> dict[str, Any]:
        """Say that a person reset a door whose fire release stays latched."""
        return self._ask(ResetFire(door=door, by=by))

    def accept_clock(self, by: str, *, confirmed: bool) -> dict[str, Any]:
        """Say that the bridge's clock is right; the answer has whether that is ``kept`` on disk.

        Raises:
            BridgeRefusedError: The service says otherwise or is silent and nobody ``confirmed``; or it is believed.
        """
        return self._ask(AcceptClock(by=by, confirmed=confirmed))

    def wiring(self) -> dict[str, Any]:
        """What the Policy in force declares; :func:`firmware_bridge.local.declared.read_declared` reads it.

        Raises:
            BridgeRefusedError: There is no Policy yet.
        """
        found: dict[str, Any] = self._ask(AskWiring())["wiring"]
        return found

    def start_monitoring(self, port: str, show_cards: str = "") -> dict[str, Any]:
        """Have what happens on a port sent; :meth:`next_line` reads it. The head of the capture.

        Raises:
            BridgeRefusedError: There is no such OSDP port, or enough watch it already.
        """
        head: dict[str, Any] = self._ask(Monitor(port=port, show_cards=show_cards))["head"]
        return head

    def self_test(self, door: int, by: str) -> str:
        """Have a door's lock tried; the id that the event with the outcome carries as ``test``.

        Raises:
            BridgeRefusedError: There is no such door.
        """
        return str(self._ask(SelfTest(door=door, by=by))["test"])

    def release(self, code: str, doors: list[int] | None, by: str, why: str) -> dict[str, Any]:
        """End what is in force at some of the bridge's doors, or all of them; the answer lists the ``doors``.

        Raises:
            BridgeRefusedError: The code is wrong or used, or nothing is in force there.
        """
        return self._ask(ReleaseHere(code=code, doors=doors, by=by, why=why))

    def follow(self) -> Iterator[dict[str, Any]]:
        """Events and changes of status as they come; the first line is the status now. Ends with the bridge."""
        self._send(Follow())
        while (line := self.next_line(3600.0)) is not None:
            if line:
                yield line

    def start_following(self) -> None:
        """Have events and changes of status sent; :meth:`next_line` reads them."""
        self._send(Follow())

    def next_line(self, timeout_s: float) -> dict[str, Any] | None:
        """The next line while following: empty if none comes in time, ``None`` when the bridge has ended."""
        self._socket.settimeout(max(timeout_s, 0.001))
        try:
            line = self._line()
        except BridgeUnreachableError:
            return {}
        if line is None:
            return None
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _ask(self, request: AnyRequest) -> dict[str, Any]:
        self._send(request)
        line = self._line()
        if line is None:
            raise BridgeUnreachableError(f"The bridge at {self._path} ended the conversation; is it stopping?")
        answer: dict[str, Any] = json.loads(line)
        if not answer.get("ok"):
            raise BridgeRefusedError(str(answer.get("code", "")), str(answer.get("sentence", "The bridge said no.")))
        return answer

    def _send(self, request: AnyRequest) -> None:
        # A bridge that refuses may close before it has read everything; its sentence is still there to read.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(write_request(request))

    def _line(self) -> bytes | None:
        while b"\n" not in self._waiting:
            try:
                data = self._socket.recv(1 << 18)
            except TimeoutError as error:
                raise BridgeUnreachableError(f"The bridge at {self._path} does not answer in time.") from error
            except OSError:
                return None
            if not data or len(self._waiting) > MAX_ANSWER:
                return None
            self._waiting += data
        line, _, rest = bytes(self._waiting).partition(b"\n")
        self._waiting = bytearray(rest)
        return line
