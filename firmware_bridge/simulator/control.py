"""The control socket: one JSON object a line, one answer a line, and after ``watch`` every happening as it comes.

Only the user who runs the simulator may use it (mode 0600): whoever can, opens doors.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TextIO

from firmware_bridge.simulator.building import VirtualBuilding
from firmware_bridge.simulator.desk import CannotDoError, Desk
from firmware_bridge.simulator.line import PathTakenError
from firmware_bridge.simulator.relay_log import Json
from firmware_bridge.simulator.requests import Stop, Watch, decode_request

_LONGEST: Final = 64 * 1024
_LOOK_AGAIN_S: Final = 0.5


class ControlServer:
    """Serves one building at ``path`` until stopped."""

    def __init__(self, building: VirtualBuilding, path: Path) -> None:
        self.desk = Desk(building)
        self._building = building
        self._path = path
        self._thread = threading.Thread(target=self._accept, name="control", daemon=True)
        self._stopping = False
        self._connections: set[socket.socket] = set()

    def start(self) -> None:
        """Listen.

        Raises:
            PathTakenError: Something else is at the path, or another simulator uses it.
        """
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _make_way(self._path)
            mask = os.umask(0o177)
            try:
                self._listener.bind(str(self._path))
            finally:
                os.umask(mask)
        except OSError as error:
            self._listener.close()
            raise PathTakenError(f"The control socket cannot be made at {self._path}: {error}.") from error
        except PathTakenError:
            self._listener.close()
            raise
        self._listener.listen()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and end every connection."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in tuple(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="control call", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rw", encoding="utf-8") as stream:
            while line := stream.readline(_LONGEST):
                if line.strip() and self._answer(line, stream):
                    self._stream(stream)
                    break
        self._connections.discard(connection)

    def _answer(self, line: str, stream: TextIO) -> bool:
        """Answer one line; whether happenings are wanted from now on."""
        try:
            request = decode_request(line.encode())
            if isinstance(request, Watch):
                return True
            if isinstance(request, Stop):
                _write(stream, {"ok": True})  # now, because this connection ends with everything else
            answer = self.desk.carry_out(request)
            if not isinstance(request, Stop):
                _write(stream, {"ok": True, **answer})
        except (ValueError, CannotDoError) as error:
            _write(stream, {"ok": False, "why": str(error)})
        return False

    def _stream(self, stream: TextIO) -> None:
        happenings = self._building.world.watch()
        try:
            _write(stream, {"ok": True})
            while not self._stopping:
                with contextlib.suppress(queue.Empty):
                    _write(stream, happenings.get(timeout=_LOOK_AGAIN_S))
        finally:
            self._building.world.unwatch(happenings)


def _write(stream: TextIO, answer: Mapping[str, Json]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


def _make_way(path: Path) -> None:
    """Remove a socket that nobody listens at any more."""
    if not path.exists():
        return
    if not path.is_socket():
        raise PathTakenError(f"{path} exists and is not a control socket. Choose another path for it.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise PathTakenError(f"Another simulator that is running listens at {path}. Stop it, or choose another path.")
