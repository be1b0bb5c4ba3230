"""The one LAN port of a bridge: takes single messages from neighbours, and nothing else from anybody.

One thread serves every connection without waiting for any of them: a few connections, a few kilobytes and a few seconds
each. What exceeds its rate is hung up on before anything of it is read.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, cast

from access_control.core.wire.errors import Refused
from access_control.core.wire.event_codes import EventCode
from access_control.core.wire.neighbours import Tell, TellReader
from firmware_bridge.clock import Clock
from firmware_bridge.neighbours.complaints import Complaints
from firmware_bridge.neighbours.limits import Doorkeeper

MOST_CALLS: Final = 32
MOST_STRANGERS: Final = 16  # of these, so that there is always room for a neighbour
MOST_FROM_ONE: Final = 8
WAITING: Final = 512  # calls that the system keeps until they are taken: a neighbour is among them sooner or later
CALL_S: Final = 3.0  # for the whole exchange, however slowly it drips
AGAIN_S: Final = 5.0  # a port that is taken is tried again after so long
TURN: Final = 64  # accepted in one go
PAUSE_S: Final = 0.01  # after a turn in which somebody was hung up on: a flood must not take the processor
_LOOK_S: Final = 0.25
_log = logging.getLogger(__name__)

Hear = Callable[[Tell, str], bytes]
"""Takes a message and the address it came from; the bytes of the answer."""


@dataclass(slots=True, eq=False)
class _Call:
    socket: socket.socket
    address: str
    until_s: float
    stranger: bool
    reader: TellReader = field(default_factory=TellReader)


class Listener:
    """The port and its thread."""

    def __init__(
        self, where: tuple[str, int], hear: Hear, keeper: Doorkeeper, complaints: Complaints, clock: Clock
    ) -> None:
        """Nothing is opened before :meth:`start`; port 0 takes a free one."""
        self._where = where
        self._hear = hear
        self._keeper = keeper
        self._complaints = complaints
        self._clock = clock
        self._stopping = threading.Event()
        self._calls: set[_Call] = set()
        self.trouble = ""
        self.port = 0
        self._thread = threading.Thread(target=self._running, name="neighbours-listen", daemon=True)

    def start(self) -> None:
        """Start the thread. A port that is taken stops nothing; it is tried again."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread and every connection."""
        self._stopping.set()
        self._thread.join(timeout_s)

    def _running(self) -> None:
        while not self._stopping.is_set():
            try:
                with _listening(self._where) as listener:
                    self.port, self.trouble = int(listener.getsockname()[1]), ""
                    self._serving(listener)
            except OSError as error:
                host, port = self._where
                self.trouble = f"Port {port} at {host} cannot be used: {error.strerror or error}."
                self._complaints.note(EventCode.NEIGHBOUR_PORT_TAKEN, self.trouble, f"{host}:{port}")
            except Exception:  # noqa: BLE001 - a fault of ours must not end the listening
                _log.exception("Listening for neighbours met a fault of its own and begins again.")
            self._stopping.wait(AGAIN_S)

    def _serving(self, listener: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            try:
                while not self._stopping.is_set():
                    for key, _ in selector.select(_LOOK_S):
                        if key.data is None:
                            self._accept(listener, selector)
                        else:
                            self._read(cast("_Call", key.data), selector)
                    self._hang_up_on_the_slow(selector)
            finally:
                for call in tuple(self._calls):
                    self._end(call, selector)

    def _accept(self, listener: socket.socket, selector: selectors.BaseSelector) -> None:
        refused = False
        for _ in range(TURN):
            try:
                client, peer = listener.accept()
            except BlockingIOError:
                break
            address = str(peer[0])
            if not self._take(client, address, selector):
                client.close()
                refused = True
        if refused:
            self._stopping.wait(PAUSE_S)

    def _take(self, client: socket.socket, address: str, selector: selectors.BaseSelector) -> bool:
        now_s = self._clock.monotonic_s()
        stranger = not self._keeper.knows(address)
        crowded = (
            len(self._calls) >= MOST_CALLS
            or sum(call.address == address for call in self._calls) >= MOST_FROM_ONE
            or (stranger and sum(call.stranger for call in self._calls) >= MOST_STRANGERS)
        )
        if not self._keeper.admits(address, now_s) or crowded:
            why = f"They come from {address}; most of them are not looked at."
            self._complaints.note(EventCode.NEIGHBOUR_FLOOD, why, address)
            return False
        client.settimeout(0)
        call = _Call(client, address, now_s + CALL_S, stranger)
        self._calls.add(call)
        selector.register(client, selectors.EVENT_READ, call)
        return True

    def _read(self, call: _Call, selector: selectors.BaseSelector) -> None:
        try:
            data = call.socket.recv(4096)
            tell = call.reader.feed(data) if data else None
        except BlockingIOError:
            return
        except OSError:
            self._end(call, selector)
            return
        except Refused as error:
            self._complaints.note(EventCode.NEIGHBOUR_NONSENSE, f"It came from {call.address}. {error}", call.address)
            self._end(call, selector)
            return
        if tell is not None:
            with suppress(OSError):
                call.socket.send(self._hear(tell, call.address))
        if tell is not None or not data:
            self._end(call, selector)

    def _hang_up_on_the_slow(self, selector: selectors.BaseSelector) -> None:
        now_s = self._clock.monotonic_s()
        for call in [call for call in self._calls if call.until_s <= now_s]:
            self._end(call, selector)

    def _end(self, call: _Call, selector: selectors.BaseSelector) -> None:
        self._calls.discard(call)
        with suppress(KeyError, ValueError):
            selector.unregister(call.socket)
        call.socket.close()


def _listening(where: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    listener = socket.create_server(where, family=family, backlog=WAITING)
    listener.settimeout(0)
    return listener
