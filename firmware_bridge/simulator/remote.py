"""The other end of the control socket, for tests and scripts."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from access_control.core.credentials.bits import Bits


class AskedInVainError(Exception):
    """The simulator refused; the message is its sentence."""


class Remote:
    """A connection to a running simulator. Use it as a context manager."""

    def __init__(self, path: Path, timeout_s: float = 30.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._stream = self._socket.makefile("rw", encoding="utf-8")

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._stream.close()
        self._socket.close()

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises:
            AskedInVainError: It was refused.
        """
        self._stream.write(json.dumps({"do": do, **fields}) + "\n")
        self._stream.flush()
        answer = self._next()
        if not answer["ok"]:
            raise AskedInVainError(answer["why"])
        return answer

    def present(self, reader: int, bits: Bits) -> None:
        """Hold a card with these bits to a reader.

        Raises:
            AskedInVainError: It was refused.
        """
        self.ask("present", reader=reader, bits=format(bits.value, f"0{bits.length}b"))

    def watch(self) -> Iterator[dict[str, Any]]:
        """Every happening from now on; nothing else can be asked on this connection any more."""
        self.ask("watch")
        return iter(self._next, None)

    def _next(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise ConnectionError("The simulator has hung up.")
        answer: dict[str, Any] = json.loads(line)
        return answer
