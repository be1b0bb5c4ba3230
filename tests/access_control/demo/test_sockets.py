"""Questions over a socket get an answer or one sentence."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from access_control.demo.sockets import RefusedError, UnreachableError, answers, ask

Serve = Callable[[bytes], Path]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serve]:
    """A program that gives one prepared answer and writes down what it was asked."""
    with ExitStack() as ending:

        def serve(answer: bytes) -> Path:
            path = tmp_path / "program.sock"
            listener = ending.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            listener.bind(str(path))
            listener.listen()

            def once() -> None:
                line, _ = listener.accept()
                with suppress(OSError), line, line.makefile("rb") as stream:
                    (tmp_path / "asked").write_bytes(stream.readline())
                    line.sendall(answer)

            thread = threading.Thread(target=once, daemon=True)
            thread.start()
            ending.callback(thread.join, 5)
            return path

        yield serve


def test_a_question_and_its_answer(serving: Serve, tmp_path: Path) -> None:
    path = serving(b'{"ok": true, "state": {"doors": 8}}\n')
    assert ask(path, "present", reader=3, hex="1f")["state"] == {"doors": 8}
    assert json.loads((tmp_path / "asked").read_bytes()) == {"do": "present", "reader": 3, "hex": "1f"}


@pytest.mark.parametrize("field", ["why", "sentence"])
def test_a_no_is_the_programs_own_sentence(serving: Serve, field: str) -> None:
    path = serving(json.dumps({"ok": False, field: "There is no door 9."}).encode() + b"\n")
    with pytest.raises(RefusedError, match="There is no door 9"):
        ask(path, "walk", door=9)


def test_a_program_that_ends_in_the_middle_is_said(serving: Serve) -> None:
    path = serving(b'{"ok": tr')
    with pytest.raises(UnreachableError, match="ended in the middle"):
        ask(path, "status")


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"Nobody answers at none\.sock"):
        ask(tmp_path / "none.sock", "status")
    assert not answers(tmp_path / "none.sock")


def test_somebody_there_is_seen(serving: Serve) -> None:
    path = serving(b"")
    assert answers(path)
