"""A courier over scripted neighbours: what counts as acknowledged, and what is tried again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from access_control.core.wire.neighbours import BUSY, HELD, UNKEPT, Tell, TellReader, write_told
from firmware_bridge.clock import SystemClock
from firmware_bridge.neighbours import courier as module
from firmware_bridge.neighbours.calling import Neighbour
from firmware_bridge.neighbours.courier import Courier
from tests.building.neighbours import key_of, uuid_of
from tests.building.processes import until
from tests.building.signed import SITE

SEALED = {"one": b"a sealed directive", "two": b"another"}
Script = Callable[[Tell, int], bytes]


class Scripted:
    """Answers as a test says; ``told`` is what it heard."""

    def __init__(self, script: Script) -> None:
        self.told: list[bytes] = []
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serving)
        self._thread.start()

    def _serving(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client, suppress(OSError):
                client.settimeout(30)
                data = client.recv(4096)
                if data == b"stop":
                    return
                tell = TellReader().feed(data)
                assert tell is not None
                self.told.append(tell.sealed)
                client.sendall(self._script(tell, len(self.told)))

    def stop(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 30) as line:
            line.sendall(b"stop")
        self._thread.join(30)
        self._listener.close()


@contextmanager
def telling(script: Script) -> Iterator[tuple[Courier, Scripted]]:
    scripted = Scripted(script)
    neighbour = Neighbour(uuid_of("b"), key_of("b").public_bytes(), f"127.0.0.1:{scripted.port}")
    courier = Courier(neighbour, SITE, SystemClock())
    courier.start()
    try:
        yield courier, scripted
    finally:
        courier.stop()
        courier.join(30)
        scripted.stop()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(module, "MOST_WAIT_S", 0.04)


def says(verdict: str, signer: str = "b") -> Callable[[Tell], bytes]:
    return lambda tell: write_told(tell, verdict, key_of(signer), site=SITE)


def test_it_greets_and_then_tells_each_directive_once() -> None:
    with telling(lambda tell, _: says(HELD if tell.sealed else "here")(tell)) as (courier, scripted):
        until(lambda: courier.shape()["reachable"], "it has greeted")
        courier.give(SEALED, SEALED)
        until(lambda: courier.shape()["acknowledged"] == 2, "both are acknowledged")
        courier.give(SEALED, SEALED)
        assert scripted.told == [b"", *SEALED.values()]
        courier.give({}, {})
        courier.give(SEALED, SEALED)
        until(lambda: len(scripted.told) == 5, "what was forgotten is told again")


@pytest.mark.parametrize("verdict", [UNKEPT, BUSY, "unknown_key"])
def test_it_repeats_until_the_directive_is_held(verdict: str) -> None:
    with telling(lambda tell, n: says(HELD if n > 4 else verdict)(tell)) as (courier, scripted):
        courier.give(SEALED, SEALED)
        until(lambda: verdict in courier.shape()["trouble"] or courier.shape()["acknowledged"] == 2, "it says why")
        until(lambda: courier.shape()["acknowledged"] == 2, "both are acknowledged in the end")
        until(lambda: courier.shape()["trouble"] == "", "and the trouble is over")
        assert len(scripted.told) >= 5


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda tell, _: says(HELD, "c")(tell), "Another bridge answers there"),
        (lambda tell, _: says(HELD)(Tell(bytes(16), tell.sealed)), "does not have the bridge's key"),
        (lambda _tell, _n: b"HTTP/1.1 400 Bad Request\r\n\r\n", "is no bridge"),
        (lambda _tell, _n: b"x" * 5000, "is no bridge"),
        (lambda _tell, _n: b"", "cannot be reached"),
    ],
)
def test_an_answer_that_proves_nothing_acknowledges_nothing(answer: Script, words: str) -> None:
    with telling(answer) as (courier, scripted):
        courier.give(SEALED, SEALED)
        until(lambda: len(scripted.told) > 5, "it goes on trying")
        shape = courier.shape()
        assert (shape["reachable"], shape["acknowledged"], shape["waiting"], shape["heard_age_s"]) == (
            False,
            0,
            2,
            None,
        )
        assert words in shape["trouble"]


def test_nobody_there_is_said_and_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    courier = Courier(Neighbour(uuid_of("b"), bytes(32), f"127.0.0.1:{port}"), SITE, SystemClock())
    courier.start()
    try:
        courier.give(SEALED, SEALED)
        until(lambda: "cannot be reached" in courier.shape()["trouble"], "it says so")
    finally:
        courier.stop()
        courier.join(30)
