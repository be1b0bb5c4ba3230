"""One question and its answer over a local socket, a JSON object a line each way: both programs of the demo do so."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final

from access_control.demo.errors import StageError

TIMEOUT_S: Final = 30.0


class UnreachableError(StageError):
    """Nobody answers at the socket; the program is not running, or is stopping."""


class RefusedError(StageError):
    """The program said no; the text is its sentence."""


def ask(path: Path, do: str, **fields: object) -> dict[str, Any]:
    """Ask the program at ``path`` for one thing.

    Raises:
        UnreachableError: There is no answer in time.
        RefusedError: The answer is no.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(TIMEOUT_S)
        try:
            line.connect(str(path))
            line.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
            with line.makefile("rb") as stream:
                said = stream.readline()
        except OSError as error:
            raise UnreachableError(f"Nobody answers at {path.name}: {error.strerror or error}.") from error
    if not said.endswith(b"\n"):
        raise UnreachableError(f"The program at {path.name} ended in the middle of an answer.")
    answer: dict[str, Any] = json.loads(said)
    if not answer.get("ok"):
        raise RefusedError(str(answer.get("sentence") or answer.get("why") or "The program said no."))
    return answer


def answers(path: Path) -> bool:
    """Whether somebody listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1.0)
        return line.connect_ex(str(path)) == 0
