"""Serves the control socket: a Unix socket for the bridge's own user, a thread for each of a few clients.

Nothing here runs on the controller's thread. A client that does not read loses lines and then its connection; the
bridge never waits for it.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from firmware_bridge.local.address import connected_to, is_one_of, listen_at
from firmware_bridge.local.monitoring import Monitoring
from firmware_bridge.local.requests import (
    MAX_PLAIN_REQUEST,
    MAX_REQUEST,
    AcceptClock,
    AcknowledgeAlarm,
    AnyRequest,
    ApplyDocument,
    AskStatus,
    AskWiring,
    Follow,
    Monitor,
    ReleaseHere,
    RequestError,
    ResetFire,
    SelfTest,
    StartEmergency,
    is_apply,
    read_request,
)

MAX_CLIENTS: Final = 16
IDLE_S: Final = 30.0
SEND_S: Final = 2.0
LINES_WAITING: Final = 1000
LOOK_S: Final = 0.05
_log = logging.getLogger(__name__)

Answer = Mapping[str, Any]


class Control(Protocol):
    """What the bridge does for a client. Each call may wait for the controller, on the client's own thread."""

    def status(self) -> Answer:
        """Everything the bridge knows, as plain values."""
        ...

    def start_emergency(self, request: StartEmergency) -> Answer:
        """Raise a directive; answer with its id once it is in force and kept."""
        ...

    def apply(self, document: bytes) -> Answer:
        """Take a sealed document, or say why not."""
        ...

    def acknowledge(self, request: AcknowledgeAlarm) -> Answer:
        """Note that a person saw a door's alarm."""
        ...

    def reset_fire(self, request: ResetFire) -> Answer:
        """Note that a person reset a door whose fire release stays latched."""
        ...

    def accept_clock(self, request: AcceptClock) -> Answer:
        """Believe the clock on a person's word, or say why not."""
        ...

    def wiring(self) -> Answer:
        """What the Policy in force declares, as :mod:`firmware_bridge.local.declared` shapes it."""
        ...

    def monitor(self, request: Monitor) -> Answer | Monitoring:
        """Begin to watch a port, or say why not."""
        ...

    def self_test(self, request: SelfTest) -> Answer:
        """Try a door's lock; answer with the id under which the outcome will be recorded."""
        ...

    def release(self, request: ReleaseHere) -> Answer:
        """End what is in force at some doors of this bridge, if the code is good."""
        ...


class SocketError(Exception):
    """The control socket cannot be served; the text is one plain sentence."""


class _Follower:
    """Lines on their way to one client; when too many wait, they are counted instead."""

    def __init__(self) -> None:
        self.lines: queue.Queue[bytes | None] = queue.Queue(LINES_WAITING)
        self._missed = 0

    def offer(self, line: bytes) -> None:
        try:
            if self._missed:
                self.lines.put_nowait(b'{"missed":%d}' % self._missed)
                self._missed = 0
            self.lines.put_nowait(line)
        except queue.Full:
            self._missed += 1


class ControlServer:
    """The socket and its threads."""

    def __init__(self, path: Path, control: Control) -> None:
        """Nothing happens before :meth:`start`."""
        self._path = path
        self._control = control
        self._listener: socket.socket | None = None
        self._stopping = False
        self._by_name = False
        self._lock = threading.Lock()
        self._followers: set[_Follower] = set()
        self._clients: set[socket.socket] = set()

    def start(self) -> None:
        """Open the socket and serve it.

        Raises:
            SocketError: Another bridge serves it, or it cannot be made.
        """
        if _answers(self._path):
            raise SocketError(f"A bridge already runs with {self._path}; stop it first.")
        try:
            listener, self._by_name = listen_at(self._path, MAX_CLIENTS)
        except OSError as error:
            raise SocketError(f"The control socket {self._path} cannot be made: {error.strerror}.") from error
        self._listener = listener
        threading.Thread(target=self._accepting, args=(listener,), name="control", daemon=True).start()

    def tell(self, line: bytes) -> None:
        """Send one line to every client that follows; never waits."""
        with self._lock:
            followers = tuple(self._followers)
        for follower in followers:
            follower.offer(line)

    @property
    def followed(self) -> bool:
        """Whether anybody follows."""
        return bool(self._followers)

    def stop(self) -> None:
        """Close the socket and every connection."""
        self._stopping = True
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        with self._lock:
            clients, followers = tuple(self._clients), tuple(self._followers)
        for follower in followers:
            with suppress(queue.Full):
                follower.lines.put_nowait(None)
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _accepting(self, listener: socket.socket) -> None:
        while not self._stopping:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self._by_name and not is_one_of(client, {0, os.getuid()}):
                client.close()
                continue
            with self._lock:
                crowded = len(self._clients) >= MAX_CLIENTS
                if not crowded:
                    self._clients.add(client)
            if crowded:
                _answer(client, refusal("busy", "Too many programs talk to this bridge at once; try again."))
                client.close()
                continue
            threading.Thread(target=self._serving, args=(client,), name="control-client", daemon=True).start()

    def _serving(self, client: socket.socket) -> None:
        try:
            client.settimeout(IDLE_S)
            for line in _lines(client):
                if self._stopping or not self._serve(client, line):
                    return
        except RequestError as error:
            _answer(client, refusal("not_understood", str(error)))
        except OSError:
            return
        except Exception:  # noqa: BLE001 - one client's request must not end the service to the others
            _log.exception("A request on the control socket failed.")
            _answer(client, refusal("fault", "The bridge met a fault of its own; its log has more."))
        finally:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def _serve(self, client: socket.socket, line: bytes) -> bool:
        """Answer one request; whether another may follow on this connection."""
        request = read_request(line)
        if isinstance(request, Follow):
            self._follow(client)
            return False
        if isinstance(request, Monitor):
            return self._monitor(client, self._control.monitor(request))
        client.settimeout(SEND_S)
        client.sendall(encoded(self._answer_to(request)) + b"\n")
        client.settimeout(IDLE_S)
        return True

    def _answer_to(self, request: AnyRequest) -> Answer:
        match request:
            case AskStatus():
                return self._control.status()
            case StartEmergency():
                return self._control.start_emergency(request)
            case ApplyDocument():
                return self._control.apply(request.document)
            case AcknowledgeAlarm():
                return self._control.acknowledge(request)
            case ResetFire():
                return self._control.reset_fire(request)
            case AcceptClock():
                return self._control.accept_clock(request)
            case AskWiring():
                return self._control.wiring()
            case SelfTest():
                return self._control.self_test(request)
            case ReleaseHere():
                return self._control.release(request)
            case Follow() | Monitor():
                return {"ok": True}

    def _follow(self, client: socket.socket) -> None:
        follower = _Follower()
        with self._lock:
            self._followers.add(follower)
        try:
            follower.offer(encoded(self._control.status()))
            client.settimeout(SEND_S)
            while not self._stopping:
                line = _next(follower)
                if line is None:
                    return
                client.sendall(line + b"\n")
        finally:
            with self._lock:
                self._followers.discard(follower)

    def _monitor(self, client: socket.socket, found: Answer | Monitoring) -> bool:
        """Send until the client leaves; after a refusal it may ask for something else."""
        client.settimeout(SEND_S)
        if not isinstance(found, Monitoring):
            client.sendall(encoded(found) + b"\n")
            client.settimeout(IDLE_S)
            return True
        with found:
            client.sendall(encoded({"ok": True, "head": found.head}) + b"\n")
            quiet_s = 0.0
            while not self._stopping:
                lines = found.lines()
                if lines or quiet_s >= IDLE_S / 2:
                    client.sendall(b"".join(encoded(line) + b"\n" for line in lines or [{}]))
                    quiet_s = 0.0
                if select.select([client], [], [], LOOK_S)[0]:
                    break  # it has left, or says something although it asked to listen
                quiet_s += LOOK_S
        return False


def _next(follower: _Follower) -> bytes | None:
    """The next line; an empty one now and then, so that a client that went away is noticed."""
    try:
        return follower.lines.get(timeout=IDLE_S / 2)
    except queue.Empty:
        return b"{}"


def refusal(code: str, sentence: str) -> dict[str, Any]:
    """An answer that says no."""
    return {"ok": False, "code": code, "sentence": sentence}


def encoded(answer: Answer) -> bytes:
    """One line without its line feed."""
    return json.dumps(answer, separators=(",", ":")).encode()


def _answer(client: socket.socket, answer: Answer) -> None:
    with suppress(OSError):
        client.settimeout(SEND_S)
        client.sendall(encoded(answer) + b"\n")


def _lines(client: socket.socket) -> Iterator[bytes]:
    """Lines of bounded length; only a document may be long.

    Raises:
        RequestError: A line is too long.
    """
    waiting = bytearray()
    while True:
        end = waiting.find(b"\n")
        if end >= 0:
            line = bytes(waiting[:end])
            del waiting[: end + 1]
            yield line
            continue
        if len(waiting) > (MAX_REQUEST if is_apply(bytes(waiting[:64])) else MAX_PLAIN_REQUEST):
            raise RequestError(f"The bridge did not understand the request: {len(waiting)} bytes without an end.")
        data = client.recv(1 << 18)
        if not data:
            return
        waiting += data


def _answers(path: Path) -> bool:
    with suppress(OSError), connected_to(path, 1.0):
        return True
    return False
